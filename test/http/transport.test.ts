import dns from 'node:dns';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import { clientOf } from '../api/support.ts';
import { startForTest, testTime } from '../support/stackstate.ts';

/** A sleep that takes no time and remembers for how long it should have. */
function recordedSleep() {
  const waits: number[] = [];
  return { waits, sleep: async (ms: number) => void waits.push(ms) };
}

test.each([429, 502, 503, 504])('a list answered by %i is asked for again, at most three times', async (status) => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status }, { times: 3 });
  const { sleep, waits } = recordedSleep();
  await expect(clientOf(stackState, { sleep }).keys.list()).resolves.toMatchObject({ keys: [] });
  expect(stackState.count('list')).toBe(4);
  expect(waits).toHaveLength(3);

  stackState.setFault('list', { kind: 'status', status });
  await expect(clientOf(stackState, { sleep }).keys.list()).rejects.toMatchObject({ exitCode: 2 });
  expect(stackState.count('list')).toBe(8);
});

test('a list whose connection is reset is asked for again', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'reset' }, { times: 1 });
  await clientOf(stackState).keys.list();
  expect(stackState.count('list')).toBe(2);
});

test.each([400, 401, 403, 404, 409, 500, 501])('a list answered by %i is not asked for again', async (status) => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status });
  await expect(clientOf(stackState).keys.list()).rejects.toThrow();
  expect(stackState.count('list')).toBe(1);
});

test.each([
  ['seconds', '3', 3000],
  ['many seconds', '55', 55_000],
  ['a date', new Date(testTime + 7000).toUTCString(), 7000],
])('Retry-After in %s is waited for, reckoned from the clock of the server', async (_name, value, wait) => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status: 503, headers: { 'retry-after': value } }, { times: 1 });
  const { sleep, waits } = recordedSleep();
  await clientOf(stackState, { sleep, timeoutMs: 60_000 }).keys.list();
  expect(waits).toEqual([wait]);
});

test.each([
  ['seconds', '86400', /asks clients to wait 24 h/],
  ['seconds', '120', /asks clients to wait 120 s/],
  ['a date', new Date(testTime + 3_600_000).toUTCString(), /asks clients to wait 60 min/],
])('Retry-After in %s (%s) that is longer than the deadline is told at once', async (_name, value, message) => {
  const stackState = await startForTest();
  for (const status of [429, 503]) stackState.setFault('list', { kind: 'status', status, headers: { 'retry-after': value } });
  const { sleep, waits } = recordedSleep();
  await expect(clientOf(stackState, { sleep, timeoutMs: 60_000 }).keys.list()).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(message),
  });
  expect(waits).toEqual([]);
  expect(stackState.count('list')).toBe(1);
});

test('a create that is told to come later says when, and is not sent again', async () => {
  const stackState = await startForTest();
  stackState.setFault('create', { kind: 'status', status: 429, headers: { 'retry-after': '5' } });
  await expect(clientOf(stackState).keys.create({ name: 'x' })).rejects.toMatchObject({
    exitCode: 2,
    retryAfterMs: 5000,
    message: expect.stringMatching(/429.*asks clients to wait 5 s/),
  });
  expect(stackState.count('create')).toBe(1);
});

test('the deadline is kept by a clock that nobody sets', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status: 503, headers: { 'retry-after': '2' } }, { times: 2 });
  // The clock of the machine is set an hour on with every look at it.
  let time = testTime;
  vi.spyOn(Date, 'now').mockImplementation(() => (time += 3_600_000));
  const { sleep, waits } = recordedSleep();
  await clientOf(stackState, { sleep }).keys.list();
  expect(waits).toEqual([2000, 2000]);
});

test.each([
  ['create', 503],
  ['create', 429],
  ['delete', 503],
  ['authorize', 503],
] as const)('%s answered by %i is not sent again', async (route, status) => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'x' });
  stackState.setFault(route, { kind: 'status', status });
  const api = clientOf(stackState);
  const call = {
    create: () => api.keys.create({ name: 'x' }),
    delete: () => api.keys.delete(id),
    authorize: () => api.keys.authorize('k'),
  };
  await expect(call[route]()).rejects.toThrow();
  expect(stackState.count(route)).toBe(1);
});

