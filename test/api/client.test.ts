import { expect, test } from 'vitest';
import { RowReader } from '../../src/api/rows.ts';
import { InterruptedError } from '../../src/errors.ts';
import { tokens } from '../stackstate/server.ts';
import { startForTest } from '../support/stackstate.ts';
import { clientOf } from './support.ts';

const greatestId = 9_223_372_036_854_775_807n;

test('lists keys with their 64-bit ids and times exact, by one request with one token header', async () => {
  const stackState = await startForTest();
  stackState.seed({ id: greatestId, name: 'largest', expiration: 4_102_444_800_000n, description: 'the last one' });
  const { keys, rejected } = await clientOf(stackState).keys.list();
  expect(stackState.requests).toHaveLength(1);
  expect(stackState.requests[0]).toMatchObject({
    method: 'GET',
    path: '/api/security/ingestion/api_keys',
    headers: { 'x-api-key': tokens.service, accept: 'application/json', 'user-agent': 'StackStateCLI/1.2.3' },
  });
  expect(stackState.requests[0]?.headers['x-api-token']).toBeUndefined();
  expect(keys).toMatchObject([{ id: greatestId, name: 'largest', expiration: 4_102_444_800_000n, description: 'the last one' }]);
  expect(rejected).toEqual([]);
});

test('creates a key and gets its secret', async () => {
  const stackState = await startForTest();
  const issued = await clientOf(stackState).keys.create({ name: 'otel', expiration: 4_102_444_800_000n });
  expect(JSON.parse(stackState.requests[0]?.body ?? '')).toEqual({ name: 'otel', expiration: 4_102_444_800_000 });
  expect(stackState.keys()).toMatchObject([{ id: issued.id, name: 'otel', apiKey: issued.apiKey }]);
});

test('deletes a key by a path that carries every digit of its id', async () => {
  const stackState = await startForTest();
  stackState.seed({ id: greatestId, name: 'largest' });
  await clientOf(stackState).keys.delete(greatestId);
  expect(stackState.requests[0]).toMatchObject({
    method: 'DELETE',
    path: '/api/security/ingestion/api_keys/9223372036854775807',
  });
  expect(stackState.keys()).toEqual([]);
});

test('a key that is not there is said to be missing (exit 8)', async () => {
  const stackState = await startForTest();
  await expect(clientOf(stackState).keys.delete(42n)).rejects.toMatchObject({
    exitCode: 8,
    message: expect.stringContaining('42'),
  });
});

test('authorize tells live keys from others', async () => {
  const stackState = await startForTest({ receiverKey: 'receiver-1' });
  const api = clientOf(stackState);
  const { apiKey } = await api.keys.create({ name: 'otel' });
  expect(await api.keys.authorize(apiKey)).toBe(true);
  expect(await api.keys.authorize('somebody-else')).toBe(false);
  expect(await api.keys.authorize('receiver-1')).toBe(false);
  expect(await api.keys.authorize('receiver-1', { withReceiverKey: true })).toBe(true);
});

test.each([
  ['a login page', '<!DOCTYPE html><html>sign in</html>'],
  ['some JSON', '{"ok":true}'],
])('a deletion answered by 200 with %s is no deletion', async (_, body) => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'x' });
  stackState.setFault('delete', { kind: 'status', status: 200, body });
  await expect(clientOf(stackState).keys.delete(id)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(`${id}`),
    hints: [expect.stringContaining('sts ingestion-api-key list')],
  });
});

test('a gateway that knows no DELETE is not taken for a key that is gone', async () => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'x' });
  stackState.setFault('delete', { kind: 'status', status: 404, body: 'nothing here' });
  const api = clientOf(stackState);
  await expect(api.keys.delete(id)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('still lists it') });
  await expect(api.keys.delete(77n)).rejects.toMatchObject({ exitCode: 8 });
});

test('a deletion on a server without ingestion API keys says so (exit 10)', async () => {
  const stackState = await startForTest({ ingestionApiKeys: false });
  await expect(clientOf(stackState).keys.delete(1n)).rejects.toMatchObject({ exitCode: 10 });
});

test('a key that the API does not know is gone, also for a token that may not list', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status: 403 });
  await expect(clientOf(stackState).keys.delete(77n)).rejects.toMatchObject({ exitCode: 8 });
});

test('a gateway that lets nobody pass gives no verdict on a key', async () => {
  const stackState = await startForTest();
  const page = { kind: 'status', status: 403, body: '<html>blocked</html>' } as const;
  stackState.setFault('authorize', page);
  await expect(clientOf(stackState).keys.authorize('k')).rejects.toMatchObject({ exitCode: 2 });
});

