import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withSpinner } from '../../src/output/spinner.ts';
import type { OutputStream } from '../../src/platform/world.ts';
import { recordedStream, systemError } from './streams.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function spin(stderr: OutputStream, enabled: boolean, ms: number, label = 'Listing keys'): Promise<string> {
  const result = withSpinner(stderr, enabled, label, () => new Promise<string>((resolve) => setTimeout(resolve, ms, 'done')));
  await vi.advanceTimersByTimeAsync(ms);
  return result;
}

test('work of less than 300 ms shows nothing', async () => {
  const stderr = recordedStream({ isTTY: true, columns: 80 });
  expect(await spin(stderr, true, 299)).toBe('done');
  await vi.advanceTimersByTimeAsync(1000);
  expect(stderr.writes).toEqual([]);
});

test('longer work turns, and its line is cleared at the end', async () => {
  const stderr = recordedStream({ isTTY: true, columns: 80 });
  expect(await spin(stderr, true, 400)).toBe('done');
  await vi.advanceTimersByTimeAsync(1000);
  expect(stderr.writes).toEqual(['\r⠋ Listing keys', '\r⠙ Listing keys', '\r\u001b[K']);
});

test('the line is cleared before a failure comes out', async () => {
  const stderr = recordedStream({ isTTY: true, columns: 80 });
  const failing = withSpinner(stderr, true, 'x', () => new Promise((_, reject) => setTimeout(reject, 350, new Error('refused'))));
  const seen = failing.catch((error: Error) => [error.message, stderr.writes.at(-1)]);
  await vi.advanceTimersByTimeAsync(350);
  expect(await seen).toEqual(['refused', '\r\u001b[K']);
});

test.each([
  ['off a terminal', false, true],
  ['when disabled', true, false],
])('nothing turns %s', async (_, isTTY, enabled) => {
  const stderr = recordedStream({ isTTY });
  expect(await spin(stderr, enabled, 1000)).toBe('done');
  expect(stderr.writes).toEqual([]);
});

test('a terminal that is gone does not fail the work', async () => {
  expect(await spin(recordedStream({ isTTY: true, failure: systemError('EIO') }), true, 1000)).toBe('done');
});

test('a label is made safe and fits one line', async () => {
  const stderr = recordedStream({ isTTY: true, columns: 12 });
  await spin(stderr, true, 310, '\u001bWaiting for the server');
  expect(stderr.writes[0]).toBe('\r⠋ \\u001bWa…');
});
