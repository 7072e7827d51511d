import { describe, expect, test } from 'vitest';
import { against, jsonOf, runSts, startForTest, testTime } from '../../support/run.ts';

const list = ['ingestion-api-key', 'list'];
const day = 86_400_000;
const inDays = (days: number) => BigInt(testTime + days * day);

/** Keys of every age: expired yesterday, now, within two weeks, just beyond, and never. */
async function withKeys() {
  const server = await startForTest();
  server.seed({ id: 1n, name: 'gone', expiration: inDays(-1), description: 'old' });
  server.seed({ id: 2n, name: 'just-gone', expiration: inDays(0) });
  server.seed({ id: 3n, name: 'soon', expiration: inDays(14) });
  server.seed({ id: 4n, name: 'later', expiration: inDays(14) + 1n });
  server.seed({ id: 5n, name: 'forever' });
  server.seed({ id: 6n, name: 'forever' });
  return server;
}

test('keys are listed by name, of one name in the order of the server', async () => {
  const server = await withKeys();
  const result = await runSts([...list, ...against(server)]);
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /api/security/ingestion/api_keys']);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toBe(
    [
      'ID | NAME      | EXPIRATION | DESCRIPTION',
      '5  | forever   |            | -',
      '6  | forever   |            | -',
      '1  | gone      | 2026-03-14 | old',
      '2  | just-gone | 2026-03-15 | -',
      '4  | later     | 2026-03-29 | -',
      '3  | soon      | 2026-03-29 | -',
      '',
    ].join('\n'),
  );
});

test('under JSON every digit of an id and a time is kept, and no key is shown', async () => {
  const server = await startForTest();
  const key = server.seed({
    id: 9223372036854775807n,
    name: 'ci',
    lastUpdateTimestamp: 1790000000000n,
    expiration: 8640000000000000n,
  });
  const result = await runSts([...list, '-o', 'json', ...against(server)]);
  expect(result.stdout).toBe(`{
  "ingestion-api-keys": [
    {
      "expiration": 8640000000000000,
      "id": 9223372036854775807,
      "lastUpdateTimestamp": 1790000000000,
      "name": "ci"
    }
  ]
}
`);
  expect(result.stdout).not.toContain(key.apiKey);
});

test('no keys: a sentence, or an empty list', async () => {
  const server = await startForTest();
  expect(await runSts([...list, ...against(server)])).toMatchObject({
    code: 0,
    stdout: 'No ingestion api keys found.\n',
    stderr: '',
  });
  expect(await runSts([...list, '--exit-code', '-o', 'json', ...against(server)])).toMatchObject({
    code: 0,
    stdout: '{\n  "ingestion-api-keys": []\n}\n',
  });
});

test.each([
  [
    ['--name', 'forever'],
    [5, 6],
  ],
  [['--name', 'FOREVER'], []],
  [['--name', 'soo'], []],
  [['--expired'], [1, 2]],
  [['--expiring-within', '14d'], [3]],
  [['--expiring-within', '2w'], [3]],
  [['--expiring-within', '13d'], []],
  [
    ['--expiring-within', '1mo'],
    [4, 3],
  ],
  [
    ['--expiring-within', '14d', '--expired'],
    [1, 2, 3],
  ],
  [['--expiring-within', '14d', '--expired', '--name', 'soon'], [3]],
])('%j lists %j; --exit-code ends in 12 if that is anything', async (flags, ids) => {
  const server = await withKeys();
  const result = await runSts([...list, ...flags, '-o', 'json', ...against(server)]);
  expect(result.code).toBe(0);
  expect(jsonOf(result.stdout)).toMatchObject({ 'ingestion-api-keys': ids.map((id) => ({ id })) });
  const checked = await runSts([...list, ...flags, '--exit-code', '-o', 'json', ...against(server)]);
  expect(checked).toEqual({ ...result, code: ids.length > 0 ? 12 : 0 });
});

test('a nightly check is 12 from the day on, and 0 the day after the rotation', async () => {
  const server = await startForTest();
  const old = server.seed({ name: 'ci', expiration: inDays(20) });
  const check = (days: number) =>
    runSts([...list, '--name', 'ci', '--expiring-within', '14d', '--exit-code', ...against(server)], {
      now: testTime + days * day,
    });
  expect((await check(5)).code).toBe(0);
  expect((await check(6)).code).toBe(12);
  server.seed({ name: 'ci', expiration: inDays(6 + 90) });
  expect((await check(7)).code).toBe(12);
  server.store.delete(old.id);
  expect((await check(7)).code).toBe(0);
});

test('on a colour terminal an expired date is red, one within 14 days yellow', async () => {
  const server = await withKeys();
  const red = (text: string) => `\u001b[31m${text}\u001b[39m`;
  const yellow = (text: string) => `\u001b[33m${text}\u001b[39m`;
  const { stdout } = await runSts([...list, ...against(server)], { stdout: { isTTY: true, columns: 100 } });
  expect(stdout).toContain(`1  | gone      | ${red('2026-03-14')} | old\n`);
  expect(stdout).toContain(`2  | just-gone | ${red('2026-03-15')} | -\n`);
  expect(stdout).toContain('4  | later     | 2026-03-29 | -\n');
  expect(stdout).toContain(`3  | soon      | ${yellow('2026-03-29')} | -\n`);
});