test('a repetition that would come after the deadline is not waited for', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status: 503, headers: { 'retry-after': '9' } });
  const { sleep, waits } = recordedSleep();
  await expect(clientOf(stackState, { sleep, timeoutMs: 8000 }).keys.list()).rejects.toMatchObject({ exitCode: 2, status: 503 });
  expect(waits).toEqual([]);
  expect(stackState.count('list')).toBe(1);
});

test('the deadline covers all repetitions', async () => {
  const timeoutMs = 3000;
  let repeated = Number.NaN;
  const stackState = await startForTest({
    onStage: (stage, { route }) => {
      if (stage !== 'received' || route !== 'list' || stackState.count('list') !== 2) return;
      repeated = performance.now();
      stackState.setFault('list', { kind: 'stall' });
    },
  });
  stackState.setFault('list', { kind: 'status', status: 503 });
  // Two thirds of the time are gone before the second attempt.
  const api = clientOf(stackState, { timeoutMs, sleep: () => delay(2000) });
  await expect(api.keys.list()).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('no response within 3 s'),
  });
  expect(stackState.count('list')).toBe(2);
  // One that begins anew with each attempt would pass no earlier than this.
  expect(performance.now() - repeated).toBeLessThan(timeoutMs);
});

test('an interrupted list ends at once, by the reason of the interruption', async () => {
  const interrupt = new AbortController();
  const stackState = await startForTest({ onStage: () => interrupt.abort(new InterruptedError('SIGINT')) });
  stackState.setFault('list', { kind: 'stall' });
  await expect(clientOf(stackState).keys.list({ signal: interrupt.signal })).rejects.toMatchObject({ exitCode: 130 });
  expect(stackState.count('list')).toBe(1);
});

test('a create that was sent is brought to its end though interrupted', async () => {
  const interrupt = new AbortController();
  const stackState = await startForTest({
    onStage: (stage) => {
      if (stage === 'received') interrupt.abort(new InterruptedError('SIGINT'));
    },
  });
  // Time to give the request up, for a client that would.
  stackState.setFault('create', { kind: 'delay', ms: 150, handler: 'run' });
  const creation = clientOf(stackState).keys.create({ name: 'x' }, { signal: interrupt.signal });
  await expect(creation).resolves.toMatchObject({ name: 'x' });
  expect(interrupt.signal.aborted).toBe(true);
  expect(stackState.requests.map(({ method }) => method)).toEqual(['POST']);
});

test('a create interrupted before it is sent is never sent', async () => {
  const stackState = await startForTest();
  await expect(
    clientOf(stackState).keys.create({ name: 'x' }, { signal: AbortSignal.abort(new InterruptedError('SIGTERM')) }),
  ).rejects.toMatchObject({
    exitCode: 143,
  });
  expect(stackState.connections).toBe(0);
});

test('each request is logged with its method, URL, status, duration and repetition, and nothing else', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status: 503 }, { times: 1 });
  const lines: string[] = [];
  await clientOf(stackState, { log: (line) => lines.push(line), sleep: async () => {} }).keys.list();
  const url = `${stackState.url}/api/security/ingestion/api_keys`;
  expect(lines).toEqual([
    expect.stringMatching(new RegExp(`^GET ${url} 503 in \\d+ ms, repeated in \\d+ ms$`)),
    expect.stringMatching(new RegExp(`^GET ${url} 200 in \\d+ ms$`)),
  ]);
});

test('a refused connection says that nothing was created', async () => {
  const stackState = await startForTest();
  await stackState.close();
  await expect(clientOf(stackState).keys.create({ name: 'x' })).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringMatching(/refused the connection.*Nothing reached the server, so nothing was created/),
  });
});

test('a host name that does not exist is named', async () => {
  // Resolvers answer for names that do not exist, or for none in time: what the machine's own one does is not asked here.
  const lookup = vi.spyOn(dns, 'lookup');
  lookup.mockImplementation(((name: string, _options: unknown, done: (error: Error) => void) => {
    const details = { code: 'ENOTFOUND', errno: -3008, syscall: 'getaddrinfo', hostname: name };
    process.nextTick(done, Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), details));
  }) as typeof dns.lookup);
  const api = clientOf({ url: 'http://no-such-host.invalid', caPem: '' });
  await expect(api.keys.list()).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('The host name no-such-host.invalid cannot be found'),
  });
  expect(lookup).toHaveBeenCalledOnce();
});