test('an interrupt while a missing collection is explained is an interrupt', async () => {
  const stackState = await startForTest({ ingestionApiKeys: false });
  stackState.setFault('info', { kind: 'stall' });
  const controller = new AbortController();
  const listing = clientOf(stackState).keys.list({ signal: controller.signal });
  setTimeout(() => controller.abort(new InterruptedError('SIGTERM')), 200);
  await expect(listing).rejects.toMatchObject({ exitCode: 143 });
});

test('a URL with a path and an API path of its own both count', async () => {
  const stackState = await startForTest({ apiPath: '/sub/folder/v2' });
  await clientOf(stackState, { url: `${stackState.url}/sub`, apiPath: '/folder/v2' }).keys.list();
  expect(stackState.requests[0]?.path).toBe('/sub/folder/v2/security/ingestion/api_keys');
});

test('a server without ingestion API keys is asked for its version, and the error names it (exit 10)', async () => {
  const stackState = await startForTest({ ingestionApiKeys: false, serverInfo: { platformVersion: '2.3.1' } });
  await expect(clientOf(stackState).keys.list()).rejects.toMatchObject({
    exitCode: 10,
    message: expect.stringContaining('2.3.1'),
    hints: ['Use a service token there: sts service-token list'],
  });
  expect(stackState.requests.map(({ path }) => path)).toEqual(['/api/security/ingestion/api_keys', '/api/server/info']);
});

test('create on a server without ingestion API keys made nothing (exit 10)', async () => {
  const stackState = await startForTest({ ingestionApiKeys: false });
  await expect(clientOf(stackState).keys.create({ name: 'x' })).rejects.toMatchObject({ exitCode: 10 });
});

test.each([
  ['a status', { kind: 'status', status: 500 }, 2, /500 \(Internal Server Error\).*told to fail/],
  ['no permission', { kind: 'status', status: 403, body: '{"_type":"Forbidden","message":"nope"}' }, 2, /does not allow.*nope/],
  ['a refused token', { kind: 'status', status: 401, body: '' }, 4, /does not accept the service token/],
  [
    'a web page',
    { kind: 'body', text: '<!DOCTYPE html><html></html>', headers: { 'content-type': 'text/html' } },
    10,
    /has no ingestion/,
  ],
  ['null', { kind: 'body', text: 'null' }, 2, /did not respond with a list/],
  ['nothing', { kind: 'body', text: '' }, 2, /did not respond with a list/],
  ['an object', { kind: 'body', text: '{"a":1}' }, 2, /did not respond with a list/],
  ['half of the JSON', { kind: 'body', text: '[{"id":1' }, 2, /did not respond with a list/],
  ['deep JSON', { kind: 'body', text: `${'['.repeat(200_000)}` }, 2, /did not respond with a list/],
  ['bytes that are not HTTP', { kind: 'raw', bytes: 'SSH-2.0-OpenSSH_9.6\r\n' }, 2, /did not respond in HTTP/],
  ['a body without end', { kind: 'endless' }, 2, /more than 64 MiB/],
  ['a large header', { kind: 'body', text: '[]', headers: { 'x-large': 'x'.repeat(40_000) } }, 2, /too many headers/],
] as const)('%s instead of the list: a useful error', async (_name, fault, exitCode, message) => {
  const stackState = await startForTest();
  stackState.setFault('list', fault);
  await expect(clientOf(stackState, { sleep: async () => {} }).keys.list()).rejects.toMatchObject({
    exitCode,
    message: expect.stringMatching(message),
    hints: expect.arrayContaining([expect.any(String)]),
  });
});

test.each([1, 2, 3, 7, 64])('a list that arrives in pieces of %i bytes is the same list', (size) => {
  const text =
    '\ufeff [ {"id":1,"name":"a\\"],[{ \u00e9\u4e16","lastUpdateTimestamp":1} ,\n{"id":2,"name":"\\\\","lastUpdateTimestamp":2},{"oops":[}]},7,"x,]"\t] \n';
  const bytes = Buffer.from(text);
  const rows = new RowReader('key', (value) => (Object(value) === value ? (value as { name: string }) : 'it is no object'));
  for (let at = 0; at < bytes.length; at += size) rows.push(bytes.subarray(at, at + size));
  expect(rows.complete).toBe(true);
  expect(rows.rows.map(({ name }) => name)).toEqual(['a"],[{ é世', '\\']);
  expect(rows.rejected).toHaveLength(3);
});

