import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { serve } from '../http/servers.ts';
import { startForTest, testTime } from '../support/stackstate.ts';
import { clientOf } from './support.ts';

test.each([
  ['a user and a password', 'me:secret-1', 'me:secret-1'],
  ['encoded characters', 'me%40corp:secret%2F1%3A', 'me@corp:secret/1:'],
  ['a password alone', ':secret-1', ':secret-1'],
  ['a user alone', 'secret-user', 'secret-user:'],
])('%s in the URL go as HTTP Basic and are shown nowhere', async (_what, written, sent) => {
  const stackState = await startForTest();
  const url = stackState.url.replace('http://', `http://${written}@`);
  const lines: string[] = [];
  const api = clientOf(stackState, { url, log: (line) => lines.push(line) });
  await api.keys.list();
  const header = stackState.requests[0]?.headers['authorization'] ?? '';
  expect(Buffer.from(header.replace('Basic ', ''), 'base64').toString()).toBe(sent);
  expect(stackState.requests[0]?.headers['x-api-key']).toBeDefined();

  stackState.setFault('any', { kind: 'status', status: 500, body: JSON.stringify({ message: `${sent} ${written}` }) });
  const refused = await api.keys.list().catch((error: unknown) => error);
  await stackState.close();
  const failed = await api.keys.create({ name: 'x' }).catch((error: unknown) => error);
  for (const shown of [lines.join('\n'), inspect(failed, { depth: 9 })]) expect(shown).not.toContain('secret');
  expect((refused as Error).message).not.toContain('secret');
});

test('a user and a password that are refused are what is refused', async () => {
  const { url } = await serve((_request, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end());
  await expect(clientOf({ url: url.replace('//', '//me:wrong@'), caPem: '' }).keys.list()).rejects.toMatchObject({
    exitCode: 2,
    hints: [expect.stringContaining('does not accept the user and the password in the URL')],
  });
});

test('a user and a password that are wrongly encoded are an error of the configuration', async () => {
  expect(() => clientOf({ url: 'http://me:secret%zz@127.0.0.1:9', caPem: '' })).toThrow(
    expect.objectContaining({ exitCode: 1, message: expect.not.stringContaining('secret') }),
  );
});

test.each(['/api', '/api/', '/sub/api'])('a URL that ends in %s is told to drop it', async (path) => {
  const { url } = await serve((_request, response) => response.writeHead(404).end('no'));
  const api = clientOf({ url: `${url}${path}`, caPem: '' });
  for (const call of [
    () => api.keys.list(),
    () => api.keys.create({ name: 'x' }),
    () => api.server.info(),
    () => api.keys.authorize('k'),
  ]) {
    await expect(call()).rejects.toMatchObject({
      exitCode: 2,
      status: 404,
      message: expect.stringMatching(/has no StackState API under \/(?:sub\/)?api\/api\.$/),
      hints: [expect.stringContaining('Drop /api from the URL'), expect.any(String)],
    });
  }
});

test('a server that has no StackState is told to be looked at, and not to drop anything', async () => {
  const { url } = await serve((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>'),
  );
  const api = clientOf({ url, caPem: '' });
  for (const call of [() => api.keys.list(), () => api.server.info()]) {
    await expect(call()).rejects.toMatchObject({ exitCode: 2, hints: [expect.not.stringContaining('drop')] });
  }
});

test('the time of the server comes with what it lists and creates, and with what it leaves open', async () => {
  const stackState = await startForTest();
  const api = clientOf(stackState);
  expect(await api.keys.create({ name: 'x' })).toMatchObject({ serverTime: testTime });
  expect(await api.keys.list()).toMatchObject({ serverTime: testTime });
  stackState.setFault('create', { kind: 'status', status: 500 });
  await expect(api.keys.create({ name: 'x' })).rejects.toMatchObject({ exitCode: 11, serverTime: testTime });
});

test.each(['/a%20b', '/x:y@z', ''])('an API path goes into the request as it is written: %j', async (apiPath) => {
  const { url } = await serve((request, response) =>
    response.end(JSON.stringify([{ id: 1, name: request.url, lastUpdateTimestamp: 1 }])),
  );
  const { keys } = await clientOf({ url, caPem: '' }, { apiPath }).keys.list();
  expect(keys[0]?.name).toBe(`${apiPath}/security/ingestion/api_keys`);
});
