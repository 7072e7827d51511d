import { join } from 'node:path';
import { expect, test } from 'vitest';
import { largestId } from '../stackstate/store.ts';
import { runBuilt } from '../support/built.ts';
import { against, environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';

const keys = 'ingestion-api-key';
const nothing = { code: 0, signal: null, stdout: '', stderr: '' };
/** 2030-01-31, midnight UTC. */
const expiration = 1_896_048_000_000n;

test('create prints the key', async () => {
  const stackState = await startForTest({ now: Date.now });
  const result = await runBuilt([keys, 'create', '--name', 'my-ingestion-api-key', ...against(stackState)]);
  const [created] = stackState.keys();
  expect(created?.name).toBe('my-ingestion-api-key');
  expect(result).toEqual({ ...nothing, stdout: `[SUCCESS] Ingestion API Key generated: ${created?.apiKey}\n` });
});

test('create -o json prints the key and all that the server says of it', async () => {
  const stackState = await startForTest({ now: Date.now });
  const flags = ['--name', 'n', '--description', 'für "alle"', '--expiration', '2030-01-31', '-o', 'json'];
  const { code, stdout, stderr } = await runBuilt([keys, 'create', ...flags, ...against(stackState)]);
  const [created] = stackState.keys();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(`{
  "ingestion-api-key": {
    "apiKey": "${created?.apiKey}",
    "description": "für \\"alle\\"",
    "expiration": ${expiration},
    "id": ${created?.id},
    "lastUpdateTimestamp": ${created?.lastUpdateTimestamp},
    "name": "n"
  }
}
`);
});

test('create -o json leaves out what the key does not have', async () => {
  const stackState = await startForTest({ now: Date.now });
  const { stdout } = await runBuilt([keys, 'create', '-n', 'n', '-ojson', ...against(stackState)]);
  const [created] = stackState.keys();
  expect(stdout).toBe(`{
  "ingestion-api-key": {
    "apiKey": "${created?.apiKey}",
    "id": ${created?.id},
    "lastUpdateTimestamp": ${created?.lastUpdateTimestamp},
    "name": "n"
  }
}
`);
});

test('list prints a table sorted by name, bytewise', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ id: 7n, name: 'b', description: 'collector' });
  stackState.seed({ id: 250_558_013_078_953n, name: 'a', expiration });
  stackState.seed({ id: 8n, name: 'Z', description: '', expiration: 0n });
  stackState.seed({ id: 9n, name: 'ä', description: 'last' });
  const result = await runBuilt([keys, 'list', ...against(stackState)]);
  expect(result).toEqual({
    ...nothing,
    stdout: `ID              | NAME | EXPIRATION | DESCRIPTION
8               | Z    | 1970-01-01 | -
250558013078953 | a    | 2030-01-31 | -
7               | b    |            | collector
9               | ä    |            | last
`,
  });
});

test('list -o json prints the same keys, without their secrets', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ id: 7n, name: 'b', description: 'collector', lastUpdateTimestamp: 1n });
  stackState.seed({ id: 8n, name: 'a', expiration, lastUpdateTimestamp: 2n });
  const result = await runBuilt([keys, 'list', '-o', 'json', ...against(stackState)]);
  expect(result).toEqual({
    ...nothing,
    stdout: `{
  "ingestion-api-keys": [
    {
      "expiration": ${expiration},
      "id": 8,
      "lastUpdateTimestamp": 2,
      "name": "a"
    },
    {
      "description": "collector",
      "id": 7,
      "lastUpdateTimestamp": 1,
      "name": "b"
    }
  ]
}
`,
  });
});

test('an empty list says so, or is an empty array', async () => {
  const stackState = await startForTest({ now: Date.now });
  const text = await runBuilt([keys, 'list', ...against(stackState)]);
  const json = await runBuilt([keys, 'list', '--output', 'json', ...against(stackState)]);
  expect(text).toEqual({ ...nothing, stdout: 'No ingestion api keys found.\n' });
  expect(json).toEqual({ ...nothing, stdout: '{\n  "ingestion-api-keys": []\n}\n' });
});

