import { expect, test } from 'vitest';
import { startForTest, testTime } from '../support/stackstate.ts';
import { call, keysPath } from './caller.ts';
import { type StackState, tokens } from './server.ts';

const tokensPath = '/api/security/tokens';
const day = 86_400_000;

interface Created {
  readonly name: string;
  readonly token: string;
}

async function create(stackState: StackState, body: object): Promise<Created> {
  const created = await call(stackState, 'POST', tokensPath, { body: JSON.stringify(body) });
  expect(created.status).toBe(200);
  return created.json as Created;
}

/** Whether a service token is accepted by the API. */
async function opens(stackState: StackState, token: string): Promise<number> {
  return (await call(stackState, 'GET', '/api/server/info', { headers: { 'X-API-Key': token } })).status;
}

test('a service token is created without telling its id, listed without its secret, and deleted', async () => {
  const stackState = await startForTest();
  const expiration = BigInt(testTime + day);
  const body = `{"name":"agents","roles":["ingestion","stackstate-guest"],"expiryDate":${expiration},"dedicatedSubject":"agents"}`;
  const created = await call(stackState, 'POST', tokensPath, { body });
  expect(created).toMatchObject({ status: 200 });
  expect(created.json).toEqual({ name: 'agents', token: expect.stringMatching(/^svctok-[\w-]{32}$/), expiration });

  const id = 271_730_201_945_117n;
  expect((await call(stackState, 'GET', tokensPath)).json).toEqual([
    {
      id,
      lastUpdateTimestamp: BigInt(testTime),
      name: 'agents',
      expiration,
      roles: ['ingestion', 'stackstate-guest'],
      dedicatedSubject: 'agents',
    },
  ]);
  expect(await call(stackState, 'DELETE', `${tokensPath}/${id}`)).toMatchObject({ status: 204, text: '' });
  expect((await call(stackState, 'GET', tokensPath)).text).toBe('[]');
  expect((await call(stackState, 'DELETE', `${tokensPath}/${id}`)).status).toBe(404);
  expect((await call(stackState, 'DELETE', `${tokensPath}/x`)).status).toBe(400);
  const routes = ['token-create', 'token-list', 'token-delete'] as const;
  expect(routes.map((route) => stackState.count(route))).toEqual([1, 2, 3]);
});

test.each([
  '{"name":"a"}',
  '{"name":"a","roles":[]}',
  '{"name":"a","roles":"ingestion"}',
  '{"name":"","roles":["ingestion"]}',
  '{"name":"a","roles":["ingestion"],"expiryDate":"tomorrow"}',
  '{"name":"a","roles":["nobody-has-this-role"]}',
])('a body that is no service token is refused: %s', async (body) => {
  const stackState = await startForTest();
  expect(await call(stackState, 'POST', tokensPath, { body })).toMatchObject({ status: 400, json: { _type: 'ErrorsResponse' } });
  expect(stackState.serviceTokens()).toEqual([]);
});

test('an expiration that is not in the future is refused in its own words', async () => {
  const stackState = await startForTest();
  const refused = await call(stackState, 'POST', tokensPath, {
    body: `{"name":"a","roles":["ingestion"],"expiryDate":${testTime}}`,
  });
  expect(refused).toMatchObject({ status: 400, json: { _type: 'ServiceTokenInvalidExpiryError', message: expect.any(String) } });
});

test('roles can be others; what a role permits, its tokens may do', async () => {
  const stackState = await startForTest({ roles: { keeper: ['manage-ingestion-api-keys'], reader: [] } });
  const keeper = await create(stackState, { name: 'a', roles: ['keeper'] });
  const reader = await create(stackState, { name: 'b', roles: ['reader'] });
  const status = async (path: string, token: string) =>
    (await call(stackState, 'GET', path, { headers: { 'X-API-Key': token } })).status;
  expect([await status(keysPath, keeper.token), await status(tokensPath, keeper.token)]).toEqual([200, 403]);
  expect([await status(keysPath, reader.token), await status(tokensPath, reader.token)]).toEqual([403, 403]);
});

test('a service token opens the API until it is deleted, also by itself', async () => {
  const stackState = await startForTest();
  const { token } = await create(stackState, { name: 'a', roles: ['stackstate-admin'] });
  expect(await opens(stackState, token)).toBe(200);
  const [{ id } = { id: 0n }] = stackState.serviceTokens();
  const headers = { 'X-API-Key': token };
  expect((await call(stackState, 'DELETE', `${tokensPath}/${id}`, { headers })).status).toBe(204);
  expect(await opens(stackState, token)).toBe(401);
});

test('a service token opens the API until it expires, by the clock of the platform', async () => {
  let now = testTime;
  const stackState = await startForTest({ now: () => now });
  const { token } = stackState.seedToken({ name: 'a', roles: ['ingestion'], expiration: BigInt(testTime + 1000) });
  now += 999;
  expect(await opens(stackState, token)).toBe(200);
  now += 1;
  expect(await opens(stackState, token)).toBe(401);
});

