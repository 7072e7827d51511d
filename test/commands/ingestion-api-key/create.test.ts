import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { nodeDisk } from '../../../src/platform/node-disk.ts';
import { against, jsonOf, runSts, startForTest, tempFolder, testTime } from '../../support/run.ts';

const create = ['ingestion-api-key', 'create'];

test('a key is created as described, and shown once', async () => {
  const server = await startForTest();
  const result = await runSts([...create, '--name', 'ci', '--description', 'nightly', ...against(server)]);
  const [key] = server.keys();
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /api/security/ingestion/api_keys']);
  expect(jsonOf(server.requests[0]?.body ?? '')).toEqual({ name: 'ci', description: 'nightly' });
  expect(result).toMatchObject({ code: 0, stdout: `[SUCCESS] Ingestion API Key generated: ${key?.apiKey}\n`, stderr: '' });
});

test('under JSON the whole key is one document', async () => {
  const server = await startForTest({ firstId: 9223372036854775807n });
  const result = await runSts([...create, '-n', 'ci', '-o', 'json', ...against(server)]);
  const [key] = server.keys();
  expect(result.code).toBe(0);
  expect(result.stdout).toContain('"id": 9223372036854775807,\n');
  expect(jsonOf(result.stdout)).toMatchObject({ 'ingestion-api-key': { apiKey: key?.apiKey, name: 'ci' } });
});

test.each([
  ['--expiration', '2026-06-01', Date.UTC(2026, 5, 1), '2026-06-01'],
  ['--expires-in', '90d', testTime + 90 * 86_400_000, '2026-06-13'],
  ['--expires-in', '1mo', Date.UTC(2026, 3, 15, 10, 30), '2026-04-15'],
])('%s %s is sent as a moment, and what the server made of it is said on a terminal', async (flag, value, moment, date) => {
  const server = await startForTest();
  const result = await runSts([...create, '-n', 'ci', flag, value, ...against(server)], { stderr: { isTTY: true } });
  const [key] = server.keys();
  expect(key?.expiration).toBe(BigInt(moment));
  expect(result.code).toBe(0);
  expect(result.stderr).toContain(`Id: ${key?.id}. Expires: ${date}. The key is shown this once.\n`);
});

test('of a key that ends within two days the time of day is said', async () => {
  const server = await startForTest();
  const result = await runSts([...create, '-n', 'ci', '--expires-in', '12h', ...against(server)], { stderr: { isTTY: true } });
  expect(result).toMatchObject({ code: 0, stderr: expect.stringContaining('Expires: 2026-03-15 22:30 UTC.') });
});

test('while another sts writes the key file nothing is created, --force or not', async () => {
  const server = await startForTest();
  const path = join(tempFolder(), 'ingestion.key');
  const lock = await nodeDisk.lock(path);
  const argv = [...create, '-n', 'ci', '--key-file', path, '--force', ...against(server)];
  expect(await runSts(argv)).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('Another sts is writing') });
  expect(server.requests).toEqual([]);
  await lock?.release();
  expect((await runSts(argv)).code).toBe(0);
});

test('while a rotation of the key file is unfinished nothing is created', async () => {
  const server = await startForTest();
  server.seed({ name: 'ci' });
  const path = join(tempFolder(), 'ingestion.key');
  writeFileSync(path, 'before\n', { mode: 0o600 });
  const rotation = ['ingestion-api-key', 'rotate', '-n', 'ci', '--key-file', path, '--delete-old', '--after', '1h', '--no-wait'];
  expect((await runSts([...rotation, ...against(server)])).code).toBe(0);
  const result = await runSts([...create, '-n', 'ci', '--key-file', path, '--force', ...against(server)]);
  expect(result).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('is unfinished. Nothing was created.') });
  expect(result.stderr).toContain(
    `Finish it first: sts ingestion-api-key renew --name ci --key-file ${path} --url ${server.url}\n`,
  );
  expect(server.count('create')).toBe(1);
});

test('a file that is no journal stands where one would: exit 5, nothing is created', async () => {
  const server = await startForTest();
  const path = join(tempFolder(), 'ingestion.key');
  writeFileSync(`${path}.sts-pending`, '{}', { mode: 0o600 });
  const result = await runSts([...create, '-n', 'ci', '--key-file', path, '--force', ...against(server)]);
  expect(result).toMatchObject({ code: 5, stdout: '', stderr: expect.stringContaining('is not a journal of this program') });
  expect(result.stderr).toContain(`rm ${path}.sts-pending`);
  expect(server.requests).toEqual([]);
});