test.each([
  ['--no-color', ['--no-color'], {}],
  ['NO_COLOR', [], { NO_COLOR: '1' }],
  ['TERM=dumb', [], { TERM: 'dumb' }],
])('no colour with %s', async (_, flags, env) => {
  const server = await withKeys();
  const { stdout } = await runSts([...list, ...flags, ...against(server)], { env, stdout: { isTTY: true, columns: 100 } });
  expect(stdout).not.toContain('\u001b');
});

test('on a narrow terminal cells are wrapped; in a pipe one row is one line', async () => {
  const server = await startForTest();
  server.seed({ id: 1n, name: 'ci', description: 'sends the spans of 日本語 builds to the collector' });
  const narrow = await runSts([...list, ...against(server)], { stdout: { isTTY: true, columns: 50 } });
  expect(narrow.stdout).toBe(
    [
      'ID | NAME | EXPIRATION | DESCRIPTION',
      '1  | ci   |            | sends the spans of 日本語',
      '   |      |            | builds to the collector',
      '',
    ].join('\n'),
  );
  const piped = await runSts([...list, ...against(server)]);
  expect(piped.stdout.split('\n')).toHaveLength(3);
});

test('what a server sends cannot act on a terminal', async () => {
  const server = await startForTest();
  server.seed({ id: 1n, name: 'a\u001b[2J\nb', description: '\u202etxt\u009b' });
  const text = await runSts([...list, ...against(server)], { stdout: { isTTY: true, columns: 200 } });
  expect(text.stdout).toContain('1  | a\\u001b[2J\\u000ab |            | \\u202etxt\\u009b\n');
  const json = await runSts([...list, '-o', 'json', ...against(server)]);
  expect(json.stdout).toContain('"name": "a\\u001b[2J\\nb"');
  expect(json.stdout).toContain('"description": "\\u202etxt\\u009b"');
});

test('one bad row does not hide the good ones; it is reported, and the exit is 2, with --exit-code too', async () => {
  const server = await startForTest();
  server.setFault('list', { kind: 'body', text: '[{"id":1,"lastUpdateTimestamp":1,"name":"ci"},{"id":"x"},null]' });
  for (const flags of [[], ['--exit-code']]) {
    const result = await runSts([...list, ...flags, ...against(server)]);
    expect(result.code).toBe(2);
    expect(result.stdout).toContain('1  | ci   |            | -\n');
    expect(result.stderr.split('\n').filter((line) => line.startsWith('[ERROR]'))).toHaveLength(2);
  }
});

test.each(['text', 'json'])('a list of nothing but bad rows is an error, and not an empty list: %s', async (output) => {
  const server = await startForTest();
  server.setFault('list', { kind: 'body', text: '[{"id":"x"}]' });
  const result = await runSts(['ingestion-api-key', 'list', '-o', output, ...against(server)]);
  expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('not a valid ingestion API key') });
});

test('under JSON the good rows stand on stdout, the bad ones in one document on stderr', async () => {
  const server = await startForTest();
  server.setFault('list', { kind: 'body', text: '[{"id":1,"lastUpdateTimestamp":1,"name":"ci"},{"id":"x"},null]' });
  const result = await runSts([...list, '-o', 'json', ...against(server)]);
  expect(result.code).toBe(2);
  expect(jsonOf(result.stdout)).toMatchObject({ 'ingestion-api-keys': [{ id: 1 }] });
  expect(jsonOf(result.stderr)).toEqual({ error: true, 'error-message': expect.stringMatching(/2.*\n.*3/s), 'exit-code': 2 });
});

test.each([
  [['--expiring-within', 'soon'], '--expiring-within takes'],
  [['--expiring-within', '9000y'], 'beyond the year 9999'],
  [['--name', ''], '--name is empty'],
  [['extra'], 'takes no arguments'],
])('list %j is a usage error, and nothing is asked of the server', async (flags, reason) => {
  const server = await startForTest();
  const result = await runSts([...list, ...flags, ...against(server)]);
  expect(server.requests).toEqual([]);
  expect(result).toMatchObject({ code: 3, stdout: '' });
  expect(result.stderr).toContain(reason);
});

test('a reader that goes away ends the list silently', async () => {
  const server = await withKeys();
  for (const form of ['text', 'json']) {
    const result = await runSts([...list, '-o', form, ...against(server)], { stdout: { failWith: { code: 'EPIPE' } } });
    expect(result).toMatchObject({ code: 141, stderr: '' });
  }
});

test('a stdout that does not take the table: exit 6', async () => {
  const server = await withKeys();
  expect((await runSts([...list, ...against(server)], { stdout: { failWith: { code: 'ENOSPC' } } })).code).toBe(6);
  expect((await runSts([...list, ...against(server)], { stdout: { state: 'closed' } })).code).toBe(6);
});

