import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { clientOf } from '../api/support.ts';
import { startForTest } from '../support/stackstate.ts';

const created = '{"id":12,"name":"x","lastUpdateTimestamp":1,"apiKey":"iapikeyok-12"}';

test('no request asks for an encoded response', async () => {
  const stackState = await startForTest();
  const api = clientOf(stackState);
  const { id, apiKey } = await api.keys.create({ name: 'x' });
  await api.keys.list();
  await api.keys.authorize(apiKey);
  await api.keys.delete(id);
  await api.server.info();
  expect(stackState.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(Array(5).fill('identity'));
});

const encodings: readonly [coding: string, encode: (text: string) => Uint8Array][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZIP', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['gzip, br', (text) => brotliCompressSync(gzipSync(text))],
  ['identity', Buffer.from],
];

test.each(encodings)('a response that is encoded unasked (%s) is read all the same', async (coding, encode) => {
  const stackState = await startForTest();
  const headers = { 'content-encoding': coding };
  const list = '[{"id":12,"name":"x","lastUpdateTimestamp":1}]';
  stackState.setFault('create', { kind: 'body', text: encode(created), headers });
  stackState.setFault('list', { kind: 'body', text: encode(list), headers });
  stackState.setFault('info', { kind: 'body', text: encode('{"message":"no"}'), headers, status: 400 });
  const api = clientOf(stackState);
  expect(await api.keys.create({ name: 'x' })).toMatchObject({ id: 12n, apiKey: 'iapikeyok-12' });
  expect(await api.keys.list()).toMatchObject({ keys: [{ id: 12n, name: 'x' }] });
  await expect(api.server.info()).rejects.toMatchObject({ reason: 'no' });
});

test.each(['gzip', 'x-gzip', 'zstd', 'nonsense', 'nonsense, gzip'])(
  'a response that is not encoded, though it says so (%s), is read as it is',
  async (coding) => {
    const stackState = await startForTest();
    stackState.setFault('create', { kind: 'body', text: created, headers: { 'content-encoding': coding } });
    expect(await clientOf(stackState).keys.create({ name: 'x' })).toMatchObject({ id: 12n, apiKey: 'iapikeyok-12' });
  },
);

test('an encoded response without a body is one without a body', async () => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'x' });
  stackState.setFault('delete', { kind: 'body', text: '', headers: { 'content-encoding': 'gzip' } });
  await clientOf(stackState).keys.delete(id);
  expect(stackState.keys()).toEqual([]);
});

test.each([
  ['gzip', gzipSync],
  // The best compression takes longer than all else here.
  ['br', (bytes: Uint8Array) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
] as const)('a small %s body that grows beyond all measure is given up', async (coding, encode) => {
  const stackState = await startForTest();
  stackState.setFault('list', {
    kind: 'body',
    text: encode(Buffer.alloc(80 * 1024 * 1024, ' ')),
    headers: { 'content-encoding': coding },
  });
  await expect(clientOf(stackState).keys.list()).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('more than 64 MiB'),
  });
});

test.each([
  ['a damaged gzip', 'gzip', Buffer.concat([gzipSync(created).subarray(0, 12), Buffer.alloc(60, 'x')])],
  ['a gzip that is cut', 'gzip', gzipSync(created).subarray(0, 30)],
  ['no deflate', 'deflate', '\u0008\u0000\u0000'],
  ['no brotli', 'br', created],
  ['a brotli that is cut', 'br', brotliCompressSync(created).subarray(0, 20)],
])('%s is a malformed response: the outcome of a create is unknown', async (_what, coding, text) => {
  const stackState = await startForTest();
  const fault = { kind: 'body', text, headers: { 'content-encoding': coding } } as const;
  stackState.setFault('create', fault);
  stackState.setFault('list', fault);
  const api = clientOf(stackState);
  await expect(api.keys.create({ name: 'x' })).rejects.toMatchObject({
    exitCode: 11,
    message: expect.stringMatching(/its response was lost\. .*malformed/),
  });
  await expect(api.keys.list()).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('malformed') });
  expect(stackState.count('create')).toBe(1);
});
