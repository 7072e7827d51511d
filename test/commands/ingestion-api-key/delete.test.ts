import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk } from '../../../src/platform/node-disk.ts';
import { type StackState, tokens } from '../../stackstate/server.ts';
import { against, jsonOf, type RunOptions, runSts, startForTest, tempFolder, testTime } from '../../support/run.ts';

const remove = ['ingestion-api-key', 'delete'];
const terminal = (...answers: string[]): RunOptions => ({
  stdin: { isTTY: true, answers },
  stderr: { isTTY: true, columns: 80 },
});
const ids = (server: StackState) => server.keys().map(({ id }) => Number(id));
const deletes = (server: StackState) =>
  server.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path.split('/').at(-1));

/** Three keys named ci, made one after another; two that have expired; one of its own. */
async function withKeys() {
  const server = await startForTest();
  server.seed({ id: 11n, name: 'ci', lastUpdateTimestamp: 100n });
  server.seed({ id: 12n, name: 'ci', lastUpdateTimestamp: 300n });
  server.seed({ id: 13n, name: 'ci', lastUpdateTimestamp: 200n });
  server.seed({ id: 21n, name: 'old', expiration: BigInt(testTime) });
  server.seed({ id: 22n, name: 'older', expiration: BigInt(testTime) - 1n });
  server.seed({ id: 31n, name: 'other', expiration: BigInt(testTime) + 1n });
  return server;
}

test('one id is deleted with one request, as the Go CLI says it', async () => {
  const server = await startForTest({ firstId: 9223372036854775807n });
  server.seed({ name: 'ci' });
  const text = await runSts([...remove, '--id', '9223372036854775807', ...against(server)]);
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'DELETE /api/security/ingestion/api_keys/9223372036854775807',
  ]);
  expect(text).toMatchObject({ code: 0, stdout: '[SUCCESS] Ingestion Api Key deleted: 9223372036854775807\n', stderr: '' });
  server.seed({ id: 9223372036854775807n, name: 'ci' });
  const json = await runSts([...remove, '-i', '9223372036854775807', '-o', 'json', ...against(server)]);
  expect(json.stdout).toBe('{\n  "deleted-ingestion-api-key": 9223372036854775807\n}\n');
});

test('a missing id: exit 8, or no failure with --if-exists', async () => {
  const server = await withKeys();
  const missing = await runSts([...remove, '--id', '99', ...against(server)]);
  expect(missing).toMatchObject({ code: 8, stdout: '' });
  expect(missing.stderr).toContain('99');
  expect(await runSts([...remove, '--id', '99', '--if-exists', ...against(server)])).toMatchObject({ code: 0, stdout: '' });
  const json = await runSts([...remove, '--id', '99', '--if-exists', '-o', 'json', ...against(server)]);
  expect(jsonOf(json.stdout)).toEqual({ 'deleted-ingestion-api-keys': [] });
  expect(ids(server)).toHaveLength(6);
});

test('several ids are deleted one after another without a question', async () => {
  const server = await withKeys();
  const result = await runSts([...remove, '--id', '11', '-i', '21', '--id=11', ...against(server)]);
  expect(deletes(server)).toEqual(['11', '21']);
  expect(server.count('list')).toBe(0);
  expect(result).toMatchObject({
    code: 0,
    stdout: '[SUCCESS] Ingestion Api Key deleted: 11\n[SUCCESS] Ingestion Api Key deleted: 21\n',
    stderr: '',
  });
  const json = await runSts([...remove, '--id', '12', '--id', '13', '-o', 'json', ...against(server)]);
  expect(jsonOf(json.stdout)).toEqual({ 'deleted-ingestion-api-keys': [12, 13] });
});

