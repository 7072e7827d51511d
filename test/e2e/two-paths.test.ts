import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { startBuilt } from '../support/built.ts';
import { count } from '../support/counts.ts';
import { environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';
import { canMount } from './hostile-support.ts';
import { isInstalled } from './shell.ts';

// Two rotations of one file at once, each by another path: they never both run. To mount and to leave the network takes root.

const mayMount = canMount();
const mayUnshare = isInstalled('unshare') && succeeds('unshare', ['--net', 'true']);
if (!mayMount) console.warn('SKIPPED: one folder mounted twice. This machine does not let us mount.');
if (!mayUnshare) console.warn('SKIPPED: two network namespaces. This machine does not let us make one.');

const rounds = 20;
let tried = 0;

afterAll(() => count('second actors', tried, mayMount && mayUnshare));

/** Rotates one file by two paths at once. The first key is created only once one of the two runs has ended. */
async function bothAtOnce(pathsOf: (folder: string) => readonly [string, string]): Promise<void> {
  let oneEnded = Promise.resolve();
  let creating = 0;
  const stackState = await startForTest({
    now: Date.now,
    onStage: async (stage, { route }) => {
      if (route !== 'create') return;
      creating += stage === 'received' ? 1 : stage === 'handled' ? -1 : 0;
      expect(creating).toBeLessThanOrEqual(1);
      if (stage === 'received') await Promise.race([oneEnded, delay(15_000)]);
    },
  });
  const folder = tempFolder();
  const paths = pathsOf(folder);
  const { apiKey } = stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) });
  writeFileSync(paths[0], `${apiKey}\n`, { mode: 0o600 });
  for (let round = 0; round < rounds; round++) {
    const both = paths.map((path) => startBuilt(rotate(path), { env: environmentOf(stackState) }).result);
    oneEnded = Promise.race(both).then(() => undefined);
    const results = await Promise.all(both);
    const told = `round ${round}: ${results.map(({ code, stderr }) => `${code} ${stderr}`).join('\n')}`;
    expect(results.map(({ code }) => code).sort(), told).toEqual([0, 6]);
    expect(results.find(({ code }) => code === 6)?.stderr).toContain('Another sts');
    expect(stackState.keys().map((key) => key.apiKey)).toEqual([readFileSync(paths[1], 'utf8').trimEnd()]);
    tried += 1;
  }
}

function rotate(path: string): string[] {
  return ['ingestion-api-key', 'rotate', '--name', 'ci', '--key-file', path, '--delete-old', '--after', '0s'];
}

test.skipIf(!mayMount)(
  'a folder that is mounted twice is one folder',
  async () => {
    await bothAtOnce((folder) => {
      const again = join(tempFolder(), 'again');
      mkdirSync(again);
      execFileSync('mount', ['--bind', folder, again]);
      onTestFinished(() => void execFileSync('umount', ['-l', again]));
      return [join(folder, 'key'), join(again, 'key')];
    });
  },
  180_000,
);

test.skipIf(!mayUnshare)(
  'a rotation in another network namespace is one of the same folder',
  async () => {
    const stackState = await startForTest({
      now: Date.now,
      onStage: async (stage, { route }) => {
        if (stage === 'received' && route === 'create') await held;
      },
    });
    let release: () => void = () => {};
    let held = Promise.resolve();
    const path = join(tempFolder(), 'key');
    const { apiKey } = stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) });
    writeFileSync(path, `${apiKey}\n`, { mode: 0o600 });
    const argv = rotate(path);
    const env = environmentOf(stackState);
    for (let round = 0; round < rounds; round++) {
      held = new Promise((done) => {
        release = done;
      });
      const first = startBuilt(argv, { env });
      while (stackState.count('create') <= round) await delay(10);
      // It could reach no server: that it is refused for the lock shows that it looks for that first.
      const second = await startBuilt(argv, { env, runBy: ['unshare', '--net'] }).result;
      release();
      expect(second).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('Another sts') });
      expect(await first.result).toMatchObject({ code: 0 });
      expect(stackState.keys().map((key) => key.apiKey)).toEqual([readFileSync(path, 'utf8').trimEnd()]);
      tried += 1;
    }
  },
  180_000,
);

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
