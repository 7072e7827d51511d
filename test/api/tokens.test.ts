import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { serve } from '../http/servers.ts';
import { clientOf } from './support.ts';

interface Seen {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Reply = (response: ServerResponse, request: Seen) => void;

/** A platform that replies so, by method and path; to all else with 404. */
async function platform(replies: Readonly<Record<string, Reply>>) {
  const seen: Seen[] = [];
  const { url } = await serve((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const request = {
        method: message.method,
        path: message.url,
        headers: message.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(request);
      const reply = replies[`${request.method} ${request.path}`] ?? says(404, { _type: 'NotFoundError' });
      reply(response, request);
    });
  });
  return { url, seen, api: clientOf({ url, caPem: '' }) };
}

function says(status: number, body?: object | string, headers: Readonly<Record<string, string>> = {}): Reply {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return (response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

const collection = '/api/security/tokens';
const info = { version: { major: 6, minor: 0, patch: 0 }, deploymentMode: 'Saas', platformVersion: '2.9.0' };

test('lists tokens with their 64-bit ids and times exact, and leaves out what is none', async () => {
  const rows = `[
    {"id":9223372036854775807,"name":"all","lastUpdateTimestamp":9007199254740993,"description":"d","expiration":4102444800000,"roles":["a","b"],"dedicatedSubject":"s"},
    {"id":2,"name":"few","roles":[],"lastUpdateTimestamp":null,"description":null,"expiration":null,"dedicatedSubject":null},
    {"id":2,"name":"few","roles":[]},
    {"id":3,"name":"no roles"},
    {"id":"4","name":"x","roles":[]}
  ]`;
  const { api, seen } = await platform({ [`GET ${collection}`]: says(200, rows, { date: 'Sun, 15 Mar 2026 10:30:00 GMT' }) });
  const { tokens, rejected, serverTime } = await api.tokens.list();
  expect(tokens).toEqual([
    {
      id: 9_223_372_036_854_775_807n,
      name: 'all',
      lastUpdateTimestamp: 9_007_199_254_740_993n,
      description: 'd',
      expiration: 4_102_444_800_000n,
      roles: ['a', 'b'],
      dedicatedSubject: 's',
    },
    { id: 2n, name: 'few', roles: [] },
  ]);
  expect(rejected).toEqual([
    "Row 4 of the server's list is not a valid service token and is left out: its roles is missing or of the wrong kind.",
    expect.stringContaining('Row 5'),
  ]);
  expect(serverTime).toBe(Date.UTC(2026, 2, 15, 10, 30));
  expect(seen).toHaveLength(1);
});

test('creates a token with the names of the API, and gets it without an id', async () => {
  const created = { name: 'n', token: 'svctok-1', expiration: 4_102_444_800_000 };
  const { api, seen } = await platform({ [`POST ${collection}`]: says(200, created) });
  const asked = { name: 'n', roles: ['r1', 'r2'], expiration: 4_102_444_800_000n, dedicatedSubject: 's' };
  const issued = await api.tokens.create(asked);
  expect(issued).toMatchObject({ name: 'n', token: 'svctok-1', expiration: 4_102_444_800_000n });
  expect(issued).not.toHaveProperty('id');
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
    name: 'n',
    roles: ['r1', 'r2'],
    expiryDate: 4_102_444_800_000,
    dedicatedSubject: 's',
  });
  await api.tokens.create({ name: 'n', roles: ['r'] });
  expect(JSON.parse(seen[1]?.body ?? '')).toEqual({ name: 'n', roles: ['r'] });
});

test('a created token is salvaged from a garbled response', async () => {
  const { api } = await platform({ [`POST ${collection}`]: says(200, { token: 'svctok-1', name: 7, expiration: 'never' }) });
  const { serverTime: _, ...issued } = await api.tokens.create({ name: 'n', roles: ['r'] });
  expect(issued).toEqual({ name: 'n', token: 'svctok-1' });
});

test.each([
  ['a response without a token', says(200, { name: 'n' }), 11],
  ['a masked token', says(200, { name: 'n', token: 'svctok-****' }), 11],
  ['a server error', says(500, { message: 'boom' }), 11],
  ['a 409', says(409, { message: 'boom' }), 11],
  ['a whole token under a refusing status', says(403, { name: 'n', token: 'svctok-1' }), 11],
  ['a reset', (response: ServerResponse) => void response.socket?.destroy(), 11],
  ['a refused expiry', says(400, { _type: 'ServiceTokenInvalidExpiryError', message: 'past' }), 2],
  ['no permission', says(403, { message: 'no' }), 2],
  ['a refused token', says(401, { message: 'no' }), 4],
  ['a server that knows no such request', says(501, { message: 'no' }), 2],
] as const)('the creation of a token that meets %s is sent once and ends in %i', async (_what, reply, exitCode) => {
  const { api, seen } = await platform({ [`POST ${collection}`]: reply });
  const error = await api.tokens.create({ name: 'n', roles: ['r'] }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ exitCode });
  expect(error).not.toHaveProperty('keyId');
  expect(inspect(error, { depth: 9 })).not.toContain('svctok-1');
  expect(seen).toHaveLength(1);
});

