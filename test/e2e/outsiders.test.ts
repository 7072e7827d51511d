import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { RouteName, StackState, Stage } from '../stackstate/server.ts';
import { runBuilt } from '../support/built.ts';
import { count } from '../support/counts.ts';
import { environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';

// Somebody else acts while a rotation runs: it ends in 0 only if the file holds a key that lives, and else it says why.

let tried = 0;
afterAll(() => count('fault cases', tried));

interface Scene {
  readonly stackState: StackState;
  readonly path: string;
  readonly oldId: bigint;
}

const deeds: Record<string, (scene: Scene) => void> = {
  'deletes the new key': ({ stackState, oldId }) => {
    for (const { id, name } of stackState.keys()) if (name === 'ci' && id !== oldId) stackState.store.delete(id);
  },
  'deletes the old key': ({ stackState, oldId }) => void stackState.store.delete(oldId),
  'removes the key file': ({ path }) => rmSync(path, { force: true }),
  'removes the journal': ({ path }) => rmSync(`${path}.sts-pending`, { force: true }),
  'writes another key into the file': ({ path, stackState }) =>
    writeFileSync(path, `${stackState.seed({ name: 'other' }).apiKey}\n`),
};

/** Where it is done, as the nth request of its route; the last one is right before the old key is deleted. */
const moments: readonly (readonly [RouteName, number, Stage])[] = [
  ['list', 1, 'handled'],
  ['create', 1, 'received'],
  ['create', 1, 'handled'],
  ['authorize', 1, 'handled'],
  ['authorize', 2, 'received'],
  ['authorize', 2, 'handled'],
];

const cases = Object.keys(deeds)
  .flatMap((deed) => moments.map(([route, nth, stage]) => ({ deed, route, nth, stage })))
  .filter(({ deed, nth, stage }) => nth === 1 || !isTooLate(deed, stage));

/** The file is read, then the server is asked for the key in it, then the old key goes: what is done after the last look cannot be seen. */
function isTooLate(deed: string, stage: Stage): boolean {
  return deed.includes('key file') || deed.includes('into the file') || (deed === 'deletes the new key' && stage === 'handled');
}

test.each(cases)(
  'somebody $deed when $route number $nth is $stage',
  async ({ deed, route, nth, stage }) => {
    let scene: Scene | undefined;
    let done = false;
    const stackState = await startForTest({
      now: Date.now,
      onStage: (at, request) => {
        if (scene === undefined || done || at !== stage || request.route !== route || stackState.count(route) !== nth) return;
        done = true;
        deeds[deed]?.(scene);
      },
    });
    const path = join(tempFolder(), 'ingestion.key');
    const old = stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) });
    writeFileSync(path, `${old.apiKey}\n`, { mode: 0o600 });
    scene = { stackState, path, oldId: old.id };
    const rotate = () =>
      runBuilt(
        ['ingestion-api-key', 'rotate', '--name', 'ci', '--key-file', path, '--delete-old', '--after', '0s', '--timeout', '2s'],
        { env: environmentOf(stackState) },
      );
    const isUsable = () => {
      try {
        return stackState.store.isLive(readFileSync(path, 'utf8').trimEnd());
      } catch {
        return false;
      }
    };
    const first = await rotate();
    tried += 1;
    if (first.code === 0) expect(isUsable(), 'the file holds a key that lives').toBe(true);
    else expect(first.stderr).toMatch(/^\[ERROR\] \S/);
    expect(first.stderr).not.toMatch(/Unexpected failure|^\s+at /m);
    // Whatever somebody did, the keys that the file held are not all deleted by this program.
    if (!deed.includes('key file') && !deed.includes('deletes')) expect(isUsable()).toBe(true);
    const second = await rotate();
    if (second.code === 0) expect(isUsable(), 'the file holds a key that lives').toBe(true);
    else expect(second.stderr).toMatch(/^\[ERROR\] \S/);
  },
  60_000,
);