test('a dedicated subject goes with its token, and the tokens that share it are accepted no more', async () => {
  const stackState = await startForTest();
  const old = stackState.seedToken({ name: 'a', roles: ['ingestion'], dedicatedSubject: 'agents' });
  const { token } = await create(stackState, { name: 'a', roles: ['ingestion'], dedicatedSubject: 'agents' });
  expect(await opens(stackState, token)).toBe(200);
  await call(stackState, 'DELETE', `${tokensPath}/${old.id}`);
  expect(stackState.tokenStore.hasSubject('agents')).toBe(false);
  expect(await opens(stackState, token)).toBe(401);
});

test('a platform may refuse a dedicated subject that is there', async () => {
  const stackState = await startForTest({ takenSubjects: 'refuse' });
  stackState.seedToken({ name: 'a', roles: ['ingestion'], dedicatedSubject: 'agents' });
  const body = '{"name":"b","roles":["ingestion"],"dedicatedSubject":"agents"}';
  expect((await call(stackState, 'POST', tokensPath, { body })).status).toBe(400);
});

test.each([
  ['manage', ['manage-ingestion-api-keys'], [200, 200, 204, 403], 'manage-service-tokens'],
  ['per-verb', ['get-ingestion-api-keys', 'manage-service-tokens'], [200, 403, 403, 200], 'create-ingestion-api-keys'],
] as const)('permissions can be called by "%s"', async (permissionNames, permissions, statuses, missing) => {
  const known = [{ header: 'X-API-Token', value: 'some-token', permissions }] as const;
  const stackState = await startForTest({ permissionNames, tokens: known });
  const { id } = stackState.seed({ name: 'a' });
  const headers = { 'X-API-Token': 'some-token' };
  const called = [
    await call(stackState, 'GET', keysPath, { headers }),
    await call(stackState, 'POST', keysPath, { headers, body: '{"name":"b"}' }),
    await call(stackState, 'DELETE', `${keysPath}/${id}`, { headers }),
    await call(stackState, 'GET', tokensPath, { headers }),
  ];
  expect(called.map(({ status }) => status)).toEqual(statuses);
  expect(called.find(({ status }) => status === 403)?.text).toContain(`Permission ${missing} is missing.`);
});

test('faults and stages hold for the routes of tokens as for all others', async () => {
  const stages: string[] = [];
  const stackState = await startForTest({
    onStage: (stage, { route, status }) => void stages.push(`${stage} ${route} ${status}`),
  });
  stackState.setFault('token-create', { kind: 'status', status: 500, handler: 'run' });
  const body = '{"name":"a","roles":["ingestion"]}';
  expect((await call(stackState, 'POST', tokensPath, { body })).status).toBe(500);
  expect(stackState.serviceTokens()).toHaveLength(1);
  expect(stages).toEqual(['received token-create undefined', 'handled token-create 200', 'answered token-create 200']);
});

test.each([
  ['6.0', { keys: 200, tokens: 404, authorize: 204, key: [200, 200], token: [401, 403], version: undefined }],
  ['2.3.5', { keys: 200, tokens: 200, authorize: 204, key: [200, 200], token: [200, 200], version: '2.3.5' }],
  ['2.9', { keys: 404, tokens: 200, authorize: 404, key: [401, 403], token: [200, 200], version: '2.9.0' }],
] as const)('platform %s has its kinds of credentials and takes no other', async (platform, expected) => {
  const stackState = await startForTest({ platform });
  const { apiKey } = stackState.seed({ name: 'a' });
  const { token } = stackState.seedToken({ name: 'a', roles: ['ingestion'] });
  const scheme = platform === '6.0' ? 'StackState' : 'SUSEObservability';
  const sent = async (credential: string) => [
    (await call(stackState, 'POST', '/v1/traces', { headers: { Authorization: `${scheme} ${credential}` }, body: '{}' })).status,
    (await call(stackState, 'GET', '/receiver/stsAgent/api/v1/validate', { headers: { 'sts-api-key': credential } })).status,
  ];
  const authorize = { body: JSON.stringify({ apiKey }) };
  const { json } = await call(stackState, 'GET', '/api/server/info', { headers: { 'X-API-Token': tokens.api } });
  expect({
    keys: (await call(stackState, 'GET', keysPath)).status,
    tokens: (await call(stackState, 'GET', tokensPath)).status,
    authorize: (await call(stackState, 'POST', '/api/security/ingestion/authorize', authorize)).status,
    key: await sent(apiKey),
    token: await sent(token),
    version: (json as { platformVersion?: string }).platformVersion,
  }).toEqual(expected);
});
