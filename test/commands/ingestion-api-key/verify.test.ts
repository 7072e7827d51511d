import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { against, jsonOf, runSts, startForTest, tempFolder, testTime } from '../../support/run.ts';

const verify = ['ingestion-api-key', 'verify'];
const path = (text: string) => {
  const file = join(tempFolder(), 'key');
  writeFileSync(file, text);
  return file;
};

test('a valid key from a file: exit 0; the key is sent in the body alone and shown nowhere', async () => {
  const server = await startForTest();
  const { apiKey } = server.seed({ name: 'ci' });
  const text = await runSts([...verify, '--key-file', path(`${apiKey}\n`), ...against(server)]);
  expect(server.requests.map((request) => `${request.method} ${request.path}`)).toEqual([
    'POST /api/security/ingestion/authorize?withReceiverKey=false',
  ]);
  expect(jsonOf(server.requests[0]?.body ?? '')).toEqual({ apiKey });
  expect(text).toMatchObject({ code: 0, stdout: '[SUCCESS] Ingestion API Key is valid\n', stderr: '' });
  const json = await runSts([...verify, '--key-file', path(apiKey), '-o', 'json', ...against(server)]);
  expect(json).toMatchObject({ code: 0, stdout: '{\n  "valid": true\n}\n', stderr: '' });
});

test('an unknown, an expired and a deleted key: exit 12, and the verdict on stdout', async () => {
  const server = await startForTest();
  const expired = server.seed({ name: 'a', expiration: BigInt(testTime) });
  const deleted = server.seed({ name: 'b' });
  server.store.delete(deleted.id);
  for (const key of ['iapikeyok-unknown', expired.apiKey, deleted.apiKey]) {
    const file = path(key);
    const text = await runSts([...verify, '--key-file', file, ...against(server)]);
    expect(text).toMatchObject({ code: 12, stdout: 'Ingestion API Key is not valid\n', questions: [] });
    // Off a terminal, too: the log of a nightly check.
    expect(text.stderr).toContain(`the key file ${file}, asked ${new URL(server.url).host}`);
    const quiet = await runSts([...verify, '--key-file', file, '-q', ...against(server)]);
    expect(quiet).toMatchObject({ code: 12, stdout: '', stderr: '' });
    const json = await runSts([...verify, '--key-file', path(key), '-o', 'json', ...against(server)]);
    expect(json).toMatchObject({ code: 12, stdout: '{\n  "valid": false\n}\n', stderr: '' });
  }
});

test.each([
  ['raw', []],
  ['dotenv', ['--key-format', 'dotenv']],
  ['kubernetes-secret', ['--key-format', 'kubernetes-secret', '--key-var', 'STS_API_KEY']],
])('what create wrote as %s is read, from a file and from stdin', async (_, flags) => {
  const server = await startForTest();
  const folder = tempFolder();
  await runSts(['ingestion-api-key', 'create', '-n', 'ci', '--key-file', 'k', ...flags, ...against(server)], { cwd: folder });
  const piped = await runSts(['ingestion-api-key', 'create', '-n', 'ci', '--key-file', '-', ...flags, ...against(server)]);
  expect((await runSts([...verify, '--key-file', 'k', ...against(server)], { cwd: folder })).code).toBe(0);
  expect((await runSts([...verify, ...against(server)], { stdin: piped.stdout })).code).toBe(0);
  expect((await runSts([...verify, '--key-file', '-', ...against(server)], { stdin: piped.stdout })).code).toBe(0);
});

test.each([[[]], [['--key-file', '-']]])('on a terminal the key is asked for without echo: %j', async (flags) => {
  const server = await startForTest();
  const { apiKey } = server.seed({ name: 'ci' });
  const result = await runSts([...verify, ...flags, ...against(server)], { stdin: { isTTY: true, answers: [apiKey] } });
  expect(result).toMatchObject({ code: 0, questions: [{ hidden: true }] });
});

test('--with-receiver-key is passed on', async () => {
  const server = await startForTest();
  await runSts([...verify, '--with-receiver-key', ...against(server)], { stdin: 'some-key' });
  expect(server.requests[0]?.path).toBe('/api/security/ingestion/authorize?withReceiverKey=true');
});