test('one of five fails: four are deleted, the failed one is named, and its exit code is the end', async () => {
  const server = await withKeys();
  server.setFault('delete', { kind: 'status', status: 403 }, { times: 1, skip: 2 });
  const result = await runSts([...remove, ...['11', '12', '13', '21', '22'].flatMap((id) => ['--id', id]), ...against(server)]);
  expect(deletes(server)).toEqual(['11', '12', '13', '21', '22']);
  expect(ids(server)).toEqual([13, 31]);
  expect(result.code).toBe(2);
  expect(result.stdout.match(/deleted: \d+/g)).toEqual(['deleted: 11', 'deleted: 12', 'deleted: 21', 'deleted: 22']);
  expect(result.stderr.match(/^\[ERROR\] .*$/gm)).toEqual([expect.stringContaining('The key 13 could not be deleted: ')]);
});

test('under JSON the deleted ones are one document on stdout, the failed ones one on stderr', async () => {
  const server = await withKeys();
  server.setFault('delete', { kind: 'status', status: 403 }, { times: 1 });
  const result = await runSts([...remove, '--id', '11', '--id', '99', '--id', '12', '-o', 'json', ...against(server)]);
  expect(result.code).toBe(2);
  expect(jsonOf(result.stdout)).toEqual({ 'deleted-ingestion-api-keys': [12] });
  expect(jsonOf(result.stderr)).toEqual({
    error: true,
    'error-message': expect.stringMatching(/key 11 .*\n.*99/s),
    'exit-code': 2,
  });
});

test('under JSON stdout stays empty when nothing could be deleted', async () => {
  const server = await startForTest();
  const result = await runSts([...remove, '--id', '98', '--id', '99', '-o', 'json', ...against(server)]);
  expect(result).toMatchObject({ code: 8, stdout: '' });
  expect(jsonOf(result.stderr)).toMatchObject({ error: true, 'exit-code': 8 });
});

test('several ids with a missing one: exit 8 after the others, 0 with --if-exists', async () => {
  const server = await withKeys();
  expect(await runSts([...remove, '--id', '99', '--id', '11', ...against(server)])).toMatchObject({
    code: 8,
    stdout: '[SUCCESS] Ingestion Api Key deleted: 11\n',
  });
  expect((await runSts([...remove, '--id', '99', '--id', '12', '--if-exists', ...against(server)])).code).toBe(0);
  expect(ids(server)).toEqual([13, 21, 22, 31]);
});

test.each([
  [
    ['--name', 'ci'],
    ['11', '12', '13'],
  ],
  [
    ['--name', 'ci', '--superseded'],
    ['13', '11'],
  ],
  [['--expired'], ['21', '22']],
])('%j deletes %j with --yes', async (flags, wanted) => {
  const server = await withKeys();
  const result = await runSts([...remove, ...flags, '--yes', ...against(server)]);
  expect(deletes(server)).toEqual(wanted);
  expect(result).toMatchObject({
    code: 0,
    stderr: '',
    stdout: wanted.map((id) => `[SUCCESS] Ingestion Api Key deleted: ${id}\n`).join(''),
  });
});

test('one key found by a selector is still a list under JSON', async () => {
  const server = await withKeys();
  const result = await runSts([...remove, '--name', 'other', '--yes', '-o', 'json', ...against(server)]);
  expect(jsonOf(result.stdout)).toEqual({ 'deleted-ingestion-api-keys': [31] });
});

test.each([[['--name', 'ci']], [['--name', 'ci', '--superseded']], [['--expired']]])(
  '%j off a terminal needs --yes: exit 3 before any request',
  async (flags) => {
    const server = await withKeys();
    for (const world of [{}, { stdin: { isTTY: true } }, { stderr: { isTTY: true } }]) {
      const result = await runSts([...remove, ...flags, ...against(server)], world);
      expect(server.requests).toEqual([]);
      expect(result).toMatchObject({ code: 3, stdout: '' });
      expect(result.stderr).toContain('--yes');
    }
  },
);

