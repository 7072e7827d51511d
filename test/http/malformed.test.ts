import { expect, test } from 'vitest';
import { clientOf } from '../api/support.ts';
import { startForTest } from '../support/stackstate.ts';

const key = '{"id":12,"name":"x","lastUpdateTimestamp":1,"apiKey":"iapikeyok-12"}';
const json = 'Content-Type: application/json\r\n';

function response(body: string, headers = `${json}Content-Length: ${body.length}\r\n`, status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\n${headers}\r\n${body}`;
}

test.each([
  ['100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['100 Continue with headers', 'HTTP/1.1 100 Continue\r\nServer: x\r\nContent-Length: 0\r\n\r\n'],
  ['102 Processing', 'HTTP/1.1 102 Processing\r\n\r\n'],
  ['103 Early Hints', 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n'],
  ['several of them', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n'],
])('%s before a response is passed over', async (_what, before) => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'old' });
  const closing = (body: string) => response(body, `${json}Connection: close\r\nContent-Length: ${body.length}\r\n`);
  stackState.setFault('create', { kind: 'raw', bytes: before + closing(key) });
  stackState.setFault('list', { kind: 'raw', bytes: before + closing('[]') });
  stackState.setFault('delete', { kind: 'raw', bytes: `${before}HTTP/1.1 204 No Content\r\n\r\n`, handler: 'run' });
  const api = clientOf(stackState);
  expect(await api.keys.create({ name: 'x' })).toMatchObject({ id: 12n, apiKey: 'iapikeyok-12' });
  expect(await api.keys.list()).toMatchObject({ keys: [] });
  await api.keys.delete(id);
  expect(stackState.requests).toHaveLength(3);
});

const malformed: readonly [what: string, bytes: string][] = [
  ['two lengths', response(key, `${json}Content-Length: ${key.length}\r\nContent-Length: ${key.length + 1}\r\n`)],
  ['chunks and a length', response(`44\r\n${key}\r\n0\r\n\r\n`, `${json}Transfer-Encoding: chunked\r\nContent-Length: 68\r\n`)],
  ['lines that end in a bare LF', response(key).replaceAll('\r\n', '\n')],
  ['a header without a colon', response(key, `${json}Content-Length: ${key.length}\r\nNonsense\r\n`)],
  ['a length that is no number', response(key, `${json}Content-Length: many\r\n`)],
  ['a status that is no number', response(key).replace('200', '2xx')],
  ['chunks of no length', response(`zz\r\n${key}\r\n`, `${json}Transfer-Encoding: chunked\r\n`)],
  ['two responses', response(key) + response(key)],
  [
    'a second response after one that closes',
    response(key, `${json}Connection: close\r\nContent-Length: ${key.length}\r\n`) + response(key),
  ],
  ['more bytes than its length', `${response(key)}garbage`],
  ['a 204 with a body', `HTTP/1.1 204 No Content\r\n\r\n${key}`],
  ['a 204 with a length and a body', response(key, undefined, '204 No Content')],
];

test.each(malformed)('a response with %s is malformed: settled as a lost one', async (_what, bytes) => {
  const stackState = await startForTest();
  stackState.setFault('any', { kind: 'raw', bytes });
  const api = clientOf(stackState);
  await expect(api.keys.create({ name: 'x' })).rejects.toMatchObject({
    exitCode: 11,
    message: expect.stringMatching(/its response was lost\. .* sent a malformed HTTP response/),
  });
  expect(stackState.count('create')).toBe(1);
  await expect(api.keys.list()).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('malformed') });
});

test('a deletion whose response is malformed is looked up in the list', async () => {
  const stackState = await startForTest();
  const [done, not] = [stackState.seed({ name: 'a' }), stackState.seed({ name: 'b' })];
  const bytes = `HTTP/1.1 204 No Content\r\n\r\n{"ok":true}`;
  const api = clientOf(stackState);
  stackState.setFault('delete', { kind: 'raw', bytes, handler: 'run' });
  await api.keys.delete(done.id);
  stackState.setFault('delete', { kind: 'raw', bytes });
  await expect(api.keys.delete(not.id)).rejects.toMatchObject({ exitCode: 11, hints: [expect.stringContaining('list')] });
});

test.each([
  ['a connection that ends within the body', response(key).slice(0, -5)],
  ['a connection that ends within the head', 'HTTP/1.1 200 OK\r\nContent-Le'],
])('%s is no malformed response', async (_what, bytes) => {
  const stackState = await startForTest();
  stackState.setFault('create', { kind: 'raw', bytes });
  await expect(clientOf(stackState).keys.create({ name: 'x' })).rejects.toMatchObject({
    exitCode: 11,
    message: expect.stringContaining('closed the connection before its response was complete'),
  });
});

test('an upgrade nobody asked for is no response', async () => {
  const stackState = await startForTest();
  stackState.setFault('create', {
    kind: 'raw',
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
  });
  await expect(clientOf(stackState).keys.create({ name: 'x' })).rejects.toMatchObject({ exitCode: 11 });
});
