import { execFileSync } from 'node:child_process';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { NewIngestionApiKey, StackStateApi } from '../../src/api/model.ts';
import { pendingPath } from '../../src/rotation/journal.ts';
import { testTime } from '../support/stackstate.ts';
import { seedHeld, startWorld, type World } from './support.ts';

// A key that somebody uses is never deleted, whatever the server says and whoever else is at work.

const killedAt = (point: string) => (name: string) => {
  if (name === point) throw new Error('killed');
};

/** An API that makes a key of its own right before it is asked to create one: somebody else's, or the one whose answer is lost. */
function seedingFirst(world: World, seed: (key: NewIngestionApiKey) => unknown): StackStateApi {
  return {
    ...world.api,
    async createKey(key, call) {
      seed(key);
      return world.api.createKey(key, call);
    },
  };
}

/** An answer to the creation that is about the key `id`. */
function answerWith(world: World, id: bigint, secret: boolean): void {
  const apiKey = secret ? '"apiKey":"iapikeyok-x",' : '';
  const body = `{"id":${id},${apiKey}"name":"ci","lastUpdateTimestamp":1}`;
  world.stackState.setFault('create', { kind: 'status', status: 200, body });
}

test.each([true, false])('an answer about a key that was there before (with a secret: %s) costs no key', async (secret) => {
  const world = await startWorld();
  const oldId = seedHeld(world);
  const other = world.stackState.seed({ name: 'other' });
  for (const id of [oldId, other.id]) {
    answerWith(world, id, secret);
    await expect(world.rotate()).rejects.toMatchObject({ exitCode: 11 });
    expect(world.stackState.count('delete')).toBe(0);
    expect(world.keysNamed('ci')).toEqual([world.held()]);
    unlinkSync(pendingPath(world.path));
  }
});

test('a key of the name that differs from what was asked for is named and left alone', async () => {
  const world = await startWorld();
  seedHeld(world);
  const foreign = { value: 0n };
  const api = seedingFirst(world, () => {
    foreign.value = world.stackState.seed({ name: 'ci', description: 'somebody else made this' }).id;
  });
  world.stackState.setFault('create', { kind: 'status', status: 503 });
  const failure = await world.rotate({}, { context: { api } }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: 11 });
  expect(String((failure as { hints: string[] }).hints)).toContain(`delete --id ${foreign.value}`);
  expect(world.stackState.count('delete')).toBe(0);
});

test('a key that somebody makes minutes after a rotation broke off is named and left alone', async () => {
  const world = await startWorld();
  seedHeld(world);
  await world.rotate({}, { step: killedAt('before create key') }).catch(() => undefined);
  world.advance(5 * 60_000);
  const { id } = world.stackState.seed({ name: 'ci' });
  const failure = await world.rotate().catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining(`the key ${id}`) });
  expect(world.stackState.count('delete')).toBe(0);
});

test('a creation is waited for as long as its request was given', async () => {
  const world = await startWorld();
  seedHeld(world);
  await world.rotate({}, { step: killedAt('before create key') }).catch(() => undefined);
  let waited = 0;
  const sleep = async (ms: number) => {
    world.advance(ms);
    waited += ms;
  };
  await world.rotate({}, { context: { sleep } });
  expect(waited).toBeGreaterThanOrEqual(1000);
  expect(world.events[0]).toMatchObject({ kind: 'searching' });
  expect(world.keysNamed('ci')).toEqual([world.held()]);
});

test("a key of a name that is taken may be somebody else's: it is named, and nothing is deleted", async () => {
  const world = await startWorld();
  seedHeld(world);
  const api = seedingFirst(world, () => world.stackState.seed({ id: 77n, name: 'ci' }));
  world.stackState.setFault('create', { kind: 'status', status: 409, body: '{"message":"exists"}' });
  await expect(world.rotate({}, { context: { api } })).rejects.toMatchObject({
    exitCode: 11,
    hints: [expect.stringContaining('delete --id 77')],
  });
  expect(world.stackState.count('delete')).toBe(0);
  expect(world.files()).toEqual(['ingestion.key']);
});