test('a token without permission is told which one it needs', async () => {
  const { api } = await platform({ [`GET ${collection}`]: says(403, { message: 'no' }) });
  await expect(api.tokens.list()).rejects.toMatchObject({ hints: [expect.stringContaining('manage-service-tokens')] });
});

test('deletes a token by its id; one that is not there is said to be missing', async () => {
  const { api, seen } = await platform({
    [`DELETE ${collection}/9223372036854775807`]: says(204),
    [`GET ${collection}`]: says(200, []),
  });
  await api.tokens.delete(9_223_372_036_854_775_807n);
  await expect(api.tokens.delete(5n)).rejects.toMatchObject({
    exitCode: 8,
    message: 'There is no service token with the id 5.',
    hints: ['See the ids with: sts service-token list'],
  });
  expect(seen.map(({ method }) => method)).toEqual(['DELETE', 'DELETE', 'GET']);
});

test('a platform without service tokens is told the command for keys', async () => {
  const { api } = await platform({ 'GET /api/server/info': says(200, info) });
  await expect(api.tokens.list()).rejects.toMatchObject({
    exitCode: 10,
    message: expect.stringMatching(/2\.9\.0, which has no service tokens\./),
    hints: ['Use an ingestion API key there: sts ingestion-api-key list'],
  });
  await expect(api.tokens.create({ name: 'a b', roles: ['r'] })).rejects.toMatchObject({
    exitCode: 10,
    hints: ["Use an ingestion API key there: sts ingestion-api-key create --name 'a b'"],
  });
  await expect(api.tokens.delete(1n)).rejects.toMatchObject({ exitCode: 10 });
});

const infoPath = 'GET /api/server/info';
const receiver = 'GET /receiver/stsAgent/api/v1/validate';
const html = { 'content-type': 'text/html' };

test.each([
  ['both accept it', says(200, info), says(204), 'valid', 2],
  ['it may not see the server info', says(403, {}), says(200, {}), 'valid', 2],
  ['the API refuses it', says(401, {}), says(204), 'invalid', 1],
  ['the receiver refuses it', says(200, info), says(403, {}), 'invalid', 2],
  ['there is no receiver', says(200, info), says(404), 'valid', 2],
  ['there is a page in place of the receiver', says(200, info), says(200, '<html></html>', html), 'valid', 2],
  ['there is a login in place of the receiver', says(200, info), says(302, '', { location: '/login' }), 'valid', 2],
  ['a gateway keeps everybody from the receiver', says(200, info), says(403, '<html></html>', html), 'valid', 2],
  ['there is no API, and a receiver', says(404), says(200), 'valid', 2],
  ['there is no API, and a receiver refuses', says(404), says(403, {}), 'invalid', 2],
  ['there is neither', says(404), says(404), 'unverifiable', 2],
  ['there are pages alone', says(200, '<html></html>', html), says(200, '<html></html>', html), 'unverifiable', 2],
] as const)('a token is validated: %s', async (_what, byApi, byReceiver, verdict, requests) => {
  const { api, seen } = await platform({ [infoPath]: byApi, [receiver]: byReceiver });
  expect(await api.tokens.validate('svctok-new')).toBe(verdict);
  expect(seen).toHaveLength(requests);
  expect(seen[0]?.headers['x-api-key']).toBe('svctok-new');
  expect(seen[0]?.headers['x-api-token']).toBeUndefined();
  if (requests === 2) {
    expect(seen[1]?.headers).toMatchObject({ 'sts-api-key': 'svctok-new' });
    expect(seen[1]?.headers['x-api-key']).toBeUndefined();
  }
});

test.each([
  ['a gateway refuses everybody', says(401, '<html></html>', html), says(204)],
  ['the API fails', says(500, {}), says(204)],
  ['the receiver fails', says(200, info), says(500, {})],
] as const)('that a token cannot be validated is an error: %s', async (_what, byApi, byReceiver) => {
  const { api } = await platform({ [infoPath]: byApi, [receiver]: byReceiver });
  const error = await api.tokens.validate('svctok-new').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ exitCode: 2 });
  expect(inspect(error, { depth: 9 })).not.toContain('svctok-new');
});

test('a token that no header bears was never given out; others go as they are', async () => {
  const { api, seen } = await platform({ [infoPath]: says(200, info) });
  expect(await api.tokens.validate('a\nb')).toBe('invalid');
  expect(seen).toEqual([]);
  expect(await api.tokens.validate('schl\u00fcssel \u4e16')).toBe('valid');
  expect(Buffer.from(seen[0]?.headers['x-api-key']?.toString() ?? '', 'latin1').toString()).toBe('schl\u00fcssel \u4e16');
});

test('the receiver is under the path of the URL, not under that of the API', async () => {
  const { url, seen } = await platform({});
  await clientOf({ url: `${url}/sub`, caPem: '' }).tokens.validate('t');
  expect(seen.map(({ path }) => path)).toEqual(['/sub/api/server/info', '/sub/receiver/stsAgent/api/v1/validate']);
});
