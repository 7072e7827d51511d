import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withSpinner } from '../../src/output/spinner.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function spin(ms: number): Promise<{ readonly lines: string[]; readonly result: string }> {
  const lines: string[] = [];
  const working = withSpinner(
    async (line) => void lines.push(line),
    'Listing keys',
    () => new Promise<string>((resolve) => setTimeout(resolve, ms, 'done')),
  );
  await vi.advanceTimersByTimeAsync(ms);
  const result = await working;
  await vi.advanceTimersByTimeAsync(1000);
  return { lines, result };
}

test('work of less than 300 ms shows nothing', async () => {
  expect(await spin(299)).toEqual({ lines: [], result: 'done' });
});

test('longer work turns, and its line is cleared at the end', async () => {
  expect(await spin(400)).toEqual({ lines: ['⠋ Listing keys', '⠙ Listing keys', ''], result: 'done' });
});

test('the line is cleared before a failure comes out', async () => {
  const lines: string[] = [];
  const failing = withSpinner(
    async (line) => void lines.push(line),
    'x',
    () => new Promise((_, reject) => setTimeout(reject, 350, new Error('refused'))),
  );
  const seen = failing.catch((error: Error) => [error.message, lines.at(-1)]);
  await vi.advanceTimersByTimeAsync(350);
  expect(await seen).toEqual(['refused', '']);
});
