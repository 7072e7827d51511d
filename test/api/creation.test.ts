import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { startForTest } from '../support/stackstate.ts';
import { clientOf } from './support.ts';

function keyWith(apiKey: unknown, more: object = {}): string {
  return JSON.stringify({ id: 12, name: 'x', lastUpdateTimestamp: 1, apiKey, ...more });
}

test.each([
  ['of letters', 'iapikeyok-abc'],
  ['with a blank within', 'iapikeyok abc'],
  ['with letters beyond ASCII', 'schl\u00fcssel-\u4e16'],
  ['of one letter', 'k'],
  ['with quotes and slashes', '"\\/\'`$(x)'],
  ['with two stars', 'a**b'],
  ['as long as headers bear', 'k'.repeat(8192)],
])('a key %s is a key', async (_what, apiKey) => {
  const stackState = await startForTest();
  stackState.setFault('create', { kind: 'body', text: keyWith(apiKey) });
  expect(await clientOf(stackState).keys.create({ name: 'x' })).toMatchObject({ id: 12n, apiKey });
});

const unusable: readonly [what: string, apiKey: unknown][] = [
  ['empty', ''],
  ['blanks alone', '   '],
  ['a blank at its end', 'abc '],
  ['a line feed', 'abc\ndef'],
  ['a NUL', 'abc\u0000'],
  ['an escape', '\u001b[31mabc'],
  ['a control character of C1', 'abc\u0085'],
  ['a bidirectional control', 'abc\u202edef'],
  ['half of a pair', 'abc\ud800'],
  ['masked', 'iapikeyok-********'],
  ['masked by dots', '\u2022\u2022\u2022\u2022'],
  ['cut', 'iapikeyok-ab\u2026'],
  ['longer than any header', 'k'.repeat(8193)],
  ['longer than any header, in bytes', '\u4e16'.repeat(3000)],
  ['a number', 5],
  ['null', null],
];

test.each(unusable)('a key that cannot be delivered (%s) is told by its id, to be deleted', async (_what, apiKey) => {
  const stackState = await startForTest();
  stackState.setFault('create', { kind: 'body', text: keyWith(apiKey) });
  const error = await clientOf(stackState)
    .keys.create({ name: 'x' })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ exitCode: 11, status: 200, keyId: 12n });
  expect(stackState.count('create')).toBe(1);
  if (typeof apiKey === 'string' && apiKey.length > 5) expect(inspect(error, { depth: 9 })).not.toContain(apiKey.slice(0, 100));
});

test('an id without anything else but the name is enough to delete the key by', async () => {
  const stackState = await startForTest();
  stackState.setFault('create', { kind: 'body', text: '{"id":12,"name":"x","apiKey":""}' });
  await expect(clientOf(stackState).keys.create({ name: 'x' })).rejects.toMatchObject({ exitCode: 11, keyId: 12n });
});

test("the id of a key of another name is somebody else's", async () => {
  const stackState = await startForTest();
  stackState.setFault('create', { kind: 'body', text: keyWith('', { name: 'other' }) });
  const error = await clientOf(stackState)
    .keys.create({ name: 'x' })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ exitCode: 11 });
  expect(error).not.toHaveProperty('keyId');
});

test.each([300, 302, 400, 401, 403, 404, 405, 409, 422, 429, 500, 503])(
  'a whole key under the status %i exists: it is told by its id',
  async (status) => {
    const stackState = await startForTest();
    stackState.setFault('create', { kind: 'body', status, text: keyWith('iapikeyok-12345') });
    const error = await clientOf(stackState)
      .keys.create({ name: 'x' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 11, status, keyId: 12n });
    expect(inspect(error, { depth: 9 })).not.toContain('iapikeyok-12345');
  },
);

test.each([
  ['a row without its secret', keyWith(undefined)],
  ['a key of another name', keyWith('iapikeyok-1', { name: 'other' })],
  ['a key without an id', keyWith('iapikeyok-1', { id: undefined })],
])('%s under a refusing status may be an old one: nothing was created', async (_what, text) => {
  const stackState = await startForTest();
  for (const status of [400, 403, 422]) {
    stackState.setFault('create', { kind: 'body', status, text });
    const error = await clientOf(stackState)
      .keys.create({ name: 'x' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 2, status });
  }
});

test('a 409 leaves the outcome open: a proxy may have sent the request twice', async () => {
  const stackState = await startForTest();
  stackState.setFault('create', { kind: 'status', status: 409, body: '{"message":"exists already"}' });
  const error = await clientOf(stackState)
    .keys.create({ name: 'x' })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    exitCode: 11,
    status: 409,
    message: expect.stringContaining('exists already'),
    cause: { exitCode: 2, status: 409, reason: 'exists already' },
  });
  expect(error).not.toHaveProperty('keyId');
  expect(stackState.count('create')).toBe(1);
});

test('a platform without keys is told the command that makes a service token of that name', async () => {
  const stackState = await startForTest({ ingestionApiKeys: false, serverInfo: { platformVersion: '2.9.0' } });
  const api = clientOf(stackState);
  await expect(api.keys.create({ name: "it's mine" })).rejects.toMatchObject({
    exitCode: 10,
    message: expect.stringMatching(/2\.9\.0, which has no ingestion API keys.*StackState 6\.0 to SUSE Observability 2\.3\.5/),
    hints: [`Use a service token there: sts service-token create --name 'it'\\''s mine' --roles ROLE`],
  });
  await expect(api.keys.authorize('k')).rejects.toMatchObject({
    exitCode: 10,
    hints: ['Use a service token there: sts service-token verify'],
  });
  await expect(api.keys.delete(1n)).rejects.toMatchObject({ exitCode: 10 });
});

test('a list with a row twice holds one key', async () => {
  const stackState = await startForTest();
  const row = (id: number, name: string) => ({ id, name, lastUpdateTimestamp: 1 });
  const rows = [row(1, 'a'), row(2, 'b'), row(1, 'a'), row(3, 'c'), row(2, 'b renamed')];
  stackState.setFault('list', { kind: 'body', text: JSON.stringify(rows) });
  const { keys, rejected } = await clientOf(stackState).keys.list();
  expect(keys.map(({ id, name }) => [id, name])).toEqual([
    [1n, 'a'],
    [2n, 'b'],
    [3n, 'c'],
  ]);
  expect(rejected).toEqual([]);
});

test('requests carry another token once the client is told to use it', async () => {
  const stackState = await startForTest();
  const api = clientOf(stackState);
  await api.keys.list();
  api.useToken({ kind: 'api-token', value: 'new-token' });
  await expect(api.keys.list()).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining('the api token') });
  expect(stackState.requests[1]?.headers).toMatchObject({ 'x-api-token': 'new-token' });
  expect(stackState.requests[1]?.headers['x-api-key']).toBeUndefined();
});