test('delete names the key it deleted', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ id: 250_558_013_078_953n, name: 'a' });
  stackState.seed({ id: 250_558_013_078_954n, name: 'b' });
  const text = await runBuilt([keys, 'delete', '--id', '250558013078953', ...against(stackState)]);
  const json = await runBuilt([keys, 'delete', '--id=250558013078954', '-o', 'json', ...against(stackState)]);
  expect(text).toEqual({ ...nothing, stdout: '[SUCCESS] Ingestion Api Key deleted: 250558013078953\n' });
  expect(json).toEqual({ ...nothing, stdout: '{\n  "deleted-ingestion-api-key": 250558013078954\n}\n' });
  expect(stackState.keys()).toEqual([]);
});

test('the largest id keeps every digit in the table, in JSON and on the way back', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ id: largestId, name: 'largest' });
  const text = await runBuilt([keys, 'list', ...against(stackState)]);
  const json = await runBuilt([keys, 'list', '-o', 'json', ...against(stackState)]);
  const deleted = await runBuilt([keys, 'delete', '-i', '9223372036854775807', '-o', 'json', ...against(stackState)]);
  expect(text.stdout).toContain('\n9223372036854775807 | largest |');
  expect(json.stdout).toContain('\n      "id": 9223372036854775807,\n');
  expect(deleted.stdout).toBe('{\n  "deleted-ingestion-api-key": 9223372036854775807\n}\n');
  expect(stackState.requests.at(-1)?.path).toBe('/api/security/ingestion/api_keys/9223372036854775807');
  expect(stackState.keys()).toEqual([]);
});

test('a created key with the largest id keeps every digit', async () => {
  const stackState = await startForTest({ now: Date.now, firstId: largestId });
  const { stdout } = await runBuilt([keys, 'create', '-n', 'n', '-o', 'json', ...against(stackState)]);
  expect(stdout).toContain('\n    "id": 9223372036854775807,\n');
});

test.each([
  ['delete', '--id', '010'],
  ['delete', '--id', '0x10'],
  ['delete', '--id', '1e3'],
  ['delete', '--id', '-1'],
  ['delete', '--id=-1'],
  ['delete', '--id', '9223372036854775808'],
  ['delete', '--id', ''],
  ['delete', '--id', ' 7'],
  ['delete', '--id', '7', '--id', 'x'],
  ['delete', '--id', '7', 'extra'],
  ['delete', '7'],
  ['delete'],
  ['list', 'extra'],
  ['list', '-o', 'yaml'],
  ['create', '--name', 'n', 'extra'],
  ['create', '--name', ''],
  ['create'],
  ['create', '--name', 'n', '--expires-in', '90'],
  ['create', '--name', 'n', '--expires-in', '90d', '--expiration', '2030-01-31'],
])('%s %s %s %s is refused before anything is sent', async (...argv) => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ id: 7n, name: 'seven' });
  const result = await runBuilt([keys, ...argv.filter((word) => word !== undefined)], { env: environmentOf(stackState) });
  expect(result).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/^\[ERROR\] .+[.\n]\n {2}\S.*\n/) });
  expect(stackState.connections).toBe(0);
  expect(stackState.keys()).toHaveLength(1);
});

test.each([
  [['-o', 'json', keys, 'list', 'extra']],
  [[keys, '-o', 'json', 'lst']],
  [[keys, 'list', '--bogus', '-ojson']],
  [[keys, 'list', '--output=json', '--bogus']],
  [[keys, 'delete', '-o=json', '--id', '010']],
  [[keys, 'create', '-vojson']],
  [[keys, 'create', '--name', '', '-vo', 'json']],
  [['bogus', '--output', 'json']],
  [[keys, 'list', '-o', 'text', '-o', 'json', '--timeout', 'soon', '--url', 'http://h', '--api-token', 't']],
])('%j: a usage error is one JSON document on stderr', async (argv) => {
  const { code, stdout, stderr } = await runBuilt(argv);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  const { 'error-message': message, ...rest } = JSON.parse(stderr);
  expect(rest).toEqual({ error: true, 'exit-code': 3 });
  expect(message).toMatch(/\n/);
  expect(stderr).toBe(`{\n  "error": true,\n  "error-message": ${JSON.stringify(message)},\n  "exit-code": 3\n}\n`);
});

test('a value that looks like --output is still a value', async () => {
  const stackState = await startForTest({ now: Date.now });
  const flags = ['--name', '-ojson', '--description', '--output=json'];
  const created = await runBuilt([keys, 'create', ...flags, ...against(stackState)]);
  expect(created.stdout).toMatch(/^\[SUCCESS\]/);
  expect(stackState.keys()).toMatchObject([{ name: '-ojson', description: '--output=json' }]);
  const refused = await runBuilt([keys, 'create', '--name', '-ojson', 'extra']);
  expect(refused.stderr).toMatch(/^\[ERROR\]/);
});

