import { HttpHandler } from 'msw';
import { expect, test, vi } from 'vitest';
import { startForTest, testTime } from '../support/stackstate.ts';
import { call, keysPath } from './caller.ts';
import { startStackState, tokens } from './server.ts';
import { largestId } from './store.ts';

const authorizePath = '/api/security/ingestion/authorize?withReceiverKey=false';
const day = 86_400_000;

test('the platform tells its version', async () => {
  const stackState = await startForTest();
  expect((await call(stackState, 'GET', '/api/server/info')).json).toEqual({
    version: { major: 6n, minor: 0n, patch: 0n, diff: '', commit: 'c0ffee1', isDev: false },
    deploymentMode: 'SelfHosted',
    platformVersion: '2.0.0',
  });
});

test('a key is created, listed without its secret, and deleted', async () => {
  const stackState = await startForTest();
  const expiration = BigInt(testTime + day);
  const created = await call(stackState, 'POST', keysPath, { body: `{"name":"a","description":"d","expiration":${expiration}}` });
  expect(created.status).toBe(200);
  const key = { id: 250_558_013_078_953n, lastUpdateTimestamp: BigInt(testTime), name: 'a', description: 'd', expiration };
  expect(created.json).toEqual({ ...key, apiKey: expect.stringMatching(/^iapikeyok-[\w-]{32}$/) });

  expect((await call(stackState, 'GET', keysPath)).json).toEqual([key]);
  expect(await call(stackState, 'DELETE', `${keysPath}/${key.id}`)).toMatchObject({ status: 204, text: '' });
  expect((await call(stackState, 'GET', keysPath)).text).toBe('[]');
  expect((await call(stackState, 'DELETE', `${keysPath}/${key.id}`)).status).toBe(404);
  expect([stackState.count('create'), stackState.count('list'), stackState.count('delete')]).toEqual([1, 2, 2]);
});

test('the largest id goes through digit for digit', async () => {
  const stackState = await startForTest({ firstId: largestId });
  expect((await call(stackState, 'POST', keysPath, { body: '{"name":"a"}' })).text).toContain('"id":9223372036854775807,');
  expect((await call(stackState, 'GET', keysPath)).text).toContain('"id":9223372036854775807,');
  expect((await call(stackState, 'DELETE', `${keysPath}/9223372036854775806`)).status).toBe(404);
  expect((await call(stackState, 'DELETE', `${keysPath}/9223372036854775807`)).status).toBe(204);
  expect(stackState.keys()).toEqual([]);
});

test.each(['', '{', '[]', '{"name":1}', '{"name":""}', '{"name":"a","expiration":"tomorrow"}', '{"name":"a","expiration":1.5}'])(
  'a body that is no key is refused: %s',
  async (body) => {
    const stackState = await startForTest();
    expect((await call(stackState, 'POST', keysPath, { body })).status).toBe(400);
    expect(stackState.keys()).toEqual([]);
  },
);

test('an expiration that is not in the future is refused in its own words', async () => {
  const stackState = await startForTest();
  const answer = await call(stackState, 'POST', keysPath, { body: `{"name":"a","expiration":${testTime}}` });
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual({ _type: 'IngestionApiKeyInvalidExpiryError', message: expect.any(String) });
});

test('a second key of one name is taken or refused, as the platform is set', async () => {
  const body = '{"name":"a"}';
  const lenient = await startForTest();
  await call(lenient, 'POST', keysPath, { body });
  expect((await call(lenient, 'POST', keysPath, { body })).status).toBe(200);
  expect(lenient.keys()).toHaveLength(2);

  const strict = await startForTest({ duplicateNames: 'refuse' });
  await call(strict, 'POST', keysPath, { body });
  expect(await call(strict, 'POST', keysPath, { body })).toMatchObject({
    status: 400,
    text: expect.stringContaining("'a' already"),
  });
  expect(strict.keys()).toHaveLength(1);
});

test.each([
  ['a personal token', { 'X-API-Token': tokens.api }, 200],
  ['a service token', { 'X-API-Key': tokens.service }, 200],
  ["a pod's token", { 'X-API-ServiceBearer': tokens.k8s }, 200],
  ['a token without permission', { 'X-API-Token': tokens.forbidden }, 403],
  ['a token in the wrong header', { 'X-API-Key': tokens.api }, 401],
  ['an unknown token', { 'X-API-Token': 'nobody' }, 401],
  ['no token', {}, 401],
  ['two tokens', { 'X-API-Token': tokens.api, 'X-API-Key': tokens.service }, 401],
])('%s is answered rightly on every route of the keys', async (_, headers, status) => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'a' });
  expect((await call(stackState, 'GET', keysPath, { headers })).status).toBe(status);
  expect((await call(stackState, 'POST', keysPath, { headers, body: '{"name":"b"}' })).status).toBe(status);
  expect((await call(stackState, 'DELETE', `${keysPath}/${id}`, { headers })).status).toBe(status === 200 ? 204 : status);
});