test('what a killed creation left beside the key file is swept by the next one', async () => {
  const server = await startForTest();
  const folder = tempFolder();
  writeFileSync(join(folder, '.ingestion.key.sts-key-00ff.tmp'), 'a key that is gone');
  writeFileSync(join(folder, '.other.key.sts-key-00ff.tmp'), 'not ours');
  await runSts([...create, '-n', 'ci', '--key-file', join(folder, 'ingestion.key'), ...against(server)]);
  expect(readdirSync(folder).sort()).toEqual(['.other.key.sts-key-00ff.tmp', 'ingestion.key']);
});

test('a response with a key of another name is neither delivered nor deleted: the outcome is unknown', async () => {
  const server = await startForTest();
  const { id } = server.seed({ name: 'in use' });
  const body = `{"id":${id},"lastUpdateTimestamp":1,"name":"in use","apiKey":"iapikeyok-1"}`;
  server.setFault('create', { kind: 'status', status: 200, body });
  const result = await runSts([...create, '-n', 'ci', ...against(server)]);
  expect(server.count('delete')).toBe(0);
  expect(result).toMatchObject({ code: 11, stdout: '' });
  expect(result.stderr).toContain(`the key ${id}, which has another name`);
});

test('an expiration that the server changed is said loudly', async () => {
  const server = await startForTest();
  const body = '{"id":1,"lastUpdateTimestamp":1,"name":"ci","apiKey":"iapikeyok-1","expiration":1790000000000}';
  server.setFault('create', { kind: 'body', text: body });
  const result = await runSts([...create, '-n', 'ci', ...against(server)]);
  expect(result.stdout).toBe('[SUCCESS] Ingestion API Key generated: iapikeyok-1\n');
  expect(result.stderr).toBe('[WARN] The server set another expiration than asked: 2026-09-21.\n');
});

const file = (folder: string) => join(folder, 'ingestion.key');

test.each([
  ['raw', [], (text: string) => text.replace(/\n$/, '')],
  ['dotenv', ['--key-format', 'dotenv', '--key-var', 'STS_API_KEY'], (text: string) => /^STS_API_KEY=(\S+)\n$/.exec(text)?.[1]],
  [
    'kubernetes-secret',
    ['--key-format', 'kubernetes-secret', '--namespace', 'open-telemetry'],
    (text: string) => parse(text).stringData.API_KEY,
  ],
])('--key-file holds the key as %s, readable for its owner alone, and stdout says where', async (_, flags, keyOf) => {
  const server = await startForTest();
  const path = file(tempFolder());
  const result = await runSts([...create, '-n', 'ci', '--key-file', path, ...flags, ...against(server)]);
  const [key] = server.keys();
  expect(keyOf(readFileSync(path, 'utf8'))).toBe(key?.apiKey);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(path, '..'))).toEqual(['ingestion.key']);
  expect(result).toMatchObject({
    code: 0,
    stdout: `[SUCCESS] Ingestion API Key written to ${path} (id ${key?.id})\n`,
    stderr: '',
  });
});

test('a Secret has the name, namespace and field asked for', async () => {
  const server = await startForTest();
  const flags = [
    '--key-format',
    'kubernetes-secret',
    '--secret-name',
    'sts.agent',
    '--namespace',
    'monitoring',
    '--key-var',
    'STS_API_KEY',
  ];
  const result = await runSts([...create, '-n', 'ci', '--key-file', '-', ...flags, ...against(server)]);
  expect(parse(result.stdout)).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'sts.agent', namespace: 'monitoring' },
    type: 'Opaque',
    stringData: { STS_API_KEY: server.keys()[0]?.apiKey },
  });
});

test('under JSON a key file is named, and the key is left out', async () => {
  const server = await startForTest();
  const folder = tempFolder();
  const result = await runSts([...create, '-n', 'ci', '--key-file', 'ingestion.key', '-o', 'json', ...against(server)], {
    cwd: folder,
  });
  const [key] = server.keys();
  expect(result.stdout + result.stderr).not.toContain(key?.apiKey);
  expect(jsonOf(result.stdout)).toEqual({
    'ingestion-api-key': { id: Number(key?.id), lastUpdateTimestamp: testTime, name: 'ci' },
    'key-file': file(folder),
  });
});