test.each(['y', 'Y', 'yes', ' yes '])('on a terminal the keys are shown, and %j deletes them', async (answer) => {
  const server = await withKeys();
  const result = await runSts([...remove, '--name', 'ci', ...against(server)], terminal(answer));
  expect(result.questions).toEqual([{ text: `Delete these 3 keys on ${server.url}? [y/N] `, hidden: false }]);
  expect(result.stderr).toContain('11 | ci   |            | -           | 1970-01-01 | valid\n');
  expect(result.code).toBe(0);
  expect(ids(server)).toEqual([21, 22, 31]);
});

test.each(['', 'n', 'no', 'yep', 'ci'])('on a terminal %j deletes nothing: a decision, and no error', async (answer) => {
  for (const form of ['text', 'json']) {
    const server = await withKeys();
    const result = await runSts([...remove, '--name', 'other', '-o', form, ...against(server)], terminal(answer));
    expect(result.questions).toHaveLength(1);
    expect(deletes(server)).toEqual([]);
    expect(result).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/expires in 1m\nNothing was deleted\.\n$/),
    });
  }
});

test('several names are deleted, and one that no key bears is named and ends in 8', async () => {
  const server = await withKeys();
  const result = await runSts([...remove, '--name', 'other', '-n', 'nobody', '--name', 'old', '--yes', ...against(server)]);
  expect(deletes(server)).toEqual(['21', '31']);
  expect(result).toMatchObject({ code: 8, stderr: expect.stringContaining('named "nobody"') });
});

test.each([
  [
    ['--name', 'ci'],
    [11, 12, 13],
  ],
  [
    ['--name', 'ci', '--superseded'],
    [13, 11],
  ],
  [['--expired'], [21, 22]],
  [['--id', '31'], [31]],
  [
    ['--id', '31', '--id', '11'],
    [31, 11],
  ],
])('%j --dry-run says what would go and deletes nothing', async (flags, wanted) => {
  const server = await withKeys();
  const text = await runSts([...remove, ...flags, '--dry-run', ...against(server)]);
  expect(text.code).toBe(0);
  expect(text.stdout.match(/would be deleted: \d+/g)).toEqual(wanted.map((id) => `would be deleted: ${id}`));
  const json = await runSts([...remove, ...flags, '--dry-run', '-o', 'json', ...against(server)]);
  expect(jsonOf(json.stdout)).toMatchObject({ 'would-delete-ingestion-api-keys': wanted.map((id) => ({ id })) });
  expect(deletes(server)).toEqual([]);
});

test('a dry run of a missing id says so, and ends in 8', async () => {
  const server = await withKeys();
  const result = await runSts([...remove, '--id', '99', '--id', '11', '--dry-run', ...against(server)]);
  expect(result.code).toBe(8);
  expect(result.stdout).toContain('would be deleted: 11');
  expect((await runSts([...remove, '--id', '99', '--id', '11', '--dry-run', '--if-exists', ...against(server)])).code).toBe(0);
});

test('a name that no key bears: exit 8, or no failure with --if-exists', async () => {
  const server = await withKeys();
  for (const flags of [['--yes'], ['--dry-run'], ['--superseded', '--yes']]) {
    expect(await runSts([...remove, '--name', 'nobody', ...flags, ...against(server)])).toMatchObject({ code: 8 });
    expect(await runSts([...remove, '--name', 'nobody', '--if-exists', ...flags, ...against(server)])).toMatchObject({
      code: 0,
      stdout: 'No ingestion api keys to delete.\n',
    });
  }
});

test('nothing expired, nothing superseded: nothing to do, nothing asked', async () => {
  const server = await startForTest();
  server.seed({ name: 'ci' });
  for (const flags of [['--expired'], ['--name', 'ci', '--superseded']]) {
    const result = await runSts([...remove, ...flags, ...against(server)], terminal());
    expect(result).toMatchObject({ code: 0, stdout: 'No ingestion api keys to delete.\n', questions: [] });
    const json = await runSts([...remove, ...flags, '--yes', '-o', 'json', ...against(server)]);
    expect(jsonOf(json.stdout)).toEqual({ 'deleted-ingestion-api-keys': [] });
  }
  expect(ids(server)).toHaveLength(1);
});