test('flags are read as the Go CLI reads them', async () => {
  const stackState = await startForTest({ now: Date.now });
  const { url } = stackState;
  const [, , ...token] = against(stackState);
  const forms = [
    ['--url', url, ...token, keys, 'create', '-n=one', '-o=json'],
    [keys, `--url=${url}`, 'create', ...token, '-vntwo', '--skip-ssl=false'],
    ['-vo', 'json', keys, 'create', '--name=three', '--url', url, ...token, '--description='],
    [keys, 'create', '--name', 'four', '--description', '-v', '--url', url, ...token],
  ];
  for (const argv of forms) expect(await runBuilt(argv)).toMatchObject({ code: 0 });
  expect(stackState.keys().map(({ name, description }) => [name, description ?? ''])).toEqual([
    ['one', ''],
    ['two', ''],
    ['three', ''],
    ['four', '-v'],
  ]);
});

interface Failure {
  readonly what: string;
  readonly status: number;
  readonly body?: string;
  readonly code: number;
  readonly message: RegExp;
}

test.each<Failure>([
  {
    what: '401',
    status: 401,
    code: 4,
    message: /127\.0\.0\.1:\d+ does not accept the service token: .*told to fail.*\n.*--service-token/,
  },
  { what: '403', status: 403, code: 2, message: /does not allow this.*told to fail.*\n.*manage-ingestion-api-keys/ },
  { what: '400', status: 400, body: '{"message":"no such luck"}', code: 2, message: /400 \(Bad Request\): no such luck\.\n/ },
  {
    what: '500',
    status: 500,
    code: 2,
    message: /500 \(Internal Server Error\): The simulated server was told to fail \(trackingKey trk-fault\)\.\n/,
  },
  { what: 'a page', status: 200, body: '<html>sign in</html>', code: 10, message: /has no ingestion API keys/ },
])('an answer of $what is one JSON document on stderr and leaves stdout empty', async ({ status, body, code, message }) => {
  const stackState = await startForTest({ now: Date.now });
  stackState.setFault('list', { kind: 'status', status, ...(body === undefined ? {} : { body }) });
  const result = await runBuilt([keys, 'list', '-o', 'json', ...against(stackState)]);
  expect(result).toMatchObject({ code, stdout: '' });
  const document = JSON.parse(result.stderr);
  expect(document).toEqual({ error: true, 'error-message': expect.stringMatching(message), 'exit-code': code });
});

test.each([[['list']], [['create', '-n', 'n']], [['rotate', '-n', 'n']], [['verify']]])(
  '%j: a server without ingestion API keys is named, with its version and the way out',
  async (verb) => {
    const stackState = await startForTest({
      now: Date.now,
      ingestionApiKeys: false,
      serverInfo: { platformVersion: '2.3.0' },
    });
    const result = await runBuilt([keys, ...verb, ...against(stackState)], { stdin: 'a-key' });
    expect(result).toMatchObject({ code: 10, stdout: '' });
    expect(result.stderr).toMatch(
      /\[ERROR\] 127\.0\.0\.1:\d+ runs .*2\.3\.0, which has no ingestion API keys.*\n {2}.*service token/,
    );
  },
);

test('what a server refuses for now is not said to be wrong with the request', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.setFault('list', { kind: 'status', status: 429 });
  const { code, stderr } = await runBuilt([keys, 'list', '--timeout', '1s', ...against(stackState)]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/429 \(Too Many Requests\).*\n {2}.*[Tt]ry again/);
});

test('an answer that ends too early is explained in words', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ name: 'n' });
  stackState.setFault('list', { kind: 'truncate' });
  const { code, stdout, stderr } = await runBuilt([keys, 'list', ...against(stackState)]);
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(stderr).not.toMatch(/UND_ERR/);
  expect(stderr).toMatch(/\n {2}\S/);
});

test('what goes wrong is said on stderr with what to do next', async () => {
  const result = await runBuilt([keys, 'list']);
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toBe(`[ERROR] No StackState URL is configured.
  Save a context: sts context save --name NAME --url https://stackstate.example.com --service-token -
  Or set STS_CLI_URL and STS_CLI_SERVICE_TOKEN.
`);
});

