import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ForbiddenError, ServerError, UnauthorizedError } from '../../src/errors.ts';
import type { Fault } from '../stackstate/server.ts';
import { tokens } from '../stackstate/server.ts';
import { startForTest } from '../support/stackstate.ts';
import { clientOf } from './support.ts';

/** What comes of a list that is answered so. */
async function refusalOf(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Promise<ServerError> {
  const stackState = await startForTest();
  const fault: Fault = { kind: 'status', status, body, headers };
  stackState.setFault('list', fault);
  return clientOf(stackState)
    .keys.list()
    .then(
      () => expect.unreachable(),
      (error: ServerError) => error,
    );
}

const html = { 'content-type': 'text/html; charset=utf-8' };
const plain = { 'content-type': 'text/plain' };
const page = '<html><head><title>Sign in &middot; Example</title></head><body>no</body></html>';

test.each([
  ['401', 401, page, html],
  ['403', 403, page, html],
  ['401 under the content type of JSON', 401, page, {}],
  ['403 under the content type of JSON', 403, `\n  <!DOCTYPE html>${page}`, {}],
])("a gateway's page with %s is not blamed on the token", async (_what, status, body, headers) => {
  const error = await refusalOf(status, body, headers);
  expect(error).toBeInstanceOf(ServerError);
  expect(error).not.toBeInstanceOf(ForbiddenError);
  expect(error).toMatchObject({
    exitCode: 2,
    status,
    message: expect.stringMatching(
      /^A gateway in front of 127\.0\.0\.1:\d+ responded with \d+ \(\w+\): Sign in.*The token is not the reason\.$/,
    ),
    hints: [expect.stringContaining('sends no web pages')],
  });
});

test.each(['Basic realm="x"', 'Negotiate', 'NTLM', 'Digest realm="x"', 'basic'])(
  'a gateway that demands a user (%s) is told from StackState',
  async (challenge) => {
    const error = await refusalOf(401, '', { 'www-authenticate': challenge });
    expect(error).toMatchObject({ exitCode: 2, hints: [expect.stringContaining('https://USER:PASSWORD@HOST')] });
  },
);

test('a 401 that asks for a bearer token is about the token', async () => {
  expect(await refusalOf(401, '', { 'www-authenticate': 'Bearer realm="x"' })).toBeInstanceOf(UnauthorizedError);
});

const errorsResponse = {
  _type: 'ErrorsResponse',
  trackingKey: 'trk-7',
  serverTimestamp: 1,
  errors: [
    { _type: 'InternalError', message: 'Boom', errorCode: 'E17' },
    { _type: 'InternalError', message: 'and boom.' },
  ],
};

test.each([
  [
    'of StackState',
    JSON.stringify(errorsResponse),
    {},
    'Boom; and boom.',
    ': Boom; and boom (errorCode E17, trackingKey trk-7).',
  ],
  ['of StackState, short', '{"_type":"X","message":"No."}', {}, 'No.', ': No.'],
  ['a code that is a number', '{"message":"No","errorCode":9007199254740993}', {}, 'No', ': No (errorCode 9007199254740993).'],
  ['marks alone', '{"trackingKey":"trk-8"}', {}, undefined, ' (trackingKey trk-8).'],
  ['plain text', 'quota\n exceeded\n', plain, 'quota exceeded', ': quota exceeded.'],
  ['plain text in colour', '\u001b[31mquota', plain, '\\u001b[31mquota', ': \\u001b[31mquota.'],
  ['bytes as plain text', 'a\u0000\u0001', plain, undefined, '.'],
  ['text under the content type of JSON', 'upstream gone', {}, 'upstream gone', ': upstream gone.'],
  ['a text as JSON', '"not now"', {}, 'not now', ': not now.'],
  ['of a framework', '{"timestamp":1,"status":500,"error":"Oops","path":"/"}', {}, 'Oops', ': Oops.'],
  [
    'RFC 9457',
    '{"title":"T","detail":"The detail"}',
    { 'content-type': 'application/problem+json' },
    'The detail',
    ': The detail.',
  ],
  ['of OAuth', '{"error":"invalid","error_description":"Too old"}', {}, 'Too old', ': Too old.'],
  ['the title of a page', page, html, 'Sign in &middot; Example', ': Sign in &middot; Example.'],
  ['none', '', {}, undefined, '.'],
  ['bytes', '\u0000\u0001\u0002', { 'content-type': 'application/octet-stream' }, undefined, '.'],
  ['senseless JSON', '{"message":{"a":1},"errors":"x","trackingKey":[]}', {}, undefined, '.'],
] as const)('the reason of the server is told: %s', async (_what, body, headers, reason, ending) => {
  for (const status of [400, 500]) {
    const error = await refusalOf(status, body, headers);
    expect(error.reason).toBe(reason);
    expect(error.message).toMatch(/responded with \d+ \([\w ]+\)/);
    expect(error.message.endsWith(`)${ending}`), error.message).toBe(true);
  }
});

test.each([
  [401, UnauthorizedError, 4],
  [403, ForbiddenError, 2],
] as const)('a %i keeps what the server said', async (status, type, exitCode) => {
  const error = await refusalOf(status, JSON.stringify(errorsResponse));
  expect(error).toBeInstanceOf(type);
  expect(error).toMatchObject({ exitCode, reason: 'Boom; and boom.', errorCode: 'E17', trackingKey: 'trk-7' });
  expect(error.message).toContain('Boom; and boom (errorCode E17, trackingKey trk-7).');
  expect((await refusalOf(status, 'token expired', plain)).message).toContain(': token expired.');
});

test('what a server says is made harmless, short, and free of the token', async () => {
  const evil = '\u001b]0;evil\u0007\u202e';
  const body = {
    message: `${evil}${tokens.service}${'x'.repeat(5000)}`,
    errorCode: `${evil}${tokens.service}${'y'.repeat(500)}`,
    trackingKey: `${evil}${tokens.service}${'z'.repeat(500)}`,
  };
  for (const status of [401, 403, 500]) {
    const error = await refusalOf(status, JSON.stringify(body));
    expect(error.message.length).toBeLessThan(1000);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(inspect(error, { depth: 9 })).not.toMatch(/[\u0007\u001b\u202e]/);
    expect(inspect(error, { depth: 9 })).not.toContain(tokens.service);
  }
});

test('a token without permission is told which one it needs, by both of its names', async () => {
  const stackState = await startForTest();
  const api = clientOf(stackState, { token: { kind: 'api-token', value: tokens.forbidden } });
  const { id } = stackState.seed({ name: 'x' });
  for (const call of [() => api.keys.list(), () => api.keys.create({ name: 'x' }), () => api.keys.delete(id)]) {
    await expect(call()).rejects.toMatchObject({
      exitCode: 2,
      hints: [
        expect.stringMatching(/manage-ingestion-api-keys.* get-, create- and delete-ingestion-api-keys/),
        expect.stringContaining('administrator'),
      ],
    });
  }
});