test('superseded keys stay while it is not clear which is the newest', async () => {
  const server = await startForTest();
  for (const id of [1n, 2n, 3n]) server.seed({ id, name: 'ci', lastUpdateTimestamp: id === 1n ? 5n : 7n });
  const result = await runSts([...remove, '--name', 'ci', '--superseded', '--yes', ...against(server)]);
  expect(result).toMatchObject({ code: 3, stdout: '' });
  expect(deletes(server)).toEqual([]);
});

test('superseded keys stay while the newest has expired: an older one may be in use', async () => {
  const server = await startForTest();
  server.seed({ id: 1n, name: 'ci', lastUpdateTimestamp: 1n });
  server.seed({ id: 2n, name: 'ci', lastUpdateTimestamp: 2n, expiration: BigInt(testTime) - 1n });
  const result = await runSts([...remove, '--name', 'ci', '--superseded', '--yes', ...against(server)]);
  expect(deletes(server)).toEqual([]);
  expect(result).toMatchObject({ code: 3, stdout: '' });
  expect(result.stderr).toContain('sts ingestion-api-key delete --id 2');
});

test('a dry run that finds none of what it is asked for is an error and says nothing else', async () => {
  const server = await withKeys();
  expect(await runSts([...remove, '--id', '99', '--dry-run', ...against(server)])).toMatchObject({ code: 8, stdout: '' });
});

test('expired is what both clocks call so', async () => {
  const day = 86_400_000;
  const server = await startForTest({ now: () => testTime - 40 * day });
  server.seed({ id: 1n, name: 'lives', expiration: BigInt(testTime - 10 * day) });
  server.seed({ id: 2n, name: 'expired', expiration: BigInt(testTime - 41 * day) });
  expect((await runSts([...remove, '--expired', '--yes', ...against(server)])).code).toBe(0);
  expect(ids(server)).toEqual([1]);
});

test('superseded keys stay while a rotation of the key file runs', async () => {
  const server = await withKeys();
  const path = join(tempFolder(), 'k');
  const lock = await nodeDisk.lock(path);
  const result = await runSts([...remove, '--name', 'ci', '--superseded', '--key-file', path, '--yes', ...against(server)]);
  await lock?.release();
  expect(server.requests).toEqual([]);
  expect(result).toMatchObject({ code: 6, stdout: '' });
});

test('superseded keys stay while a row of the list makes no sense: it may be the newest', async () => {
  const server = await withKeys();
  server.setFault('list', {
    kind: 'body',
    text: '[{"id":11,"lastUpdateTimestamp":1,"name":"ci"},{"id":12,"lastUpdateTimestamp":2,"name":"ci"},{"id":"13","name":"ci"}]',
  });
  expect((await runSts([...remove, '--name', 'ci', '--superseded', '--yes', ...against(server)])).code).toBe(2);
  expect(deletes(server)).toEqual([]);
  // Without it the rows that can be read are what was asked for; that others cannot be is said by the exit code.
  expect((await runSts([...remove, '--name', 'ci', '--yes', ...against(server)])).code).toBe(2);
  expect(deletes(server)).toEqual(['11', '12']);
});

test('superseded keys stay while a rotation of the key file is unfinished', async () => {
  const server = await withKeys();
  const folder = tempFolder();
  const rotation = ['rotate', '--id', '12', '--key-file', 'k', '--delete-old', '--after', '1h', '--no-wait'];
  expect((await runSts(['ingestion-api-key', ...rotation, ...against(server)], { cwd: folder })).code).toBe(0);
  const flags = [...remove, '--name', 'ci', '--superseded', '--key-file', 'k', '--yes', ...against(server)];
  expect((await runSts(flags, { cwd: folder })).code).toBe(3);
  writeFileSync(join(folder, 'k.sts-pending'), '{}', { mode: 0o600 });
  expect((await runSts(flags, { cwd: folder })).code).toBe(5);
  expect(deletes(server)).toEqual([]);
  expect((await runSts(flags, { cwd: tempFolder() })).code).toBe(0);
});

