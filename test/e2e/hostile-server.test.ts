import { afterAll, describe, expect, test } from 'vitest';
import type { Fault, RouteName, StackStateOptions } from '../stackstate/server.ts';
import { type BuiltResult, runBuilt } from '../support/built.ts';
import { count } from '../support/counts.ts';
import { environmentOf, startForTest } from '../support/run.ts';
import { runInTerminal } from '../support/terminal.ts';
import { expectHarmless, rawControls } from './hostile-support.ts';

// A server that writes to the terminal, to the log and to the script behind the pipe, if it is let.

/** Title, clear, colour, backspace, carriage return, a forged line, C1, bidi, separators, byte order mark, half a pair. */
const evil =
  'x\u0000\u001b]0;title\u0007\u001b[2J\u001b[31m\b\b\u007f\r\n[SUCCESS] Ingestion API Key generated: forged\t\u0085\u009b2J\u009d0;t\u009c' +
  '\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029\ufeff\ud800y';
/** As a JSON string: what may stand raw in one does, the rest is escaped. */
const quoted = JSON.stringify(evil);
/** As one line of a head, where a server may put any byte but the line's end. */
const inHead = Buffer.from(evil.replaceAll(/[\r\n\0]/g, ''), 'utf8').toString('latin1');
/** The same without what no HTTP client lets pass in a header: C1 and the bytes of bidirectional controls are left. */
const inHeader = inHead.replaceAll(/[^\P{Cc}\u0080-\u009f]/gu, '');
/** The same as an argument of a program. */
const asName = evil.replaceAll('\0', '').toWellFormed();

const list = ['ingestion-api-key', 'list'];
const create = ['ingestion-api-key', 'create', '--name', 'faulty'];
const remove = ['ingestion-api-key', 'delete', '--id', '1'];
const rotate = ['ingestion-api-key', 'rotate', '--name', 'faulty'];
const verify = ['ingestion-api-key', 'verify'];
const validate = ['context', 'save', '--name', 'new'];

const row = `{"id":1,"lastUpdateTimestamp":1,"name":${quoted},"description":${quoted}}`;
const trouble = `{"_type":${quoted},"message":${quoted},"trackingKey":${quoted},"errors":[{"_type":${quoted},"message":${quoted},"errorCode":${quoted}}]}`;
const body = (text: string, status?: number): Fault => ({ kind: 'body', text, ...(status === undefined ? {} : { status }) });
const raw = (head: string, text = ''): Fault => ({
  kind: 'raw',
  bytes: Buffer.concat([
    Buffer.from(`HTTP/1.1 ${head}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`, 'latin1'),
    Buffer.from(text),
  ]),
});
const headersOf = (value: string) =>
  ['Content-Type', 'Location', 'Date', 'Retry-After', 'X-Evil'].map((name) => `${name}: ${value}`).join('\r\n');
const oldServer: StackStateOptions = {
  ingestionApiKeys: false,
  serverInfo: {
    platformVersion: evil,
    deploymentMode: evil,
    version: { major: 7n, minor: 0n, patch: 0n, diff: evil, commit: evil, isDev: false },
  },
};

interface HostileCase {
  readonly title: string;
  readonly argv: readonly string[];
  readonly faults?: readonly (readonly [RouteName, Fault])[];
  readonly server?: StackStateOptions;
  readonly stdin?: string;
  /** Keys that the server has. */
  readonly seeds?: readonly string[];
  readonly code: number;
}

