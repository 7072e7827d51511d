import { existsSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { pendingPath } from '../../src/destinations/file-journal.ts';
import { annotations } from '../../src/destinations/secret-journal.ts';
import { StsError } from '../../src/errors.ts';
import { count } from '../support/counts.ts';
import type { Hook, Moment } from '../support/interception.ts';
import { name, namespace, type SecretWorld, startSecretWorld } from './secret-support.ts';
import { type FileWorld, startWorld, type World } from './support.ts';

// While a rotation runs, somebody else is at work too: at each moment of it, once. Whatever that one does, what the destination holds is
// accepted, or the exit says why it cannot be; and nothing is deleted that the run did not make, or had not replaced.

let tried = 0;

afterAll(() => count('second actors', tried));

interface Actor<W> {
  readonly title: string;
  /** @returns false where there is nothing to do yet. */
  act(world: W, before: ReadonlySet<bigint>): Promise<boolean> | boolean;
  /** Whether the destination may be left without a key that works, if the exit says so. */
  readonly mayEmpty?: boolean;
}

const common: readonly Actor<World>[] = [
  {
    title: 'deletes the new one',
    mayEmpty: true,
    act({ credentials }, before) {
      const fresh = credentials.living('ci').find(({ id }) => !before.has(id));
      if (fresh !== undefined) credentials.remove(fresh.id);
      return fresh !== undefined;
    },
  },
  {
    title: 'deletes the old one',
    mayEmpty: true,
    act({ credentials }, before) {
      const old = credentials.living('ci').find(({ id }) => before.has(id));
      if (old !== undefined) credentials.remove(old.id);
      return old !== undefined;
    },
  },
];

const second = async (world: World): Promise<boolean> => {
  await world.rotate().catch((error: unknown) => {
    if (!(error instanceof StsError)) throw error;
  });
  return true;
};

const lockOf = (path: string) => join(dirname(path), `.${basename(path)}.sts-lock`);

const ofFiles: readonly Actor<FileWorld>[] = [
  ...common,
  {
    title: 'deletes the file',
    mayEmpty: true,
    act: ({ path }) => removed(path),
  },
  { title: 'deletes the journal', act: ({ path }) => removed(pendingPath(path)) },
  { title: 'begins a second rotation', act: second },
  {
    // As another machine that shares the folder would, or after the first one has stood still for long.
    title: 'takes the lock away and rotates, and then the first one goes on',
    async act(world) {
      if (!removed(lockOf(world.path))) return false;
      return second(world);
    },
  },
];

const ofSecrets: readonly Actor<SecretWorld>[] = [
  ...common,
  {
    title: 'deletes the Secret',
    mayEmpty: true,
    act({ kubernetes }) {
      if (kubernetes.secret(namespace, name) === undefined) return false;
      kubernetes.deleteSecret(namespace, name);
      return true;
    },
  },
  {
    title: 'deletes the journal',
    act({ kubernetes }) {
      if (kubernetes.secret(namespace, name)?.metadata.annotations?.[annotations.journal] === undefined) return false;
      kubernetes.changeSecret(namespace, name, { metadata: { annotations: { [annotations.journal]: null } } });
      return true;
    },
  },
  { title: 'begins a second rotation, and then the first one goes on', act: second },
];

function removed(path: string): boolean {
  const isThere = existsSync(path);
  rmSync(path, { force: true });
  return isThere;
}

/** Runs a rotation with somebody at work at each of its moments. */
async function sweep<W extends World>(world: W, { title, act, mayEmpty = false }: Actor<W>): Promise<void> {
  const moments = await momentsOf(world);
  const lastLook = moments.findLastIndex(({ call, when }) => call === 'kind.verify' && when === 'before');
  // Right after the creation, and once more before the old one goes.
  expect(moments.filter(({ call, when }) => call === 'kind.verify' && when === 'before')).toHaveLength(2);
  const firstList = moments.find(({ call }) => call === 'kind.list')?.point ?? -1;
  for (const { point, call, when } of moments) {
    // What happens after the last look at the new one is seen by nobody.
    if (when === 'after' || point >= lastLook) continue;
    const where = `somebody ${title} ${when} ${call} (${point})`;
    world.reset();
    const before = new Set([world.seedHeld()]);
    // What the run may delete: what it has replaced, and what it has made itself.
    const own = new Set(before);
    const deleted: bigint[] = [];
    let did = false;
    const hook: Hook = async (moment) => {
      if (moment.point !== point) return;
      did = await act(world, before);
      // What somebody has made before the run looks is what the run replaces.
      if (point <= firstList) for (const { id } of world.credentials.living('ci')) own.add(id);
    };
    const { kind } = world.credentials;
    const watched: typeof kind = {
      ...kind,
      async create(wanted, call) {
        const issued = await kind.create(wanted, call);
        // The response does not tell the id of a token.
        for (const { id, secret } of world.credentials.living('ci')) if (secret === issued.secret) own.add(id);
        return issued;
      },
      async delete(id, call) {
        deleted.push(id);
        await kind.delete(id, call);
      },
    };
    const failure: unknown = await world.rotate({}, { hook, kind: watched }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!did) continue;
    tried += 1;
    if (failure !== undefined) expect(failure, `${where}: ${failure}`).toBeInstanceOf(StsError);
    const held = world.destination.held();
    const works = held !== undefined && world.credentials.isLive(held);
    if (!works) {
      expect(failure, `${where}: the exit says why`).toBeInstanceOf(StsError);
      expect(mayEmpty || /refuses it/.test(String(failure)), `${where}: ${failure}`).toBe(true);
    }
    expect(
      deleted.filter((id) => !own.has(id)),
      `${where}: it deletes what is its own`,
    ).toEqual([]);
    await expectRecovered(world, where);
  }
}

/** The next run brings it to its end, whatever there is. */
async function expectRecovered(world: World, where: string): Promise<void> {
  const living = world.credentials.living('ci');
  const retry = async () => {
    const newest = world.credentials.living('ci').at(-1);
    const target = newest === undefined ? { name: 'ci' } : { id: newest.id };
    await world.rotate({ target }, { isReplaced: true });
  };
  if (living.length === 0) return;
  await retry().catch(async (error: unknown) => {
    // The destination is gone, or held another credential than the newest: that is for a person to say.
    expect(error, `${where}: ${error}`).toBeInstanceOf(StsError);
    expect([3, 6, 8], `${where}: ${error}`).toContain((error as StsError).exitCode);
  });
  const held = world.destination.held();
  if (held !== undefined) expect(world.credentials.isLive(held), `${where}: what is held after the next run`).toBe(true);
}

async function momentsOf(world: World): Promise<readonly Moment[]> {
  world.reset();
  world.seedHeld();
  const moments: Moment[] = [];
  await world.rotate({}, { hook: (moment) => void moments.push(moment) });
  return moments;
}

describe.each(['keys', 'tokens'] as const)('a file, %s', (of) => {
  test.each(ofFiles)('somebody $title', { timeout: 120_000 }, async (actor) => {
    await sweep(await startWorld({ of }), actor);
  });
});

// The kinds do not differ here: what a Secret is told of one is its id alone.
describe('a Kubernetes Secret', () => {
  test.each(ofSecrets)('somebody $title', { timeout: 120_000 }, async (actor) => {
    await sweep(await startSecretWorld(), actor);
  });
});
