import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InterruptedError } from '../../../src/errors.ts';
import type { StackState } from '../../stackstate/server.ts';
import { against, jsonOf, type RunOptions, runSts, startForTest, tempFolder, testTime } from '../../support/run.ts';
import { testClock } from '../../support/test-clock.ts';

const day = 86_400_000;

function seed(stackState: StackState, changes: Partial<Parameters<StackState['seed']>[0]> = {}) {
  return stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(testTime - day), ...changes });
}

function rotate(stackState: StackState, flags: readonly string[], options: RunOptions = {}) {
  return runSts(['ingestion-api-key', 'rotate', ...flags, ...against(stackState)], options);
}

test('the new key is printed as create prints it, then the old key fate with the command that deletes it', async () => {
  const stackState = await startForTest();
  const old = seed(stackState);
  const { code, stdout, stderr } = await rotate(stackState, ['--name', 'ci']);
  const issued = stackState.keys().at(-1);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `[SUCCESS] Ingestion API Key generated: ${issued?.apiKey}\nThe old key ${old.id} still works. Delete it when nobody uses it any more: sts ingestion-api-key delete --id ${old.id} --url ${stackState.url}\n`,
  });
  expect(stderr).toBe('');
});

test('with --delete-old the old key is gone', async () => {
  const stackState = await startForTest();
  const old = seed(stackState);
  const { code, stdout } = await rotate(stackState, ['--id', String(old.id), '--delete-old']);
  const [issued, ...others] = stackState.keys();
  expect(others).toEqual([]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `[SUCCESS] Ingestion API Key generated: ${issued?.apiKey}\n[SUCCESS] Ingestion Api Key deleted: ${old.id}\n`,
  });
});

test.each([
  [[], false],
  [['--delete-old'], true],
])('JSON is one document with both keys (%j)', async (flags, deleted) => {
  const stackState = await startForTest();
  const old = seed(stackState, { description: 'pipelines' });
  const { code, stdout } = await rotate(stackState, ['--name', 'ci', '-o', 'json', ...flags]);
  const issued = stackState.keys().at(-1);
  expect(code).toBe(0);
  expect(stdout.endsWith('}\n')).toBe(true);
  expect(jsonOf(stdout)).toEqual({
    'ingestion-api-key': {
      apiKey: issued?.apiKey,
      description: 'pipelines',
      id: Number(issued?.id),
      lastUpdateTimestamp: testTime,
      name: 'ci',
    },
    'replaced-ingestion-api-key': { deleted, id: Number(old.id) },
  });
});

test('under JSON the key is out before the old key is touched, and the document is whole though the deletion fails', async () => {
  const stackState = await startForTest();
  const old = seed(stackState);
  stackState.setFault('delete', { kind: 'status', status: 500 });
  const atFirstWrite: number[] = [];
  const stdout = { onWrite: () => void atFirstWrite.push(stackState.count('delete')) };
  const result = await rotate(stackState, ['--name', 'ci', '--delete-old', '-o', 'json'], { stdout });
  expect(result.code).toBe(2);
  expect(atFirstWrite[0]).toBe(0);
  expect(jsonOf(result.stdout)).toMatchObject({ 'replaced-ingestion-api-key': { deleted: false, id: Number(old.id) } });
  expect(jsonOf(result.stderr)).toMatchObject({ error: true, 'exit-code': 2 });
});

test('--key-file: the file holds the key, stdout says where and never the key', async () => {
  const stackState = await startForTest();
  const old = seed(stackState);
  const path = join(tempFolder(), 'ingestion.key');
  writeFileSync(path, 'before\n', { mode: 0o600 });
  const { code, stdout, stderr } = await rotate(stackState, [
    '--name',
    'ci',
    '--delete-old',
    '--after',
    '0s',
    '--key-file',
    path,
  ]);
  const [issued] = stackState.keys();
  expect(readFileSync(path, 'utf8')).toBe(`${issued?.apiKey}\n`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `[SUCCESS] Ingestion API Key written to ${path} (id ${issued?.id})\n[SUCCESS] Ingestion Api Key deleted: ${old.id}\n`,
  });
  expect(stdout + stderr).not.toContain(issued?.apiKey);
});

