import { expect, test } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import { startForTest } from '../support/stackstate.ts';
import { clientOf } from './support.ts';

/** A sleep that takes no time and remembers for how long it should have. */
function recordedSleep() {
  const waits: number[] = [];
  return { waits, sleep: async (ms: number) => void waits.push(ms) };
}

test.each([429, 502, 503, 504])('a list answered by %i is asked for again, at most three times', async (status) => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status }, { times: 3 });
  const { sleep, waits } = recordedSleep();
  await expect(clientOf(stackState, { sleep }).listKeys()).resolves.toMatchObject({ keys: [] });
  expect(stackState.count('list')).toBe(4);
  expect(waits).toHaveLength(3);

  stackState.setFault('list', { kind: 'status', status });
  await expect(clientOf(stackState, { sleep }).listKeys()).rejects.toMatchObject({ exitCode: 2 });
  expect(stackState.count('list')).toBe(8);
});

test('a list whose connection is reset is asked for again', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'reset' }, { times: 1 });
  await clientOf(stackState).listKeys();
  expect(stackState.count('list')).toBe(2);
});

test.each([400, 401, 403, 404, 409, 500, 501])('a list answered by %i is not asked for again', async (status) => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status });
  await expect(clientOf(stackState).listKeys()).rejects.toThrow();
  expect(stackState.count('list')).toBe(1);
});

test.each([
  ['seconds', '3', 3000],
  ['seconds beyond the cap', '86400', 10_000],
  ['a date', new Date(Date.now() + 7000).toUTCString(), 5000],
])('Retry-After in %s is honoured up to ten seconds', async (_name, value, atLeast) => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status: 503, headers: { 'retry-after': value } }, { times: 1 });
  const { sleep, waits } = recordedSleep();
  await clientOf(stackState, { sleep, timeoutMs: 60_000 }).listKeys();
  expect(waits[0]).toBeGreaterThanOrEqual(atLeast);
  expect(waits[0]).toBeLessThanOrEqual(10_000);
});

test.each([
  ['create', 503],
  ['create', 429],
  ['delete', 503],
  ['authorize', 503],
] as const)('%s answered by %i is not sent again', async (route, status) => {
  const stackState = await startForTest();
  stackState.setFault(route, { kind: 'status', status });
  const api = clientOf(stackState);
  const call = {
    create: () => api.createKey({ name: 'x' }),
    delete: () => api.deleteKey(1n),
    authorize: () => api.authorize('k'),
  };
  await expect(call[route]()).rejects.toThrow();
  expect(stackState.count(route)).toBe(1);
});

test('a repetition that would come after the deadline is not waited for', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status: 503, headers: { 'retry-after': '9' } });
  const started = performance.now();
  await expect(clientOf(stackState, { timeoutMs: 300 }).listKeys()).rejects.toMatchObject({ exitCode: 2, status: 503 });
  expect(performance.now() - started).toBeLessThan(1300);
});

test('the deadline covers all repetitions', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status: 503 }, { times: 1 });
  const started = performance.now();
  const listing = clientOf(stackState, { timeoutMs: 600 }).listKeys();
  await expect.poll(() => stackState.count('list')).toBe(1);
  stackState.setFault('list', { kind: 'stall' });
  await expect(listing).rejects.toMatchObject({ exitCode: 4 });
  expect(performance.now() - started).toBeLessThan(1600);
});

test('an interrupted list ends at once, by the reason of the interruption', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'stall' });
  const interrupt = new AbortController();
  const listing = clientOf(stackState).listKeys({ signal: interrupt.signal });
  setTimeout(() => interrupt.abort(new InterruptedError('SIGINT')), 50);
  await expect(listing).rejects.toMatchObject({ exitCode: 130 });
});

test('a create that was sent is brought to its end though interrupted', async () => {
  const stackState = await startForTest();
  stackState.setFault('create', { kind: 'delay', ms: 150, handler: 'run' });
  const interrupt = new AbortController();
  const creation = clientOf(stackState).createKey({ name: 'x' }, { signal: interrupt.signal });
  setTimeout(() => interrupt.abort(new InterruptedError('SIGINT')), 50);
  await expect(creation).resolves.toMatchObject({ name: 'x' });
});

test('a create interrupted before it is sent is never sent', async () => {
  const stackState = await startForTest();
  await expect(
    clientOf(stackState).createKey({ name: 'x' }, { signal: AbortSignal.abort(new InterruptedError('SIGTERM')) }),
  ).rejects.toMatchObject({
    exitCode: 143,
  });
  expect(stackState.connections).toBe(0);
});

test('each request is logged with its method, URL, status, duration and repetition, and nothing else', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status: 503 }, { times: 1 });
  const lines: string[] = [];
  await clientOf(stackState, { log: (line) => lines.push(line), sleep: async () => {} }).listKeys();
  const url = `${stackState.url}/api/security/ingestion/api_keys`;
  expect(lines).toEqual([
    expect.stringMatching(new RegExp(`^GET ${url} 503 in \\d+ ms, repeated in \\d+ ms$`)),
    expect.stringMatching(new RegExp(`^GET ${url} 200 in \\d+ ms$`)),
  ]);
});

test('a refused connection says that nothing was created', async () => {
  const stackState = await startForTest();
  await stackState.close();
  await expect(clientOf(stackState).createKey({ name: 'x' })).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringMatching(/refused the connection.*Nothing was sent/),
  });
});

test('a host name that does not exist is named', async () => {
  await expect(
    clientOf({ url: 'http://no-such-host.invalid', caPem: '' }, { sleep: async () => {} }).listKeys(),
  ).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('no-such-host.invalid'),
  });
});