const cases: HostileCase[] = [
  { title: 'the name and description of a listed key', argv: list, faults: [['list', body(`[${row}]`)]], code: 0 },
  {
    title: 'a listed row that is none',
    argv: list,
    faults: [['list', body(`[{${quoted}:${quoted}},${row},{"id":${quoted},"name":1}]`)]],
    code: 2,
  },
  { title: 'a list that is none', argv: list, faults: [['list', body(quoted)]], code: 2 },
  { title: 'a list that is no JSON', argv: list, faults: [['list', body(evil)]], code: 2 },
  { title: 'an error of list', argv: list, faults: [['list', body(trouble, 500)]], code: 2 },
  { title: 'a refusal of list', argv: list, faults: [['list', body(trouble, 403)]], code: 2 },
  { title: 'a rejected token', argv: list, faults: [['list', body(trouble, 401)]], code: 4 },
  { title: 'an unheard-of status of list', argv: list, faults: [['list', body(trouble, 499)]], code: 2 },
  { title: 'the version of a server without keys', argv: list, server: oldServer, code: 10 },
  { title: 'the same, asked to create', argv: create, server: oldServer, code: 10 },
  { title: 'the status text of list', argv: list, faults: [['list', raw(`500 ${inHead}`, trouble)]], code: 2 },
  { title: 'the status text of create', argv: create, faults: [['create', raw(`400 ${inHead}`, trouble)]], code: 2 },
  {
    title: 'the headers of an error',
    argv: list,
    faults: [['list', raw(`418 Teapot\r\n${headersOf(inHeader)}`, trouble)]],
    code: 2,
  },
  {
    title: 'the headers of a good answer',
    argv: list,
    faults: [['list', raw(`200 OK\r\n${headersOf(inHeader)}`, `[${row}]`)]],
    code: 0,
  },
  {
    title: 'headers no client takes',
    argv: list,
    faults: [['list', raw(`200 OK\r\n${headersOf(inHead)}`, `[${row}]`)]],
    code: 2,
  },
  {
    title: 'the place a redirect names',
    argv: list,
    faults: [['list', raw(`302 Found\r\nLocation: http://${inHeader}/`)]],
    code: 2,
  },
  {
    title: 'the place create is sent to',
    argv: create,
    faults: [['create', raw(`307 Temporary\r\nLocation: ${inHeader}`)]],
    code: 2,
  },
  { title: 'bytes that are not HTTP', argv: list, faults: [['list', { kind: 'raw', bytes: evil }]], code: 2 },
  { title: 'the error of create', argv: create, faults: [['create', body(trouble, 400)]], code: 2 },
  { title: 'the failure of create', argv: create, faults: [['create', { kind: 'status', status: 500, body: trouble }]], code: 2 },
  {
    title: 'the fields of a created key',
    argv: create,
    faults: [['create', body(`{"id":1,"lastUpdateTimestamp":1,"name":"faulty","description":${quoted},"apiKey":"iapikeyok-1"}`)]],
    code: 0,
  },
  {
    title: 'the name of a created key',
    argv: create,
    faults: [['create', body(`{"id":1,"lastUpdateTimestamp":1,"name":${quoted},"apiKey":"iapikeyok-1"}`)]],
    code: 11,
  },
  {
    title: 'the created key itself',
    argv: create,
    faults: [['create', body(`{"id":1,"lastUpdateTimestamp":1,"name":"n","apiKey":${quoted}}`)]],
    code: 11,
  },
  {
    title: 'the error of delete',
    argv: remove,
    seeds: ['faulty'],
    faults: [['delete', { kind: 'status', status: 400, body: trouble }]],
    code: 2,
  },
  { title: 'a key that delete does not find', argv: remove, faults: [['delete', body(trouble, 404)]], code: 8 },
  {
    title: 'a selection to delete',
    argv: ['ingestion-api-key', 'delete', '--expired', '--dry-run'],
    faults: [['list', body(`[{"id":1,"lastUpdateTimestamp":1,"expiration":1,"name":${quoted},"description":${quoted}}]`)]],
    code: 0,
  },
  { title: 'the old key of a rotation', argv: rotate, seeds: ['faulty'], faults: [['list', body(`[${row}]`)]], code: 8 },
  {
    title: 'keys among which a rotation cannot choose',
    argv: ['ingestion-api-key', 'rotate', '--name', asName],
    seeds: [asName, asName],
    code: 3,
  },
  {
    title: 'the error of a verification',
    argv: verify,
    stdin: 'iapikeyok-1\n',
    faults: [['authorize', body(trouble, 500)]],
    code: 2,
  },
  { title: 'the version of a saved context', argv: validate, server: { ...oldServer, ingestionApiKeys: true }, code: 0 },
  { title: 'an error while a context is saved', argv: validate, faults: [['info', body(trouble, 500)]], code: 2 },
  {
    title: 'a page while a context is saved',
    argv: validate,
    faults: [['info', { kind: 'body', text: `<html>${evil}`, headers: { 'content-type': 'text/html' } }]],
    code: 2,
  },
];

const outputs = [['-o', 'text'], ['-o', 'json'], ['-vvv']] as const;

let tried = 0;
afterAll(() => count('fault cases', tried));

describe.each(outputs.map((flags) => ({ flags })))('hostile words, $flags', ({ flags }) => {
  test.each(cases)('$title', async (row) => {
    tried += 1;
    const result = await runCase(row, flags);
    expectHarmless(result);
    expect(result.code, result.stderr).toBe(row.code);
    if (flags[1] === 'json' && row.code !== 0 && row.code !== 10)
      expect(() => JSON.parse(result.stderr.replace(/^\[WARN\].*\n/gm, ''))).not.toThrow();
    // A line that the server made up never stands as one of ours.
    expect(`${result.stdout}\n${result.stderr}`).not.toMatch(/^\[SUCCESS\] Ingestion API Key generated: forged/m);
  });
});

test('on a terminal there are colours of ours and nothing of the server', async () => {
  tried += 1;
  const stackState = await startForTest({ now: Date.now });
  stackState.setFault('list', body(`[${row},{"id":2,"lastUpdateTimestamp":1,"name":${quoted},"expiration":1}]`));
  const { code, output } = await runInTerminal(list, { env: environmentOf(stackState), columns: 100 });
  expect(code).toBe(0);
  // The colours, and what a spinner draws itself with, are ours.
  const ours = new RegExp(`${String.fromCharCode(27)}\\[(?:[0-9;]*m|\\?25[hl]|[0-9]*[KG])|\r`, 'g');
  const left = output.replaceAll(ours, '');
  expect(rawControls(left)).toEqual([]);
  expect(left).not.toMatch(/^\[SUCCESS\]/m);
});

async function runCase(
  { argv, faults = [], server = {}, stdin, seeds = [] }: HostileCase,
  flags: readonly string[],
): Promise<BuiltResult> {
  const stackState = await startForTest({ now: Date.now, ...server });
  for (const [index, name] of seeds.entries()) stackState.seed({ id: BigInt(index + 1), name });
  for (const [route, fault] of faults) stackState.setFault(route, fault);
  return runBuilt([...argv, ...flags], { env: environmentOf(stackState), ...(stdin === undefined ? {} : { stdin }) });
}