test('--key-file under JSON: both keys, and no secret', async () => {
  const stackState = await startForTest();
  const old = seed(stackState);
  const path = join(tempFolder(), 'ingestion.key');
  const { code, stdout, stderr } = await rotate(stackState, ['--name', 'ci', '--key-file', path, '-o', 'json']);
  const issued = stackState.keys().at(-1);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(jsonOf(stdout)).toEqual({
    'ingestion-api-key': { id: Number(issued?.id), lastUpdateTimestamp: testTime, name: 'ci' },
    'key-file': path,
    'replaced-ingestion-api-key': { deleted: false, id: Number(old.id) },
  });
});

test('--key-file - writes the document alone to stdout', async () => {
  const stackState = await startForTest();
  const old = seed(stackState);
  const flags = ['--name', 'ci', '--key-file', '-', '--key-format', 'dotenv', '--key-var', 'STS_API_KEY', '--delete-old'];
  const { code, stdout, stderr } = await rotate(stackState, flags, { stderr: { isTTY: true } });
  expect({ code, stdout }).toEqual({ code: 0, stdout: `STS_API_KEY=${stackState.keys()[0]?.apiKey}\n` });
  expect(stderr).toContain(`Ingestion Api Key deleted: ${old.id}`);
});

test('a stdout that does not take the key: the new key is gone, the old one lives', async () => {
  const stackState = await startForTest();
  const old = seed(stackState);
  const { code } = await rotate(stackState, ['--name', 'ci', '--delete-old'], { stdout: { failWith: { code: 'ENOSPC' } } });
  expect(code).toBe(6);
  expect(stackState.keys().map(({ id }) => id)).toEqual([old.id]);
  for (const state of ['closed', 'null-device'] as const) {
    expect((await rotate(stackState, ['--name', 'ci'], { stdout: { state } })).code).toBe(6);
  }
  expect(stackState.count('create')).toBe(1);
});

test('--after says how long the old key is kept, and keeps it', async () => {
  const stackState = await startForTest();
  seed(stackState);
  const clock = testClock(testTime);
  const sleep = async (ms: number) => {
    await clock.sleep(ms);
    expect(stackState.keys()).toHaveLength(2);
  };
  const flags = ['--name', 'ci', '--delete-old', '--after', '10m', '-v'];
  const { code, stderr } = await rotate(stackState, flags, { now: clock.now, monotonic: clock.monotonic, sleep });
  expect(code).toBe(0);
  expect(clock.now() - testTime).toBe(600_000);
  expect(stderr).toMatch(/^10m until the old key \d+ is deleted\. The new one is delivered\.\n/m);
  expect(stderr.match(/until the old key/g)).toHaveLength(1);
  expect(stackState.keys()).toHaveLength(1);
});

test.each([20, 40, 80, 200])(
  'on a terminal of %i columns the time runs on one line, and is seen whatever the width',
  async (columns) => {
    const stackState = await startForTest();
    seed(stackState);
    const { now, monotonic, sleep } = testClock(testTime);
    const stderr = { isTTY: true, columns };
    const result = await rotate(stackState, ['--name', 'ci', '--delete-old', '--after', '3s'], { now, monotonic, sleep, stderr });
    expect(result.stderr.match(/\ds until the old/g)).toEqual(['3s', '2s', '1s'].map((left) => `${left} until the old`));
    expect(result.stderr).not.toMatch(/until the old[^\r]*\n/);
  },
);