test('a symlink to a key is followed, as Kubernetes mounts one', async () => {
  const server = await startForTest();
  const { apiKey } = server.seed({ name: 'ci' });
  const link = join(tempFolder(), 'link');
  symlinkSync(path(apiKey), link);
  expect((await runSts([...verify, '--key-file', link, ...against(server)])).code).toBe(0);
});

test.each([
  ['no file', () => {}, 'there is no such file'],
  ['a folder', (file: string) => mkdirSync(file), 'it is a folder'],
  ['a FIFO that nobody writes to', (file: string) => execFileSync('mkfifo', [file]), 'it is not a regular file'],
  ['a broken symlink', (file: string) => symlinkSync('nowhere', file), 'there is no such file'],
  ['an empty file', (file: string) => writeFileSync(file, '\n'), 'is empty'],
  ['a file of two variables', (file: string) => writeFileSync(file, 'A=secret-1\nB=secret-2\n'), 'has 2 variables'],
  ['a file of several lines', (file: string) => writeFileSync(file, 'secret-1\nsecret-2\n'), 'several lines'],
  ['a huge file', (file: string) => writeFileSync(file, 'secret'.repeat(200_000)), 'larger than any key document'],
  ['a broken Secret', (file: string) => writeFileSync(file, 'kind: Secret\nstringData: {a: "secret'), 'not valid YAML'],
  ['another object', (file: string) => writeFileSync(file, 'kind: ConfigMap\ndata: {a: secret}\n'), 'no Kubernetes Secret'],
])('%s as the key file: exit 5, nothing is asked of the server, nothing of it is quoted', async (_, prepare, reason) => {
  const server = await startForTest();
  const file = join(tempFolder(), 'k');
  prepare(file);
  const result = await runSts([...verify, '--key-file', file, ...against(server)]);
  expect(server.requests).toEqual([]);
  expect(result).toMatchObject({ code: 5, stdout: '' });
  expect(result.stderr).toContain(reason);
  expect(result.stderr).not.toContain('secret');
});

test.each([
  [[], '', 'is empty'],
  [[], 'A=1\nB=2\n', 'has 2 variables'],
  [[], 'k'.repeat(2_000_000), 'larger than any document with a key'],
  [['--key-file', ''], 'k', '--key-file names no file'],
  [['--service-token', '-'], 'k', 'cannot both be read from stdin'],
  [['the-key'], '', 'takes no arguments'],
])('verify %j with unfit input on stdin is a usage error', async (flags, stdin, reason) => {
  const server = await startForTest();
  const result = await runSts(
    [...verify, '--url', server.url, ...(flags.includes('-') ? [] : ['--service-token', 'x']), ...flags],
    { stdin },
  );
  expect(server.requests).toEqual([]);
  expect(result).toMatchObject({ code: 3, stdout: '' });
  expect(result.stderr).toContain(reason);
});

test.each([
  ['a server error', { kind: 'status', status: 500 }, 2],
  ['a token that is not accepted', { kind: 'status', status: 401 }, 4],
  ['a connection that breaks', { kind: 'reset' }, 4],
] as const)('%s is no verdict', async (_, fault, code) => {
  const server = await startForTest();
  server.setFault('authorize', fault);
  const result = await runSts([...verify, ...against(server)], { stdin: 'some-key' });
  expect(result).toMatchObject({ code, stdout: '' });
  expect(result.stderr).not.toContain('some-key');
});

test('a server that cannot verify keys gives no verdict', async () => {
  const server = await startForTest({ authorize: false });
  const result = await runSts([...verify, ...against(server)], { stdin: 'some-key' });
  expect([2, 10]).toContain(result.code);
  expect(result.stdout).toBe('');
});

test('a server that is not there is no verdict: exit 4', async () => {
  const result = await runSts([...verify, '--url', 'http://127.0.0.1:9', '--service-token', 't'], { stdin: 'some-key' });
  expect(result).toMatchObject({ code: 4, stdout: '' });
});
