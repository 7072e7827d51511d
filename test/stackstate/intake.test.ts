import { expect, test } from 'vitest';
import { startForTest, testTime } from '../support/stackstate.ts';
import { call, keysPath, sendSpan } from './caller.ts';

test.each(['traces', 'metrics', 'logs'] as const)(
  'a collector sends %s with a live key, under both names of the scheme',
  async (signal) => {
    const stackState = await startForTest();
    const { apiKey } = stackState.seed({ name: 'a' });
    const send = async (authorization?: string) => {
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      return (await call(stackState, 'POST', `/v1/${signal}`, { headers, body: '{}' })).status;
    };
    expect(await send(`SUSEObservability ${apiKey}`)).toBe(200);
    expect(await send(`StackState ${apiKey}`)).toBe(200);
    expect(await send(`Bearer ${apiKey}`)).toBe(401);
    expect(await send(`SUSEObservability ${apiKey}x`)).toBe(401);
    expect(await send()).toBe(401);
    expect(stackState.intake[signal]).toEqual({ accepted: 2, refused: 3 });
  },
);

test('an agent sends with a live key in the query', async () => {
  const stackState = await startForTest({ receiverKey: 'receiver' });
  const { apiKey } = stackState.seed({ name: 'a' });
  const send = async (key: string) =>
    (await call(stackState, 'POST', `/receiver/stsAgent/intake?api_key=${key}`, { headers: {}, body: '{}' })).status;
  expect(await send(apiKey)).toBe(200);
  expect(await send('receiver')).toBe(200);
  expect(await send('unknown')).toBe(403);
  expect(stackState.intake.intake).toEqual({ accepted: 2, refused: 1 });
});

test('a key is taken until it is deleted', async () => {
  const stackState = await startForTest();
  const { apiKey, id } = stackState.seed({ name: 'a' });
  expect(await sendSpan(stackState, apiKey)).toBe(200);
  await call(stackState, 'DELETE', `${keysPath}/${id}`);
  expect(await sendSpan(stackState, apiKey)).toBe(401);
});

test('a key is taken until it expires, by the clock of the platform', async () => {
  let now = testTime;
  const stackState = await startForTest({ now: () => now });
  const { apiKey } = stackState.seed({ name: 'a', expiration: BigInt(testTime + 1000) });
  now += 999;
  expect(await sendSpan(stackState, apiKey)).toBe(200);
  now += 1;
  expect(await sendSpan(stackState, apiKey)).toBe(401);
});

const receiver = '/receiver/stsAgent';

test.each([
  ['intake', 'intake'],
  ['series', 'api/v1/series'],
  ['k8s-logs', 'logs/k8s'],
] as const)('an agent sends %s with a key or a service token, in the query or in either header', async (route, path) => {
  const stackState = await startForTest();
  const { apiKey } = stackState.seed({ name: 'a' });
  const { token } = stackState.seedToken({ name: 'a', roles: ['ingestion'] });
  const send = async (headers: Record<string, string>, query = '') =>
    (await call(stackState, 'POST', `${receiver}/${path}${query}`, { headers, body: '{}' })).status;
  for (const credential of [apiKey, token]) {
    expect(await send({}, `?api_key=${credential}`)).toBe(200);
    expect(await send({ 'sts-api-key': credential })).toBe(200);
    expect(await send({ 'DD-Api-Key': credential })).toBe(200);
  }
  expect(await send({ 'sts-api-key': 'unknown' })).toBe(403);
  expect(await send({})).toBe(403);
  expect(stackState.intake[route]).toEqual({ accepted: 6, refused: 2 });
});

test('the receiver says whether a key or a service token is valid', async () => {
  const stackState = await startForTest();
  const { token, id } = stackState.seedToken({ name: 'a', roles: ['ingestion'] });
  const validate = async (headers: Record<string, string>, query = '') =>
    (await call(stackState, 'GET', `${receiver}/api/v1/validate${query}`, { headers })).status;
  expect(await validate({ 'sts-api-key': token })).toBe(200);
  expect(await validate({}, `?api_key=${token}`)).toBe(200);
  expect(await validate({ 'sts-api-key': 'unknown' })).toBe(403);
  stackState.tokenStore.delete(id);
  expect(await validate({ 'sts-api-key': token })).toBe(403);
});

test('what is refused over OTLP is told so as a gRPC status', async () => {
  const stackState = await startForTest();
  const refused = await call(stackState, 'POST', '/v1/metrics', { headers: {}, body: '{}' });
  expect(refused).toMatchObject({ status: 401, json: { code: 16n, message: expect.any(String) } });
});

test.each(['SUSEObservability', 'StackState'] as const)('a platform may take the scheme %s alone', async (scheme) => {
  const stackState = await startForTest({ scheme });
  const { apiKey } = stackState.seed({ name: 'a' });
  const other = scheme === 'StackState' ? 'SUSEObservability' : 'StackState';
  expect(await sendSpan(stackState, apiKey, scheme)).toBe(200);
  expect(await sendSpan(stackState, apiKey, other)).toBe(401);
});

test('the collector asks without a token whether a key is good', async () => {
  const stackState = await startForTest({ receiverKey: 'receiver' });
  const { apiKey } = stackState.seed({ name: 'a' });
  const ask = async (key: string) => {
    const body = JSON.stringify({ apiKey: key });
    return (await call(stackState, 'POST', '/internal/api/security/ingestion/authorize', { headers: {}, body })).status;
  };
  expect([await ask(apiKey), await ask('receiver'), await ask('unknown')]).toEqual([204, 204, 403]);
  const empty = await call(stackState, 'POST', '/internal/api/security/ingestion/authorize', { headers: {}, body: '{}' });
  expect(empty.status).toBe(400);
});

test('with the cache of the collector a deleted key is taken for five minutes', async () => {
  let now = testTime;
  const stackState = await startForTest({ now: () => now, collectorCache: true });
  const { apiKey, id } = stackState.seed({ name: 'a' });
  expect(await sendSpan(stackState, apiKey)).toBe(200);
  stackState.store.delete(id);
  now += 299_999;
  expect(await sendSpan(stackState, apiKey)).toBe(200);
  now += 1;
  expect(await sendSpan(stackState, apiKey)).toBe(401);
});

test('with the cache of the collector a key that was tried too early stays refused, until a hundred others were', async () => {
  let now = testTime;
  const stackState = await startForTest({ now: () => now, collectorCache: true });
  const apiKey = 'iapikeyok-tried-too-early';
  expect(await sendSpan(stackState, apiKey)).toBe(401);
  stackState.seed({ name: 'a', apiKey });
  now += 86_400_000;
  expect(await sendSpan(stackState, apiKey)).toBe(401);
  for (let index = 0; index < 99; index += 1) await sendSpan(stackState, `unknown-${index}`);
  expect(await sendSpan(stackState, apiKey)).toBe(401);
  await sendSpan(stackState, 'unknown-99');
  expect(await sendSpan(stackState, apiKey)).toBe(200);
});
