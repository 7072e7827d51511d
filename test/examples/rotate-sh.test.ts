import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { StackState } from '../stackstate/server.ts';
import { putOnPath } from '../support/built.ts';
import { environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';

const script = fileURLToPath(new URL('../../examples/rotate.sh', import.meta.url));

interface Machine {
  readonly stackState: StackState;
  readonly folder: string;
  /** Where the service reads its key. */
  readonly file: string;
  run(...command: readonly string[]): Promise<{ readonly code: number | null; readonly stderr: string }>;
  held(): string;
  keys(): string[];
}

/** A machine with `sts` on its PATH and a service whose key was made yesterday. */
async function machine(): Promise<Machine> {
  const stackState = await startForTest({ now: Date.now });
  const [folder, bin] = [tempFolder(), tempFolder()];
  const file = join(folder, 'service.key');
  const { apiKey } = stackState.seed({ name: 'my service', lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) });
  writeFileSync(file, `${apiKey}\n`, { mode: 0o600 });
  putOnPath(bin);
  const env = { ...environmentOf(stackState), PATH: `${bin}:${process.env['PATH']}`, HOME: tempFolder() };
  return {
    stackState,
    folder,
    file,
    run: (...command) =>
      new Promise((done, fail) => {
        const child = spawn('sh', [script, 'my service', file, ...command], { env, stdio: ['ignore', 'ignore', 'pipe'] });
        let stderr = '';
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          stderr += text;
        });
        child.once('error', fail);
        child.once('close', (code) => done({ code, stderr }));
      }),
    held: () => readFileSync(file, 'utf8').trimEnd(),
    keys: () => stackState.store.byName('my service').map(({ apiKey: key }) => key),
  };
}

test('the service gets a new key, reads it while the old one still works, and then the old one is gone', async () => {
  const { run, held, keys, folder, file } = await machine();
  const before = held();
  const seen = join(tempFolder(), 'seen');
  expect(await run('cp', file, seen)).toMatchObject({ code: 0 });
  expect(held()).not.toBe(before);
  expect(readFileSync(seen, 'utf8').trimEnd()).toBe(held());
  expect(keys()).toEqual([held()]);
  expect(readdirSync(folder)).toEqual(['service.key']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('where the service does not take the key both keys live, and the next run goes on with the same one', async () => {
  const { run, held, keys, folder, file, stackState } = await machine();
  expect((await run('false')).code).not.toBe(0);
  const fresh = held();
  expect(keys()).toHaveLength(2);
  expect(existsSync(`${file}.new`)).toBe(true);

  expect(await run('true')).toMatchObject({ code: 0 });
  expect(held()).toBe(fresh);
  expect(keys()).toEqual([fresh]);
  expect(stackState.count('create')).toBe(1);
  expect(readdirSync(folder)).toEqual(['service.key']);
});

test.each(['list', 'create', 'authorize'] as const)(
  'a server that fails at %s costs nothing, and the next run rotates',
  async (route) => {
    const { run, held, keys, folder, stackState } = await machine();
    const before = held();
    stackState.setFault(route, { kind: 'status', status: 400 }, { times: 1 });
    expect((await run('true')).code).not.toBe(0);
    expect(held()).toBe(before);
    expect(await run('true')).toMatchObject({ code: 0 });
    expect(keys()).toEqual([held()]);
    expect(readdirSync(folder)).toEqual(['service.key']);
  },
);

test('a key that somebody gave the service meanwhile is not replaced by an older one, and not deleted', async () => {
  const { run, held, file, stackState } = await machine();
  expect((await run('false')).code).not.toBe(0);
  const { apiKey } = stackState.seed({ name: 'my service' });
  writeFileSync(file, `${apiKey}\n`);
  const later = new Date(Date.now() + 5000);
  utimesSync(file, later, later);
  const result = await run('true');
  expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('was changed after') });
  expect(held()).toBe(apiKey);
  expect(stackState.count('delete')).toBe(0);
});

test('a new key that is not valid any more is never installed', async () => {
  const { run, held, file, keys } = await machine();
  const before = held();
  writeFileSync(`${file}.new`, 'iapikeyok-expired-long-ago\n');
  expect((await run('true')).code).toBe(12);
  expect(held()).toBe(before);
  expect(keys()).toEqual([before]);
});

test('called the wrong way it says how', async () => {
  const child = spawn('sh', [script], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  expect(await new Promise((done) => child.once('close', done))).not.toBe(0);
  expect(stderr).toContain('usage: rotate.sh NAME FILE [COMMAND...]');
});