test('a server that takes no second key of a name is told by its list, and nothing is deleted', async () => {
  const world = await startWorld();
  seedHeld(world);
  world.stackState.setFault('create', { kind: 'status', status: 409, body: '{"message":"exists"}' });
  await expect(world.rotate()).rejects.toMatchObject({
    exitCode: 2,
    hints: expect.arrayContaining([expect.stringContaining('--new-name')]),
  });
  expect(world.stackState.count('delete')).toBe(0);
  expect(world.files()).toEqual(['ingestion.key']);
});

test("an answer about a key of another name is about somebody else's key", async () => {
  const world = await startWorld();
  seedHeld(world);
  const { id } = world.stackState.seed({ id: 77n, name: 'other' });
  const known = await world.api.listKeys();
  const api: StackStateApi = {
    ...world.api,
    // Made after the list was taken.
    listKeys: async () => ({ ...known, keys: known.keys.filter((key) => key.id !== id) }),
  };
  for (const apiKey of ['"iapikeyok-x"', 'null']) {
    const body = `{"id":77,"apiKey":${apiKey},"name":"other","lastUpdateTimestamp":1}`;
    world.stackState.setFault('create', { kind: 'status', status: 200, body });
    await expect(world.rotate({}, { context: { api } })).rejects.toMatchObject({ exitCode: 11 });
    expect(world.stackState.count('delete')).toBe(0);
    unlinkSync(pendingPath(world.path));
  }
});

test('a key of long ago that the first list did not show is not taken for the new one', async () => {
  const world = await startWorld();
  seedHeld(world);
  const { id } = world.stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(testTime - 31_536_000_000) });
  let lists = 0;
  const api: StackStateApi = {
    ...world.api,
    async listKeys(call) {
      const listing = await world.api.listKeys(call);
      lists += 1;
      return lists > 1 ? listing : { ...listing, keys: listing.keys.filter((key) => key.id !== id) };
    },
  };
  world.stackState.setFault('create', { kind: 'reset' }, { times: 1 });
  await expect(world.rotate({}, { context: { api } })).rejects.toMatchObject({ exitCode: 11 });
  await world.rotate({ target: { id: world.stackState.keys()[0]?.id ?? 0n } });
  expect(world.stackState.keys().map((key) => key.id)).toContain(id);
});

test.each([660_000, -360_000])('a key is found though its time is told by a clock %i ms apart', async (skew) => {
  const world = await startWorld();
  seedHeld(world);
  const before = world.held();
  const api = seedingFirst(world, () =>
    world.stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(world.context.now() + skew) }),
  );
  world.stackState.setFault('create', { kind: 'status', status: 500 });
  await expect(world.rotate({}, { context: { api } })).rejects.toMatchObject({ exitCode: 2 });
  expect(world.keysNamed('ci')).toEqual([before]);
});

test('a key whose expiration the server rounded is found', async () => {
  const world = await startWorld();
  const life = 86_400_000;
  seedHeld(world, { name: 'ci', lastUpdateTimestamp: BigInt(testTime - 1000), expiration: BigInt(testTime - 1000 + life) });
  const before = world.held();
  const api = seedingFirst(world, (key) => world.stackState.seed({ name: 'ci', expiration: (key.expiration ?? 0n) - 999n }));
  world.stackState.setFault('create', { kind: 'status', status: 500 });
  await expect(world.rotate({}, { context: { api } })).rejects.toMatchObject({ exitCode: 2 });
  expect(world.keysNamed('ci')).toEqual([before]);
});

test('a key that was delivered, and stands among others now, is not taken back', async () => {
  const world = await startWorld();
  seedHeld(world);
  await world.rotate({}, { step: killedAt('before sync folder of key file') }).catch(() => undefined);
  const fresh = world.held();
  writeFileSync(world.path, `OTHER=1\nAPI_KEY=${fresh}\n`);
  await world.rotate({ deleteOld: false }).catch(() => undefined);
  expect(world.stackState.store.isLive(fresh)).toBe(true);
});