test('SIGINT while the old key is kept: both keys live, and the message says how to finish', async () => {
  const stackState = await startForTest();
  const old = seed(stackState);
  const path = join(tempFolder(), 'ingestion.key');
  const interrupt = new AbortController();
  const sleep = async (_ms: number, signal?: AbortSignal) => {
    interrupt.abort(new InterruptedError('SIGINT'));
    signal?.throwIfAborted();
  };
  const flags = ['--name', 'ci', '--delete-old', '--after', '10m', '--key-file', path];
  const { code, stderr } = await rotate(stackState, flags, { interrupt: interrupt.signal, sleep });
  expect(code).toBe(130);
  expect(stackState.keys()).toHaveLength(2);
  expect(stderr).toContain(`sts ingestion-api-key delete --id ${old.id}`);

  const again = await rotate(stackState, ['--name', 'ci', '--delete-old', '--after', '0s', '--key-file', path], {
    now: testTime + 600_000,
    stderr: { isTTY: true },
  });
  expect(again).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(`it is finished now. The old one, ${old.id}, is deleted.`),
  });
  expect(stackState.keys().map(({ apiKey }) => `${apiKey}\n`)).toEqual([readFileSync(path, 'utf8')]);
  expect(existsSync(`${path}.sts-pending`)).toBe(false);
});

test.each([
  [[], 'Say which key is to be replaced'],
  [['--name', 'a', '--id', '1'], 'give one of them'],
  [['--name', 'a', '--expiration', '2030-01-01', '--expires-in', '1d'], 'give one of them'],
  [['--name', 'a', '--expiration', '2020-01-01'], 'not in the future'],
  [['--name', 'a', '--after', '10m'], '--delete-old'],
  [['--name', 'a', '--delete-old', '--after', '10'], '--after'],
  [['--name', ' '], '--name'],
  [['--id', '010'], '--id'],
  [['--name', 'a', '--key-format', 'dotenv'], '--key-file'],
])('%j is a usage error, and nothing is sent', async (flags, words) => {
  const stackState = await startForTest();
  const { code, stdout, stderr } = await rotate(stackState, flags);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toContain(words);
  expect(stackState.requests).toEqual([]);
});

test('a name that nobody has is exit 8; one that several have is exit 3 with all of them', async () => {
  const stackState = await startForTest();
  expect((await rotate(stackState, ['--name', 'ci'])).code).toBe(8);
  const ids = [seed(stackState).id, seed(stackState).id];
  const { code, stderr } = await rotate(stackState, ['--name', 'ci']);
  expect(code).toBe(3);
  for (const id of ids) expect(stderr).toContain(String(id));
  expect(stackState.count('create')).toBe(0);
});

test('--new-name and --expires-in change the new key', async () => {
  const stackState = await startForTest({ duplicateNames: 'refuse' });
  seed(stackState, { description: 'pipelines' });
  const refused = await rotate(stackState, ['--name', 'ci']);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--new-name ci-2') });
  const { code } = await rotate(stackState, ['--name', 'ci', '--new-name', 'ci-2', '--expires-in', '1d', '--delete-old']);
  expect(code).toBe(0);
  expect(stackState.keys()).toMatchObject([{ name: 'ci-2', description: 'pipelines', expiration: BigInt(testTime + day) }]);
});

test('the rotated key sends a span before the old one is deleted', async () => {
  const answers: number[] = [];
  const path = join(tempFolder(), 'ingestion.key');
  const stackState: StackState = await startForTest({
    onStage: async (stage, { route }) => {
      if (route !== 'delete' || stage !== 'received') return;
      const headers = { Authorization: `StackState ${readFileSync(path, 'utf8').trimEnd()}`, 'Content-Type': 'application/json' };
      answers.push(
        (await fetch(`${stackState.url}/v1/traces`, { method: 'POST', headers, body: '{"resourceSpans":[]}' })).status,
      );
    },
  });
  seed(stackState);
  await rotate(stackState, ['--name', 'ci', '--delete-old', '--after', '0s', '--key-file', path]);
  expect(answers).toEqual([200]);
});
