import { expect, test } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import { against, environmentOf, jsonOf, runSts, startForTest } from './run.ts';

test('a command line runs in this process against a simulated StackState', async () => {
  const stackState = await startForTest();
  const created = await runSts(['ingestion-api-key', 'create', '-n', 'a', '--expires-in', '90d', ...against(stackState)]);
  expect(created).toEqual({
    code: 0,
    stdout: `[SUCCESS] Ingestion API Key generated: ${stackState.keys()[0]?.apiKey}\n`,
    stderr: expect.any(String),
    questions: [],
  });
  const listed = await runSts(['ingestion-api-key', 'list', '-o', 'json'], { env: environmentOf(stackState) });
  expect(jsonOf(listed.stdout)).toMatchObject({ 'ingestion-api-keys': [{ name: 'a' }] });
});

test('over TLS the flags and the environment make StackState trusted', async () => {
  const stackState = await startForTest({ tls: true });
  expect((await runSts(['ingestion-api-key', 'list', ...against(stackState)])).code).toBe(0);
  expect((await runSts(['ingestion-api-key', 'list'], { env: environmentOf(stackState) })).code).toBe(0);
});

test('stdout takes so many bytes and then fails', async () => {
  const stackState = await startForTest();
  const result = await runSts(['ingestion-api-key', 'list', ...against(stackState)], {
    stdout: { failWith: { code: 'ENOSPC', afterBytes: 3 } },
  });
  expect(result).toMatchObject({ code: 6, stdout: 'No ' });
});

test('a terminal has colours and a width', async () => {
  const stackState = await startForTest();
  const result = await runSts(['ingestion-api-key', 'create', '-n', 'a', ...against(stackState)], { stdout: { isTTY: true } });
  expect(result.stdout).toMatch(/^✅ Ingestion API Key generated/);
});

test('nothing is configured but what the test gives', async () => {
  expect((await runSts(['ingestion-api-key', 'list'])).code).toBe(1);
});

test('an interrupt that came before ends the command', async () => {
  const stackState = await startForTest();
  const interrupt = AbortSignal.abort(new InterruptedError('SIGTERM'));
  expect((await runSts(['ingestion-api-key', 'list', ...against(stackState)], { interrupt })).code).toBe(143);
  expect(stackState.requests).toEqual([]);
});