test('the environment alone is enough, and an explicit flag wins over it', async () => {
  const stackState = await startForTest({ now: Date.now });
  const env = { STS_CLI_URL: stackState.url, STS_CLI_API_TOKEN: 'wrong' };
  const refused = await runBuilt([keys, 'list'], { env });
  const accepted = await runBuilt([keys, 'list', ...against(stackState).slice(2)], { env });
  expect(refused).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('does not accept the api token') });
  expect(accepted).toMatchObject({ code: 0 });
});

test('a skipped certificate check is said every time', async () => {
  const stackState = await startForTest({ now: Date.now, tls: true });
  const flags = ['--url', stackState.url, '--skip-ssl'];
  const results = await Promise.all([
    runBuilt([keys, 'list', ...flags, ...against(stackState).slice(2, 4)]),
    runBuilt([keys, 'list', ...flags, ...against(stackState).slice(2, 4), '-o', 'json']),
  ]);
  for (const { code, stderr } of results) {
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^\[WARN\] The certificate of https:.* is not verified/),
    });
  }
});

test('no colour, symbol or animation reaches a pipe, however slow the server is', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ name: 'old', expiration: 1n });
  stackState.setFault('list', { kind: 'delay', ms: 700 });
  const env = { TERM: 'xterm-256color', COLORTERM: 'truecolor', FORCE_COLOR: '3', CLICOLOR_FORCE: '1' };
  const [slow, failed] = await Promise.all([
    runBuilt([keys, 'list', ...against(stackState)], { env }),
    runBuilt([keys, 'delete', '--id', '1', ...against(stackState)], { env }),
  ]);
  expect(slow).toMatchObject({ code: 0, stderr: '' });
  expect(failed).toMatchObject({ code: 8, stdout: '' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what must not be there.
  expect(slow.stdout + failed.stderr).not.toMatch(/[\x1b\r]|✅|❌|⚠/u);
});

test('at success stderr is empty off a terminal, whatever the command: `2>&1 | jq` reads one document', async () => {
  const stackState = await startForTest({ now: Date.now });
  const folder = tempFolder();
  const config = join(folder, 'config.yaml');
  for (const noun of ['ingestion-api-key', 'service-token']) {
    const roles = noun === 'service-token' ? ['--roles', 'ingestion'] : [];
    const file = ['--key-file', join(folder, noun)];
    for (const words of [
      ['create', '-n', 'n', '--expires-in', '90d', ...roles],
      ['create', '-n', 'f', '--expires-in', '90d', ...file, ...roles],
      ['list', '--name', 'f'],
      ['list', '--name', 'nobody'],
      ['get', '--name', 'f'],
      ['verify', ...file],
      ['rotate', '-n', 'f', ...file, '--dry-run'],
      ['rotate', '-n', 'f', ...file, '--delete-old', '--after', '1s'],
      ['rotate', '-n', 'n'],
      ['renew', '-n', 'f', ...file, '--expires-in', '90d'],
      ['renew', '-n', 'r', '--key-file', join(folder, `${noun}-new`), '--expires-in', '90d', ...roles],
      ['delete', '--name', 'f', '--dry-run'],
      ['delete', '--name', 'n', '--superseded', '--yes'],
      ['delete', '--name', 'nobody', '--yes', '--if-exists'],
      ['delete', '--expired', '--yes'],
    ]) {
      const { code, stdout, stderr } = await runBuilt([noun, ...words, '-o', 'json', ...against(stackState)]);
      expect({ code, stderr, words }).toEqual({ code: 0, stderr: '', words });
      expect(JSON.parse(stdout), words.join(' ')).toBeTypeOf('object');
    }
  }
  for (const words of [
    ['context', 'save', '--name', 'a', ...against(stackState)],
    ['context', 'list'],
    ['context', 'show'],
    ['context', 'set', '--name', 'a'],
    ['context', 'validate'],
    ['context', 'delete', '--name', 'a'],
    ['version'],
  ]) {
    const { code, stdout, stderr } = await runBuilt([...words, '-o', 'json', '--config', config]);
    expect({ code, stderr, words }).toEqual({ code: 0, stderr: '', words });
    expect(JSON.parse(stdout), words.join(' ')).toBeTypeOf('object');
  }
}, 60_000);