test.each([
  [[], 'No flag says which key to delete'],
  [['--yes'], 'No flag says which key to delete'],
  [['--dry-run', '--if-exists'], 'No flag says which key to delete'],
  [['--superseded', '--yes'], 'give it together with --name'],
  [['--superseded', '--expired', '--yes'], 'give it together with --name'],
  [['--superseded', '--id', '1', '--yes'], 'give it together with --name'],
  [['--name', 'ci', '--expired', '--yes'], '--name and --expired cannot be given together'],
  [['--id', '1', '--name', 'ci', '--yes'], '--id and --name cannot be given together'],
  [['--id', '1', '--expired', '--yes'], '--id and --expired cannot be given together'],
  [['--name', 'ci', '--superseded', '--expired', '--yes'], 'give it together with --name'],
  [['--name', 'ci', '--key-file', 'k', '--yes'], '--key-file guards --superseded'],
  [['--name', 'ci', '--superseded', '--key-file', '', '--yes'], '--key-file is not a path'],
  [['--name', 'ci', '--superseded', '--key-file', '-', '--yes'], '--key-file is not a path'],
  [['--name', 'ci', '--superseded', '--key-file', 'k/', '--yes'], 'is a folder'],
  [['--name', '', '--yes'], '--name is empty'],
  [['--id', '010'], '--id takes the id of a key'],
  [['--id', '0x10'], '--id takes the id of a key'],
  [['--id', '1e3'], '--id takes the id of a key'],
  [['--id', '-1'], '--id takes the id of a key'],
  [['--id', '0'], '--id takes the id of a key'],
  [['--id', ''], '--id takes the id of a key'],
  [['--id', ' 1'], '--id takes the id of a key'],
  [['--id', '9223372036854775808'], '--id takes the id of a key'],
  [['--id', '1', '--id', 'x'], '--id takes the id of a key'],
  [['--id', '1', '2'], 'takes no arguments'],
  [['--id'], 'value is missing'],
])('delete %j is a usage error, and nothing is asked of the server', async (flags, reason) => {
  const server = await withKeys();
  const result = await runSts([...remove, ...against(server), ...flags], terminal());
  expect(server.requests).toEqual([]);
  expect(result).toMatchObject({ code: 3, stdout: '' });
  expect(result.stderr).toContain(reason);
});

test('an interrupt between two deletions ends there and tells what was done', async () => {
  const { InterruptedError } = await import('../../../src/errors.ts');
  for (const output of ['text', 'json']) {
    const stop = new AbortController();
    const server = await startForTest({
      onStage: (stage, { method, path }) => {
        if (stage === 'handled' && method === 'DELETE' && path.endsWith('/12')) stop.abort(new InterruptedError('SIGTERM'));
      },
    });
    for (const id of [11n, 12n, 13n]) server.seed({ id, name: 'ci' });
    const result = await runSts([...remove, '--name', 'ci', '--yes', '-o', output, ...against(server)], {
      interrupt: stop.signal,
    });
    expect(deletes(server)).toEqual(['11', '12']);
    expect(result.code).toBe(143);
    expect(result.stdout).toContain('12');
    expect(result.stdout).not.toContain('13');
  }
});

test('a lost response to a deletion is looked up in the list', async () => {
  const server = await withKeys();
  server.setFault('delete', { kind: 'reset', handler: 'run' }, { times: 1 });
  const result = await runSts([...remove, '--id', '11', ...against(server)]);
  expect(deletes(server)).toEqual(['11']);
  expect(result).toMatchObject({ code: 0, stdout: '[SUCCESS] Ingestion Api Key deleted: 11\n' });
});

