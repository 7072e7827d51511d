import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { StackState } from '../stackstate/server.ts';
import { putOnPath } from '../support/built.ts';
import { environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';

const script = fileURLToPath(new URL('../../examples/renew.sh', import.meta.url));
const day = 86_400_000;

interface Machine {
  readonly stackState: StackState;
  /** Where the service reads its key. */
  readonly file: string;
  run(...command: readonly string[]): Promise<{ readonly code: number | null; readonly stderr: string }>;
  held(): string;
  keys(): string[];
}

/** A machine with `sts` on its PATH and a service whose key ends in so many days, of 90. */
async function machine({ endsInDays }: { readonly endsInDays?: number } = {}): Promise<Machine> {
  const stackState = await startForTest({ now: Date.now });
  const [folder, bin] = [tempFolder(), tempFolder()];
  const file = join(folder, 'service.key');
  if (endsInDays !== undefined) {
    const expiration = BigInt(Date.now() + endsInDays * day);
    const lastUpdateTimestamp = expiration - BigInt(90 * day);
    const { apiKey } = stackState.seed({ name: 'my service', lastUpdateTimestamp, expiration });
    writeFileSync(file, `${apiKey}\n`);
    chmodSync(file, 0o640);
  }
  putOnPath(bin);
  const env = { ...environmentOf(stackState), PATH: `${bin}:${process.env['PATH']}`, HOME: tempFolder() };
  return {
    stackState,
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
    keys: () => stackState.store.byName('my service').map(({ apiKey }) => apiKey),
  };
}

test('the first run creates the key, and the service reads it', async () => {
  const { run, held, keys, file } = await machine();
  const seen = join(tempFolder(), 'seen');
  expect(await run('cp', file, seen)).toMatchObject({ code: 0 });
  expect(keys()).toEqual([held()]);
  expect(readFileSync(seen, 'utf8').trimEnd()).toBe(held());
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('while the key is fresh nothing is created, and the service is left alone', async () => {
  const { run, held, file, stackState } = await machine({ endsInDays: 80 });
  const before = held();
  expect(await run('true')).toMatchObject({ code: 0 });
  const seen = join(tempFolder(), 'seen');
  expect(await run('cp', file, seen)).toMatchObject({ code: 0 });
  expect(existsSync(seen)).toBe(false);
  expect(held()).toBe(before);
  expect(stackState.count('create')).toBe(0);
});

test('a key that is about to expire is replaced, the service reads the new one, and both live for the next hour', async () => {
  const { run, held, keys, file } = await machine({ endsInDays: 7 });
  const before = held();
  const seen = join(tempFolder(), 'seen');
  expect(await run('cp', file, seen)).toMatchObject({ code: 0 });
  expect(held()).not.toBe(before);
  expect(readFileSync(seen, 'utf8').trimEnd()).toBe(held());
  expect(keys()).toEqual([before, held()]);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  // Until then there is nothing to do.
  expect(await run('true')).toMatchObject({ code: 0 });
  expect(keys()).toEqual([before, held()]);
});

test('where the service does not take the key both live, and the next run tries that first', async () => {
  const { run, held, keys, file, stackState } = await machine({ endsInDays: 7 });
  expect(await run('true')).toMatchObject({ code: 0 });
  const fresh = held();
  writeFileSync(`${file}.taken`, 'an older one\n');
  const requests = stackState.requests.length;
  expect((await run('false')).code).not.toBe(0);
  expect(stackState.requests).toHaveLength(requests);
  expect(keys()).toContain(fresh);
  expect(await run('true')).toMatchObject({ code: 0 });
  expect(held()).toBe(fresh);
});

test.each(['list', 'create', 'authorize'] as const)(
  'a server that fails at %s costs nothing, and the next run renews',
  async (route) => {
    const { run, held, keys, stackState } = await machine({ endsInDays: 7 });
    const before = held();
    stackState.setFault(route, { kind: 'status', status: 400 }, { times: 1 });
    await run('true');
    expect(keys()).toContain(held());
    expect(await run('true')).toMatchObject({ code: 0 });
    expect(held()).not.toBe(before);
    expect(keys()).toContain(held());
  },
);

test('called the wrong way it says how', async () => {
  const child = spawn('sh', [script], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  expect(await new Promise((done) => child.once('close', done))).not.toBe(0);
  expect(stderr).toContain('usage: renew.sh NAME FILE [COMMAND...]');
});