test('thousands of bad rows are reported in a few sentences', () => {
  const rows = new RowReader('key', (value) => (Object(value) === value ? (value as { name: string }) : 'it is no object'));
  rows.push(Buffer.from(`[${Array(5000).fill('null').join(',')}]`));
  expect(rows.complete).toBe(true);
  expect(rows.rejected).toHaveLength(21);
  expect(rows.rejected.at(-1)).toContain('4980 more');
});

test('one bad row does not hide the good ones', async () => {
  const stackState = await startForTest();
  const good = { id: 1, name: 'good', lastUpdateTimestamp: 5 };
  const rows = [
    good,
    null,
    { ...good, id: '7' },
    { ...good, id: 1.5 },
    { id: 2, name: 3, lastUpdateTimestamp: 5 },
    { ...good, expiration: 1e19 },
  ];
  stackState.setFault('list', { kind: 'body', text: JSON.stringify(rows) });
  const { keys, rejected } = await clientOf(stackState).keys.list();
  expect(keys).toEqual([{ id: 1n, name: 'good', lastUpdateTimestamp: 5n }]);
  expect(rejected).toHaveLength(5);
});

test('a created key is salvaged from an answer with repeated and polluting members', async () => {
  const stackState = await startForTest();
  stackState.setFault('create', {
    kind: 'body',
    text: '{"id":7,"id":8,"apiKey":"k-8","name":"x","lastUpdateTimestamp":1,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  });
  await expect(clientOf(stackState).keys.create({ name: 'x' })).resolves.toMatchObject({ id: 8n, apiKey: 'k-8' });
  expect({}).not.toHaveProperty('polluted');
});

test.each([
  ['answer without key', { kind: 'body', text: '{"id":12,"name":"x","lastUpdateTimestamp":1}' }, { keyId: 12n, status: 200 }],
  ['empty answer', { kind: 'body', text: '' }, { status: 200 }],
  ['server error after the key was made', { kind: 'status', status: 500, handler: 'run' }, { status: 500 }],
  ['connection reset after the key was made', { kind: 'reset', handler: 'run' }, {}],
  ['truncated answer', { kind: 'truncate' }, {}],
  ['no HTTP', { kind: 'raw', bytes: 'boo\r\n\r\n' }, {}],
  ['no answer at all', { kind: 'stall', handler: 'run' }, {}],
] as const)('create, %s: the outcome is unknown and one request was sent', async (_name, fault, details) => {
  const stackState = await startForTest();
  stackState.setFault('create', fault);
  await expect(clientOf(stackState, { timeoutMs: 500 }).keys.create({ name: 'x' })).rejects.toMatchObject({
    exitCode: 11,
    ...details,
  });
  expect(stackState.requests).toHaveLength(1);
});

test.each([501, 505])('create on a server that knows no such request (%i) made nothing: exit 2', async (status) => {
  const stackState = await startForTest();
  stackState.setFault('create', { kind: 'status', status, body: '<html>unsupported</html>' });
  await expect(clientOf(stackState).keys.create({ name: 'x' })).rejects.toMatchObject({ exitCode: 2 });
});

test('create refused by the server: its own reason is told (exit 2)', async () => {
  const stackState = await startForTest();
  await expect(clientOf(stackState).keys.create({ name: 'x', expiration: 1n })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('400 (Bad Request)'),
  });
});

test.each([301, 302, 303, 307, 308])('%i to another host: that host sees nothing', async (status) => {
  const other = await startForTest();
  const stackState = await startForTest();
  stackState.setFault('any', { kind: 'redirect', to: `${other.url}/api/security/ingestion/api_keys`, status });
  const api = clientOf(stackState);
  await expect(api.keys.list()).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(other.url) });
  await expect(api.keys.create({ name: 'x' })).rejects.toMatchObject({ exitCode: 2 });
  await expect(api.keys.delete(1n)).rejects.toMatchObject({ exitCode: 2 });
  expect(other.connections).toBe(0);
  expect(stackState.requests).toHaveLength(3);
});

test('server text in errors is harmless to print', async () => {
  const stackState = await startForTest();
  stackState.setFault('create', {
    kind: 'status',
    status: 400,
    body: JSON.stringify({ message: '\u001b]0;owned\u0007\u202egnp' }),
  });
  await expect(clientOf(stackState).keys.create({ name: 'x' })).rejects.toMatchObject({
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    message: expect.not.stringMatching(/[\u0000-\u001f\u007f-\u009f\u202e]/),
  });
});