test.each(['text', 'json'])('--key-file - leaves the document alone on stdout, with -o %s', async (output) => {
  const server = await startForTest();
  const flags = [...create, '-n', 'ci', '--key-file', '-', '--expires-in', '90d', '-o', output, ...against(server)];
  const piped = await runSts(flags);
  expect(piped).toMatchObject({ code: 0, stdout: `${server.keys()[0]?.apiKey}\n`, stderr: '' });
  const result = await runSts(flags, { stderr: { isTTY: true } });
  const key = server.keys().at(-1);
  expect(result).toMatchObject({ code: 0, stdout: `${key?.apiKey}\n` });
  expect(result.stderr).toContain(`(id ${key?.id})`);
  expect(result.stderr).not.toContain(key?.apiKey);
});

test('--force replaces the key in a file, which keeps its format and its mode; that others may read it is said', async () => {
  const server = await startForTest();
  const path = file(tempFolder());
  writeFileSync(path, 'old');
  chmodSync(path, 0o644);
  const result = await runSts([...create, '-n', 'ci', '--key-file', path, '--force', ...against(server)]);
  expect(result.code).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe(server.keys()[0]?.apiKey);
  expect(statSync(path).mode & 0o777).toBe(0o644);
  expect(result.stderr).toBe(
    `[WARN] The key file ${path} can be read by others (mode 0644). Its mode is not changed. If that is intended, give --key-mode 0644\n`,
  );
});

test.each([
  ['an existing file', (path: string) => writeFileSync(path, 'mine'), 'exists already', []],
  ['a symlink', (path: string) => symlinkSync('elsewhere', path), 'a symbolic link', ['--force']],
  ['a folder', (path: string) => mkdirSync(path), 'a folder', ['--force']],
])('%s as the key file: exit 6 before any request', async (_, prepare, reason, flags) => {
  const server = await startForTest();
  const folder = tempFolder();
  prepare(file(folder));
  const result = await runSts([...create, '-n', 'ci', '--key-file', file(folder), ...flags, ...against(server)]);
  expect(server.requests).toEqual([]);
  expect(result).toMatchObject({ code: 6, stdout: '' });
  expect(result.stderr).toContain(reason);
  expect(readdirSync(folder)).toEqual(['ingestion.key']);
});

test('a folder that is not there: exit 6 before any request, and the command that makes it', async () => {
  const server = await startForTest();
  const path = join(tempFolder(), 'no', 'such', 'key');
  const result = await runSts([...create, '-n', 'ci', '--key-file', path, ...against(server)]);
  expect(server.requests).toEqual([]);
  expect(result).toMatchObject({ code: 6, stdout: '' });
  expect(result.stderr).toContain('mkdir -p');
});

test.each([
  [['--key-file', '', '-n', 'ci'], '--key-file names no file'],
  [['--key-file', 'folder/', '-n', 'ci'], 'is a folder'],
  [['--key-file', 'k', '--key-format', 'yaml', '-n', 'ci'], '--key-format "yaml" is not a format'],
  [['--key-format', 'dotenv', '-n', 'ci'], '--key-format has nothing to work on'],
  [['--key-var', 'X', '-n', 'ci'], '--key-var has nothing to work on'],
  [['--secret-name', 'x', '-n', 'ci'], '--secret-name has nothing to work on'],
  [['--key-file', 'k', '--key-var', 'X', '-n', 'ci'], 'a raw document has none'],
  [['--key-file', '-', '--key-var', 'X', '-n', 'ci'], 'a raw document has none'],
  [['--key-command', 'cat', '--key-var', 'X', '-n', 'ci'], 'a raw document has none'],
  [['--key-file', 'k', '--namespace', 'x', '-n', 'ci'], '--namespace has nothing to work on'],
  [['--key-file', 'k', '--key-format', 'dotenv', '--secret-name', 'x', '-n', 'ci'], '--secret-name has nothing to work on'],
  [['--key-file', 'k', '--key-format', 'dotenv', '--namespace', 'x', '-n', 'ci'], '--namespace has nothing to work on'],
  [['--key-file', 'k', '--key-format', 'dotenv', '--key-var', '1X', '-n', 'ci'], 'cannot be the name of a variable'],
  [
    ['--key-file', 'k', '--key-format', 'kubernetes-secret', '--secret-name', 'A b', '-n', 'ci'],
    'cannot be the name of a Kubernetes Secret',
  ],
  [
    ['--key-file', 'k', '--key-format', 'kubernetes-secret', '--namespace', 'a.b', '-n', 'ci'],
    'cannot be the name of a Kubernetes namespace',
  ],
  [['--force', '-n', 'ci'], '--force has nothing to work on'],
  [['--force', '--key-file', '-', '-n', 'ci'], '--force has nothing to work on'],
  [['--expiration', '2030-01-01', '--expires-in', '1d', '-n', 'ci'], 'give one of them'],
  [['--expiration', '2026-03-15', '-n', 'ci'], 'not in the future'],
  [['--expiration', '2020-02-31', '-n', 'ci'], 'no such day'],
  [['--expiration', '0001-01-01', '-n', 'ci'], 'from 1970'],
  [['-n', ' '], '--name is empty'],
  [[], '--name'],
  [['-n', 'ci', 'extra'], 'takes no arguments'],
])('create %j is a usage error, and nothing is asked of the server', async (flags, reason) => {
  const server = await startForTest();
  const folder = tempFolder();
  const result = await runSts([...create, ...flags, ...against(server)], { cwd: folder });
  expect(server.requests).toEqual([]);
  expect(result).toMatchObject({ code: 3, stdout: '' });
  expect(result.stderr).toContain(reason);
  expect(readdirSync(folder)).toEqual([]);
});