test('-o wide says when a key was created, and how it stands in a word', async () => {
  const server = await startForTest();
  const hour = 3_600_000;
  const created = BigInt(testTime - 30 * day);
  for (const [id, name, expiration] of [
    [1n, 'a', inDays(-1)],
    [2n, 'b', BigInt(testTime + 90_000)],
    [3n, 'c', BigInt(testTime + 5 * hour)],
    [4n, 'd', inDays(3)],
    [5n, 'e', inDays(15)],
    [6n, 'f', undefined],
  ] as const) {
    server.seed({ id, name, lastUpdateTimestamp: created, ...(expiration === undefined ? {} : { expiration }) });
  }
  const { stdout } = await runSts([...list, '-o', 'wide', ...against(server)]);
  expect(stdout.split('\n').map((line) => line.split(' | ').slice(4))).toEqual([
    ['CREATED   ', 'STATUS'],
    ['2026-02-13', 'expired'],
    ['2026-02-13', 'expires in 2m'],
    ['2026-02-13', 'expires in 5h'],
    ['2026-02-13', 'expires in 3d'],
    ['2026-02-13', 'valid'],
    ['2026-02-13', 'valid'],
    [],
  ]);
});

test('-q prints the ids and nothing else', async () => {
  const server = await withKeys();
  expect(await runSts([...list, '-q', '--name', 'forever', ...against(server)])).toMatchObject({ code: 0, stdout: '5\n6\n' });
  expect(await runSts([...list, '-q', '--name', 'nope', ...against(server)])).toMatchObject({ code: 0, stdout: '' });
});

test.each([20, 40, 59, 80])('on a terminal of %i columns an id is never broken, and no line is wider', async (columns) => {
  const server = await startForTest();
  server.seed({ id: 9223372036854775807n, name: 'a name of some words', description: 'and a description of some more' });
  for (const wide of [[], ['-o', 'wide']]) {
    const { stdout } = await runSts([...list, ...wide, ...against(server)], { stdout: { isTTY: true, columns } });
    expect(stdout).toMatch(/(^|\| )9223372036854775807( \||$)/m);
    expect(stdout).toMatch(/(^|\| )EXPIRATION( |$)/m);
    expect(stdout.split('\n').filter((line) => line.length > columns)).toEqual([]);
  }
});

test('on a terminal a name that no key has says which one was probably meant', async () => {
  const server = await startForTest();
  server.seed({ id: 1n, name: 'otel collector' });
  server.seed({ id: 2n, name: 'caf\u00e9' });
  const near = async (name: string) =>
    (await runSts([...list, '--name', name, ...against(server)], { stderr: { isTTY: true } })).stderr;
  expect(await near('otel  Collector')).toBe('Did you mean "otel collector" (id 1)?\n');
  expect(await near('cafe\u0301')).toMatch(/^Did you mean "caf\u00e9" \(id 2\)\? It looks the same, but/);
  expect(await near('nothing like it')).toBe('');
});

test('a key that the server lists twice is one key', async () => {
  const server = await startForTest();
  const row = '{"id":1,"lastUpdateTimestamp":1,"name":"ci"}';
  server.setFault('list', { kind: 'body', text: `[${row},${row}]` });
  expect((await runSts([...list, '-q', ...against(server)])).stdout).toBe('1\n');
});

describe("where this clock and the server's differ", () => {
  const at = async (offset: number, flags: readonly string[]) => {
    const server = await startForTest();
    server.seed({ id: 1n, name: 'tomorrow', expiration: inDays(1) });
    server.seed({ id: 2n, name: 'yesterday', expiration: inDays(-1) });
    return runSts([...list, ...flags, ...against(server)], { now: testTime + offset });
  };

  test.each([-30, 30])('by %i days, what ends soon by either of them is shown, and it is said once', async (days) => {
    const result = await at(days * day, ['--expiring-within', '14d', '--exit-code', '-q']);
    expect(result).toMatchObject({ code: 12, stdout: '1\n' });
    expect(result.stderr).toMatch(/^\[WARN\] This machine's clock is 30 days (ahead of|behind) the server's\. .*\n$/);
  });

  test.each([-30, 30])('by %i days, expired is what the server calls so, in the list and in the table', async (days) => {
    expect(await at(days * day, ['--expired', '-q'])).toMatchObject({ code: 0, stdout: '2\n' });
    const { stdout } = await at(days * day, ['-o', 'wide']);
    expect(stdout).toMatch(/1 {2}\| tomorrow .* \| expires in 1d\n/);
    expect(stdout).toMatch(/2 {2}\| yesterday .* \| expired\n/);
  });

  test('by half a minute, this one counts and nothing is said', async () => {
    expect(await at(30_000, ['--expired', '-q'])).toMatchObject({ code: 0, stdout: '2\n', stderr: '' });
  });
});