test('a lost response that cannot be looked up is an unknown outcome, and the others go on', async () => {
  const server = await withKeys();
  server.setFault('delete', { kind: 'reset', handler: 'run' }, { times: 1 });
  server.setFault('list', { kind: 'status', status: 403 });
  const result = await runSts([...remove, '--id', '11', '--id', '12', ...against(server)]);
  expect(result).toMatchObject({ code: 11, stdout: '[SUCCESS] Ingestion Api Key deleted: 12\n' });
  expect(result.stderr).toContain('key 11');
});

test('on a terminal it is shown what an id stands for, and where; nothing is asked', async () => {
  const server = await withKeys();
  const result = await runSts([...remove, '--id', '31', ...against(server)], terminal());
  expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'DELETE']);
  expect(result).toMatchObject({
    code: 0,
    questions: [],
    stdout: '[SUCCESS] Ingestion Api Key deleted: 31\n',
    stderr: `Deleting the key 31 other, expires 2026-03-15 on ${server.url}\n`,
  });
});

test('on a terminal a list that may not be read does not keep a key from being deleted by its id', async () => {
  const server = await withKeys();
  server.setFault('list', { kind: 'status', status: 403 });
  expect(await runSts([...remove, '--id', '31', ...against(server)], terminal())).toMatchObject({ code: 0, stderr: '' });
});

test('--superseded says which key stays: before the question, in a dry run, and in the document', async () => {
  const flags = [...remove, '--name', 'ci', '--superseded'];
  const asked = await withKeys();
  const result = await runSts([...flags, ...against(asked)], terminal('n'));
  expect(result.stderr).toContain('The newest key of that name stays: 12 ci\n');
  const dry = await runSts([...flags, '--dry-run', ...against(asked)]);
  expect(dry.stdout.split('\n').slice(0, 3)).toEqual([
    'Ingestion Api Key would be deleted: 13 ci',
    'Ingestion Api Key would be deleted: 11 ci',
    'Ingestion Api Key would be kept: 12 ci',
  ]);
  const document = await runSts([...flags, '--yes', '-o', 'json', ...against(asked)]);
  expect(jsonOf(document.stdout)).toEqual({ 'deleted-ingestion-api-keys': [13, 11], 'kept-ingestion-api-keys': [12] });
});

test('a key that the list has twice is deleted once', async () => {
  const server = await withKeys();
  const row = '{"id":31,"lastUpdateTimestamp":1,"name":"other"}';
  server.setFault('list', { kind: 'body', text: `[${row},${row}]` });
  expect(await runSts([...remove, '--name', 'other', '--yes', ...against(server)])).toMatchObject({ code: 0 });
  expect(deletes(server)).toEqual(['31']);
});

test('on a narrow terminal what is about to be deleted stands there as records, apart from each other', async () => {
  const server = await startForTest();
  server.seed({ id: 1n, name: 'doomed' });
  server.seed({ id: 2n, name: 'doomed' });
  const narrow = { stdin: { isTTY: true, answers: ['n'] }, stderr: { isTTY: true, columns: 40 } };
  const { stderr } = await runSts(['ingestion-api-key', 'delete', '--name', 'doomed', ...against(server)], narrow);
  expect(stderr).toMatch(/^ID {10}\| 1\nNAME {8}\| doomed\n[\s\S]*?STATUS {6}\| valid\n\nID {10}\| 2\n/m);
});

test('a question is asked with the name of the context that says which server it is', async () => {
  const server = await withKeys();
  const folder = tempFolder();
  const config = join(folder, 'config.yaml');
  const context = `{ url: "${server.url}", service-token: "${tokens.service}" }`;
  writeFileSync(config, `contexts:\n  - name: prod\n    context: ${context}\ncurrent-context: prod\n`, { mode: 0o600 });
  const result = await runSts([...remove, '--name', 'ci', '--config', config], terminal('n'));
  expect(result.questions).toMatchObject([{ text: `Delete these 3 keys on ${server.url} (context prod)? [y/N] ` }]);
});