test('authorize knows live keys, and the receiver key only when asked to', async () => {
  let now = testTime;
  const stackState = await startForTest({ now: () => now, receiverKey: 'receiver' });
  const key = stackState.seed({ name: 'a', expiration: BigInt(testTime + day) });
  const check = async (apiKey: string, path = authorizePath) =>
    (await call(stackState, 'POST', path, { body: JSON.stringify({ apiKey }) })).status;
  expect(await check(key.apiKey)).toBe(204);
  expect(await check('unknown')).toBe(403);
  expect(await check('receiver')).toBe(403);
  expect(await check('receiver', authorizePath.replace('false', 'true'))).toBe(204);
  now += day - 1;
  expect(await check(key.apiKey)).toBe(204);
  now += 1;
  expect(await check(key.apiKey)).toBe(403);
  expect(stackState.keys()).toHaveLength(1);
});

test('a platform without ingestion keys answers 404, one without authorize only there', async () => {
  const without = await startForTest({ ingestionApiKeys: false });
  expect((await call(without, 'GET', keysPath)).status).toBe(404);
  expect((await call(without, 'POST', keysPath, { body: '{"name":"a"}' })).status).toBe(404);
  expect((await call(without, 'GET', '/api/server/info')).status).toBe(200);

  const unable = await startForTest({ authorize: false });
  expect((await call(unable, 'POST', authorizePath, { body: '{"apiKey":"a"}' })).status).toBe(404);
  expect((await call(unable, 'GET', keysPath)).status).toBe(200);
});

test('the API can stand under another path', async () => {
  const stackState = await startForTest({ apiPath: '/tenant/api' });
  expect((await call(stackState, 'GET', '/tenant/api/security/ingestion/api_keys')).status).toBe(200);
});

test('every answer comes from an msw handler', async () => {
  const handled = vi.spyOn(HttpHandler.prototype, 'run');
  const stackState = await startForTest();
  stackState.seed({ name: 'seen' });
  const { text } = await call(stackState, 'GET', keysPath);
  expect(handled).toHaveBeenCalledOnce();
  const result = await handled.mock.results[0]?.value;
  expect(result.handler.info).toMatchObject({ method: 'GET', path: `http://stackstate.test${keysPath}` });
  expect(text).toContain('"name":"seen"');
});

test('what was received can be looked at: method, path, headers, body and the status it got', async () => {
  const stackState = await startForTest();
  await call(stackState, 'POST', keysPath, { body: '{"name":"a"}' });
  expect(stackState.requests).toEqual([
    {
      method: 'POST',
      path: keysPath,
      route: 'create',
      headers: expect.objectContaining({ 'x-api-key': tokens.service, 'content-type': 'application/json' }),
      body: '{"name":"a"}',
      time: testTime,
      status: 200,
    },
  ]);
});

test('a request that no route knows is answered 404 and fails whoever made it', async () => {
  const stackState = await startStackState();
  expect(await call(stackState, 'GET', '/api/other?x=1')).toMatchObject({ status: 404, text: expect.stringContaining('<html>') });
  expect(() => stackState.expectNoUnmatched()).toThrow('no such route: GET /api/other?x=1');
  await expect(stackState.close()).rejects.toThrow('no such route: GET /api/other?x=1');
});

test('each stage of a request can be waited on', async () => {
  const stages: string[] = [];
  const stackState = await startForTest({
    onStage: async (stage, { route, status }) => {
      await Promise.resolve();
      stages.push(`${stage} ${route} ${status ?? '-'} ${stackState.keys().length}`);
    },
  });
  await call(stackState, 'POST', keysPath, { body: '{"name":"a"}' });
  expect(stages).toEqual(['received create - 0', 'handled create 200 1', 'answered create 200 1']);
});

test('a second server can serve the same keys, after the first has closed', async () => {
  const first = await startStackState();
  first.seed({ name: 'kept' });
  await first.close();
  const second = await startForTest({ store: first.store, port: first.port });
  expect(second.keys().map(({ name }) => name)).toEqual(['kept']);
  await expect(startStackState({ port: first.port })).rejects.toThrow('EADDRINUSE');
});
