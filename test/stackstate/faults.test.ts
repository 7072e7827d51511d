import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startForTest } from '../support/stackstate.ts';
import { call, keysPath } from './caller.ts';
import { type Fault, type StackState, type Stage, tokens } from './server.ts';

const body = '{"name":"a"}';

/**
 * Creates a key under a fault, and tells what the response was and whether the key exists. Without a response it gives up 100 ms after the
 * last stage.
 */
async function createUnder(fault: Fault, lastStage: Stage | undefined): Promise<{ answer: string; keys: number }> {
  const patience = new AbortController();
  const giveUp = () => patience.abort(new Error('nothing came'));
  const stackState = await startForTest({
    onStage: (stage) => {
      if (stage === lastStage) setTimeout(giveUp, 100);
    },
  });
  stackState.setFault('create', fault);
  const answer = await call(stackState, 'POST', keysPath, { body, signal: patience.signal }).then(
    ({ status, text }) => `${status} ${text}`,
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'),
  );
  return { answer, keys: stackState.keys().length };
}

interface Case {
  readonly fault: Fault;
  readonly answer: RegExp;
  readonly keys: 0 | 1;
}

const nothing = /^Error: nothing came$/;
const created = /^200 \{"id":250558013078953,.*"apiKey":"iapikeyok-.*\}$/;
const cases: readonly Case[] = [
  { fault: { kind: 'status', status: 500 }, answer: /^500 \{"_type":"ErrorsResponse"/, keys: 0 },
  { fault: { kind: 'status', status: 500, handler: 'run' }, answer: /^500 /, keys: 1 },
  { fault: { kind: 'status', status: 418, body: 'teapot' }, answer: /^418 teapot$/, keys: 0 },
  { fault: { kind: 'delay', ms: 20 }, answer: created, keys: 1 },
  { fault: { kind: 'delay', ms: 60_000 }, answer: nothing, keys: 0 },
  { fault: { kind: 'delay', ms: 60_000, handler: 'run' }, answer: nothing, keys: 1 },
  { fault: { kind: 'stall' }, answer: nothing, keys: 0 },
  { fault: { kind: 'stall', handler: 'run' }, answer: nothing, keys: 1 },
  { fault: { kind: 'stall', part: 'half', handler: 'run' }, answer: nothing, keys: 1 },
  { fault: { kind: 'reset' }, answer: /^(Socket)?Error: .*(ECONNRESET|other side closed)/, keys: 0 },
  { fault: { kind: 'reset', handler: 'run' }, answer: /^(Socket)?Error: .*(ECONNRESET|other side closed)/, keys: 1 },
  { fault: { kind: 'truncate' }, answer: /^SocketError: other side closed/, keys: 1 },
  { fault: { kind: 'truncate', handler: 'skip' }, answer: /^SocketError: other side closed/, keys: 0 },
  { fault: { kind: 'endless' }, answer: nothing, keys: 0 },
  { fault: { kind: 'drip' }, answer: nothing, keys: 1 },
  { fault: { kind: 'drip', intervalMs: 0, blanks: 2 }, answer: /^200 {3}\{"id":/, keys: 1 },
  { fault: { kind: 'content-type', value: 'text/html' }, answer: created, keys: 1 },
  { fault: { kind: 'raw', bytes: 'SSH-2.0-OpenSSH_9.6\r\n' }, answer: /^HTTPParserError: /, keys: 0 },
  { fault: { kind: 'raw', bytes: '', handler: 'run' }, answer: /^SocketError: other side closed/, keys: 1 },
  { fault: { kind: 'redirect', to: 'https://elsewhere.example/' }, answer: /^302 $/, keys: 0 },
  { fault: { kind: 'body', text: 'null' }, answer: /^200 null$/, keys: 1 },
  { fault: { kind: 'body', text: '{}', status: 201, handler: 'skip' }, answer: /^201 \{\}$/, keys: 0 },
];

test.each(cases.map((row) => ({ ...row, title: JSON.stringify(row.fault) })))('$title', async ({ fault, answer, keys }) => {
  const lastStage = keys === 1 ? 'handled' : 'received';
  const result = await createUnder(fault, answer === nothing ? lastStage : undefined);
  expect(result.answer).toMatch(answer);
  expect(result.keys).toBe(keys);
});

test('a fault of the answer keeps or changes its headers as said', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'content-type', value: 'text/html' });
  expect((await call(stackState, 'GET', keysPath)).headers['content-type']).toBe('text/html');
  stackState.setFault('list', { kind: 'redirect', to: 'https://elsewhere.example/', status: 308 });
  expect(await call(stackState, 'GET', keysPath)).toMatchObject({
    status: 308,
    headers: { location: 'https://elsewhere.example/' },
  });
  stackState.setFault('list', { kind: 'status', status: 429, headers: { 'retry-after': '1' } });
  expect(await call(stackState, 'GET', keysPath)).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
});

test('a fault hits so many requests, after so many, of its route only', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'status', status: 503 }, { skip: 1, times: 2 });
  const statuses: number[] = [];
  for (let index = 0; index < 4; index += 1) {
    statuses.push((await call(stackState, 'GET', keysPath)).status);
    statuses.push((await call(stackState, 'GET', '/api/server/info')).status);
  }
  expect(statuses).toEqual([200, 200, 503, 200, 503, 200, 200, 200]);
});

test('one fault for every route ends when it is cleared', async () => {
  const stackState = await startForTest();
  stackState.setFault('any', { kind: 'status', status: 502 });
  expect((await call(stackState, 'GET', keysPath)).status).toBe(502);
  expect((await call(stackState, 'GET', '/api/server/info')).status).toBe(502);
  stackState.clearFaults();
  expect((await call(stackState, 'GET', keysPath)).status).toBe(200);
});

test('half an answer without body is half of its head', async () => {
  const stackState = await startForTest();
  const { id } = stackState.seed({ name: 'a' });
  stackState.setFault('delete', { kind: 'truncate' });
  expect(await rawBytesOf(stackState, `DELETE ${keysPath}/${id}`)).toBe('HTTP/1.1 204 ');
});

test('closing the server ends requests that it let stall', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'stall' });
  const waiting = call(stackState, 'GET', keysPath).catch(() => 'ended');
  while (stackState.count('list') === 0) await new Promise((next) => setImmediate(next));
  await stackState.close();
  expect(await waiting).toBe('ended');
});

/** All bytes that come back until the server ends the connection. */
async function rawBytesOf(stackState: StackState, line: string): Promise<string> {
  const socket = connect(stackState.port, '127.0.0.1');
  socket.write(`${line} HTTP/1.1\r\nHost: stackstate\r\nX-API-Key: ${tokens.service}\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}