test('a key file that has become a FIFO is refused, and nobody waits for it', async () => {
  const world = await startWorld();
  seedHeld(world);
  await world.rotate({ afterMs: 60_000 }, { step: killedAt('before delete key') }).catch(() => undefined);
  unlinkSync(world.path);
  execFileSync('mkfifo', [world.path]);
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 5 });
  expect(world.stackState.count('delete')).toBe(0);
});

test.each(['before create key', 'before delete key'])(
  'a journal that cannot be removed, killed %s, is said and no defect',
  async (point) => {
    const world = await startWorld();
    seedHeld(world);
    await world.rotate({}, { step: killedAt(point) }).catch(() => undefined);
    const step = (name: string) => {
      if (name === 'before remove journal') throw Object.assign(new Error('no'), { code: 'EACCES' });
    };
    await world.rotate({}, { step });
    expect(world.events).toContainEqual({ kind: 'journal-left', path: pendingPath(world.path), reason: 'EACCES' });
    expect(world.keysNamed('ci')).toEqual([world.held()]);
  },
);

test('a recovery that cannot delete says whose key it is about', async () => {
  const world = await startWorld();
  seedHeld(world);
  await world.rotate({}, { step: killedAt('after create key') }).catch(() => undefined);
  const orphan = world.stackState.keys().at(-1)?.id;
  world.stackState.setFault('delete', { kind: 'status', status: 500 });
  const failure = await world.rotate().catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining(`its key ${orphan}, which nobody holds`) });
});

test('a key file that is changed while the old key is kept keeps the old key', async () => {
  const world = await startWorld();
  const oldId = seedHeld(world);
  const backup = readFileSync(world.path);
  const report = async (event: { kind: string }) => {
    if (event.kind === 'keeping') writeFileSync(world.path, backup);
  };
  const failure = await world.rotate({ afterMs: 3000 }, { context: { report } }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining(`The old key ${oldId} may be in use again`) });
  expect(world.stackState.count('delete')).toBe(0);
  expect(world.stackState.store.isLive(world.held())).toBe(true);
  expect(world.files()).toEqual(['ingestion.key']);
});

test('a key file that is put back after a rotation was killed keeps the old key', async () => {
  const world = await startWorld();
  seedHeld(world);
  const backup = readFileSync(world.path);
  await world.rotate({ afterMs: 60_000 }, { step: killedAt('before delete key') }).catch(() => undefined);
  writeFileSync(world.path, backup);
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 6 });
  expect(world.stackState.count('delete')).toBe(0);
  expect(world.stackState.store.isLive(world.held())).toBe(true);
});

test('a comment in the key file is no other key', async () => {
  const world = await startWorld();
  seedHeld(world);
  await world.rotate({ afterMs: 60_000 }, { step: killedAt('before delete key') }).catch(() => undefined);
  writeFileSync(world.path, `# rotated\nAPI_KEY=${world.held()}\n`);
  await world.rotate();
  expect(world.keysNamed('ci')).toEqual([world.held()]);
});

test('a journal that cannot be removed is said, and what was done stays done', async () => {
  const world = await startWorld();
  seedHeld(world);
  const step = (name: string) => {
    if (name === 'before remove journal') throw Object.assign(new Error('no'), { code: 'EACCES' });
  };
  await expect(world.rotate({}, { step })).resolves.toMatchObject({ deleted: true });
  expect(world.events).toContainEqual({ kind: 'journal-left', path: pendingPath(world.path), reason: 'EACCES' });
  expect(world.keysNamed('ci')).toEqual([world.held()]);
  await world.rotate();
  expect(world.keysNamed('ci')).toEqual([world.held()]);
  expect(world.files()).toEqual(['ingestion.key']);
});