test.each(['closed', 'null-device'] as const)('a stdout that is %s: exit 6, nothing is created', async (state) => {
  const server = await startForTest();
  const result = await runSts([...create, '-n', 'ci', ...against(server)], { stdout: { state } });
  expect(server.requests).toEqual([]);
  expect(result.code).toBe(6);
});

test('a key file with stdout closed: exit 6, nothing is created; with the null device all is well', async () => {
  const server = await startForTest();
  const path = file(tempFolder());
  const flags = [...create, '-n', 'ci', '--key-file', path, ...against(server)];
  expect(await runSts(flags, { stdout: { state: 'closed' } })).toMatchObject({ code: 6 });
  expect(server.requests).toEqual([]);
  expect(existsSync(path)).toBe(false);
  expect(await runSts(flags, { stdout: { state: 'null-device' } })).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(path, 'utf8')).toBe(`${server.keys()[0]?.apiKey}\n`);
});

test.each([0, 10])('a stdout that fails after %i bytes: the key is deleted again, exit 6', async (afterBytes) => {
  const server = await startForTest();
  const result = await runSts([...create, '-n', 'ci', ...against(server)], {
    stdout: { failWith: { code: 'ENOSPC', afterBytes } },
  });
  // The list is looked at last, whether the key is gone.
  expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE', 'GET']);
  expect(server.keys()).toEqual([]);
  expect(result.code).toBe(6);
  expect(result.stderr).toContain('deleted again');
});

test.each([
  ['ENOSPC', 6],
  // Nothing is lost to a reader that went away: the key is in its file.
  ['EPIPE', 141],
])('a key that reached its file stays, though stdout fails to say so: %s, exit %i', async (failure, code) => {
  const server = await startForTest();
  const path = file(tempFolder());
  const result = await runSts([...create, '-n', 'ci', '--key-file', path, ...against(server)], {
    stdout: { failWith: { code: failure } },
  });
  const [key] = server.keys();
  expect(readFileSync(path, 'utf8')).toBe(`${key?.apiKey}\n`);
  expect(result.code).toBe(code);
  if (code === 141) expect(result.stderr).toBe('');
  else expect(result.stderr).toContain(`The new key ${key?.id} is in ${path}.`);
});

test('a file that appears at the last moment is not replaced: the key is deleted again, exit 6', async () => {
  const path = file(tempFolder());
  const server = await startForTest({
    onStage: (stage) => (stage === 'handled' && !existsSync(path) ? writeFileSync(path, 'mine') : undefined),
  });
  const result = await runSts([...create, '-n', 'ci', '--key-file', path, ...against(server)]);
  expect(result.code).toBe(6);
  expect(server.keys()).toEqual([]);
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect(readdirSync(join(path, '..'))).toEqual(['ingestion.key']);
});

test('a server that refuses leaves no file behind', async () => {
  const server = await startForTest({ duplicateNames: 'refuse' });
  server.seed({ name: 'ci' });
  const folder = tempFolder();
  const result = await runSts([...create, '-n', 'ci', '--key-file', file(folder), ...against(server)]);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(readdirSync(folder)).toEqual([]);
});

test('a create that is interrupted before the request does nothing', async () => {
  const server = await startForTest();
  const { InterruptedError } = await import('../../../src/errors.ts');
  const folder = tempFolder();
  const result = await runSts([...create, '-n', 'ci', '--key-file', file(folder), ...against(server)], {
    interrupt: AbortSignal.abort(new InterruptedError('SIGINT')),
  });
  expect(server.requests).toEqual([]);
  expect(result.code).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
});
