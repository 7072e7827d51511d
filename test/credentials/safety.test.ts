import { execFileSync } from 'node:child_process';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Credential, CredentialKind, NewCredential } from '../../src/credentials/ports.ts';
import { pendingPath } from '../../src/destinations/file-journal.ts';
import { type Moment, systemError } from '../support/interception.ts';
import { testTime } from '../support/stackstate.ts';
import { type FileWorld, failing, failureOf, meanwhile, startWorld } from './support.ts';

// A key that somebody uses is never deleted, whatever the server says and whoever else is at work.

/** Makes a key of its own right before the program creates one: somebody else's, or the one whose response is lost. */
function seedingFirst({ credentials: { kind } }: FileWorld, seed: (wanted: NewCredential) => unknown): CredentialKind {
  return {
    ...kind,
    async create(wanted, call) {
      seed(wanted);
      return kind.create(wanted, call);
    },
  };
}

/** The list as the program sees it: `change` gives what it shows of the `n`th look, from 0. */
function listing(
  { credentials: { kind } }: FileWorld,
  change: (rows: readonly Credential[], n: number) => readonly Credential[],
) {
  let looks = 0;
  return {
    ...kind,
    async list() {
      const seen = await kind.list();
      return { ...seen, credentials: change(seen.credentials, looks++) };
    },
  };
}

/** A response to the creation that is about the key `id`. */
function respondWith(
  { stackState }: FileWorld,
  { id, name = 'ci', secret }: { id: bigint; name?: string; secret: boolean },
): void {
  const apiKey = secret ? '"apiKey":"iapikeyok-x",' : '';
  const body = `{"id":${id},${apiKey}"name":"${name}","lastUpdateTimestamp":1}`;
  stackState.setFault('create', { kind: 'status', status: 200, body });
}

test.each([true, false])('a response about a key that was there before (with a secret: %s) costs no key', async (secret) => {
  const world = await startWorld();
  const oldId = world.seedHeld();
  const other = world.stackState.seed({ name: 'other' });
  for (const id of [oldId, other.id]) {
    respondWith(world, { id, secret });
    await expect(world.rotate()).rejects.toMatchObject({ exitCode: 11 });
    expect(world.stackState.count('delete')).toBe(0);
    expect(world.secretsNamed('ci')).toEqual([world.held()]);
    unlinkSync(pendingPath(world.path));
  }
});

test('a key of the name that differs from what was asked for is named and left alone', async () => {
  const world = await startWorld();
  world.seedHeld();
  const foreign = { value: 0n };
  const kind = seedingFirst(world, () => {
    foreign.value = world.stackState.seed({ name: 'ci', description: 'somebody else made this' }).id;
  });
  world.stackState.setFault('create', { kind: 'status', status: 503 });
  const failure = await failureOf(world.rotate({}, { kind }));
  expect(failure).toMatchObject({ exitCode: 11 });
  expect(String(failure.hints)).toContain(`delete --id ${foreign.value}`);
  expect(world.stackState.count('delete')).toBe(0);
});

test('a key that somebody makes minutes after a rotation broke off is named and left alone', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('before kind.create');
  world.clock.advance(5 * 60_000);
  const { id } = world.stackState.seed({ name: 'ci' });
  const failure = await failureOf(world.rotate());
  expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining(`the key ${id}`) });
  expect(world.stackState.count('delete')).toBe(0);
});

test('a name that is taken may be taken by somebody else: the key is named, nothing is deleted, now or by the next run', async () => {
  const world = await startWorld();
  const oldId = world.seedHeld();
  const foreign = { value: 0n };
  const kind = seedingFirst(world, () => {
    foreign.value = world.stackState.seed({ name: 'ci' }).id;
  });
  world.stackState.setFault('create', { kind: 'status', status: 409, body: '{"message":"exists"}' });
  const failure = await failureOf(world.rotate({}, { kind }));
  expect(failure).toMatchObject({ exitCode: 11 });
  expect(String(failure.hints)).toContain(`delete --id ${foreign.value}`);
  expect(world.destination.leftovers()).toEqual([]);
  world.stackState.clearFaults();
  await world.rotate({ target: { id: oldId } });
  expect(world.stackState.keys().map(({ id }) => id)).toContain(foreign.value);
});

test('a name that is taken, and no new key: the list is looked at once, and --new-name is proposed', async () => {
  const world = await startWorld();
  world.seedHeld();
  world.stackState.setFault('create', { kind: 'status', status: 409, body: '{"message":"exists"}' });
  const failure = await failureOf(world.rotate());
  expect(failure).toMatchObject({ exitCode: 2 });
  expect(String(failure.hints)).toContain('--new-name ci-2');
  expect(world.stackState.count('list')).toBe(2);
  world.expectHealed();
});

test('a creation that a proxy sent twice is looked up: the key of the first one is named', async () => {
  const world = await startWorld();
  world.seedHeld();
  world.stackState.setFault('create', { kind: 'status', status: 409, handler: 'run' });
  const failure = await failureOf(world.rotate());
  const made = world.stackState.keys().at(-1)?.id;
  expect(failure).toMatchObject({ exitCode: 11, hints: [expect.stringContaining(`delete --id ${made}`)] });
});

test("a response about a key of another name is about somebody else's key", async () => {
  const world = await startWorld();
  world.seedHeld();
  const { id } = world.stackState.seed({ id: 77n, name: 'other' });
  // Made after the list was taken.
  const kind = listing(world, (rows) => rows.filter((row) => row.id !== id));
  for (const secret of [true, false]) {
    respondWith(world, { id, name: 'other', secret });
    await expect(world.rotate({}, { kind })).rejects.toMatchObject({ exitCode: 11 });
    expect(world.stackState.count('delete')).toBe(0);
    unlinkSync(pendingPath(world.path));
  }
});

test('a key of long ago that the first list did not show is not taken for the new one', async () => {
  const world = await startWorld();
  const heldId = world.seedHeld();
  const { id } = world.stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(testTime - 31_536_000_000) });
  const kind = listing(world, (rows, n) => (n > 0 ? rows : rows.filter((row) => row.id !== id)));
  world.stackState.setFault('create', { kind: 'reset' }, { times: 1 });
  await expect(world.rotate({}, { kind })).rejects.toMatchObject({ exitCode: 11 });
  const failure = await failureOf(world.rotate({ target: { id: heldId } }));
  expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining(`the key ${id}`) });
  expect(world.stackState.count('delete')).toBe(0);
});

test.each([660_000, -360_000])('a key is found though its time is told by a clock %i ms apart', async (skew) => {
  const world = await startWorld();
  world.seedHeld();
  const before = world.held();
  const kind = seedingFirst(world, () =>
    world.stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(world.clock.now() + skew) }),
  );
  world.stackState.setFault('create', { kind: 'status', status: 500 });
  await expect(world.rotate({}, { kind })).rejects.toMatchObject({ exitCode: 2 });
  expect(world.held()).toBe(before);
  world.expectHealed();
});

test('a key whose expiration the server rounded is found', async () => {
  const world = await startWorld();
  const life = 86_400_000;
  world.seedHeld({ name: 'ci', lastUpdateTimestamp: BigInt(testTime - 1000), expiration: BigInt(testTime - 1000 + life) });
  const before = world.held();
  const kind = seedingFirst(world, (key) => world.stackState.seed({ name: 'ci', expiration: (key.expiration ?? 0n) - 999n }));
  world.stackState.setFault('create', { kind: 'status', status: 500 });
  await expect(world.rotate({}, { kind })).rejects.toMatchObject({ exitCode: 2 });
  expect(world.held()).toBe(before);
  world.expectHealed();
});

test('a key that was delivered, and stands among others now, is not taken back', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('after rename key');
  const fresh = world.held();
  writeFileSync(world.path, `OTHER=1\nAPI_KEY=${fresh}\n`);
  const failure = await failureOf(world.rotate({ deleteOld: false }));
  expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining('has 2 variables') });
  expect(world.stackState.count('delete')).toBe(0);
  expect(world.stackState.store.isLive(fresh)).toBe(true);
});

test('a key file that cannot be looked at is not taken for one that is gone', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('before kind.delete');
  const broken = failing('before read', systemError('EIO'), Number.POSITIVE_INFINITY);
  await expect(world.rotate({}, broken)).rejects.toMatchObject({ exitCode: 5 });
  expect(broken.happened()).toBe(1);
  expect(world.stackState.count('delete')).toBe(0);
  await world.rotate();
  world.expectHealed();
});

test('a key file that has become a FIFO is refused, and nobody waits for it', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('before kind.delete', { afterMs: 60_000 });
  unlinkSync(world.path);
  execFileSync('mkfifo', [world.path]);
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 5 });
  expect(world.stackState.count('delete')).toBe(0);
});

test.each(['before kind.create', 'before kind.delete'])(
  'a journal that cannot be removed, killed %s, is said and no defect',
  async (point) => {
    const world = await startWorld();
    world.seedHeld();
    await world.killed(point);
    const stuck = failing('before unlink journal', systemError('EACCES'), Number.POSITIVE_INFINITY);
    await world.rotate({}, stuck);
    expect(stuck.happened()).toBeGreaterThan(0);
    const reason = `The journal ${pendingPath(world.path)} could not be removed: permission denied.`;
    expect(world.events).toContainEqual({ kind: 'journal-left', place: pendingPath(world.path), reason });
    expect(world.secretsNamed('ci')).toEqual([world.held()]);
  },
);

test('a recovery that cannot delete says whose key it is about', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('after kind.create');
  const orphan = world.stackState.keys().at(-1)?.id;
  world.stackState.setFault('delete', { kind: 'status', status: 500 });
  const failure = await failureOf(world.rotate());
  expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining(`the key ${orphan}, which nobody holds`) });
});

test('a key file that is changed while the old key is kept keeps the old key', async () => {
  const world = await startWorld();
  const oldId = world.seedHeld();
  const backup = readFileSync(world.path);
  const report = ({ kind }: { readonly kind: string }) => {
    if (kind === 'keeping') writeFileSync(world.path, backup);
  };
  const failure = await failureOf(world.rotate({ afterMs: 3000 }, { report }));
  expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining(`the old key ${oldId} was not deleted`) });
  expect(failure.message).toContain('somebody changed it after the delivery');
  expect(world.stackState.count('delete')).toBe(0);
  expect(world.stackState.store.isLive(world.held())).toBe(true);
  expect(world.destination.leftovers()).toEqual([]);
});

test('what somebody has put into the file since a rotation broke off is not taken for what that one was creating', async () => {
  for (const of of ['keys', 'tokens'] as const) {
    const world = await startWorld({ of });
    world.seedHeld();
    await world.killed('before kind.create');
    // As it was asked for, and made in the time that the creation had.
    const lastUpdateTimestamp = BigInt(world.clock.serverNow());
    world.seedHeld({ name: 'ci', lastUpdateTimestamp, ...(of === 'tokens' ? { roles: ['ingestion'] } : {}) });
    const failure = await failureOf(world.rotate());
    expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining('may be the one. Nothing was deleted.') });
    expect(world.credentials.living('ci')).toHaveLength(2);
    expect(world.credentials.isLive(world.held())).toBe(true);
  }
});

test('somebody takes the journal right before the key file is replaced: it stays as it was, and the new key is gone', async () => {
  const world = await startWorld();
  world.seedHeld();
  const before = world.held();
  const taking = meanwhile('before file.close key', () => unlinkSync(pendingPath(world.path)));
  const failure = await failureOf(world.rotate({}, { hook: taking.hook }));
  expect(taking.happened()).toBe(true);
  expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('The new key was deleted again.') });
  expect(world.held()).toBe(before);
  world.expectHealed();
});

test.each(['takes the journal over', 'removes the journal'])(
  'somebody %s right before the old key goes: it stays, and both are said to live',
  async (what) => {
    const world = await startWorld();
    const oldId = world.seedHeld();
    let looks = 0;
    const hook = async ({ call, when }: Moment) => {
      if (call !== 'kind.verify' || when !== 'before' || ++looks < 2) return;
      const path = pendingPath(world.path);
      if (what === 'removes the journal') return unlinkSync(path);
      writeFileSync(path, readFileSync(path, 'utf8').replace('"the-first-run"', '"the-second-run"'), { mode: 0o600 });
    };
    const failure = await failureOf(world.rotate({}, { hook, id: 'the-first-run' }));
    expect(looks).toBe(2);
    expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining(`the old key ${oldId} was not deleted`) });
    expect(world.stackState.count('delete')).toBe(0);
    if (what === 'removes the journal') return;
    await world.rotate();
    world.expectHealed();
  },
);

test('a key file that is put back after a rotation was killed keeps the old key', async () => {
  const world = await startWorld();
  world.seedHeld();
  const backup = readFileSync(world.path);
  await world.killed('before kind.delete', { afterMs: 60_000 });
  writeFileSync(world.path, backup);
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 6 });
  expect(world.stackState.count('delete')).toBe(0);
  expect(world.stackState.store.isLive(world.held())).toBe(true);
});

test('a comment in the key file is no other key', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('before kind.delete', { afterMs: 60_000 });
  writeFileSync(world.path, `# rotated\nAPI_KEY=${world.held()}\n`);
  await world.rotate();
  const held = readFileSync(world.path, 'utf8');
  expect(world.secretsNamed('ci').map((secret) => `# rotated\nAPI_KEY=${secret}\n`)).toEqual([held]);
});

test('a journal that cannot be removed is said, and what was done stays done', async () => {
  const world = await startWorld();
  world.seedHeld();
  const stuck = failing('before unlink journal', systemError('EACCES'));
  await expect(world.rotate({}, stuck)).resolves.toMatchObject({ fate: 'deleted' });
  expect(stuck.happened()).toBe(1);
  expect(world.events).toContainEqual(expect.objectContaining({ kind: 'journal-left', place: pendingPath(world.path) }));
  expect(world.secretsNamed('ci')).toEqual([world.held()]);
  await world.rotate();
  world.expectHealed();
});

test('a response without a usable key names an id: it is deleted if it was made since, else named', async () => {
  for (const isNew of [true, false]) {
    const world = await startWorld();
    const made = isNew ? BigInt(world.clock.now()) : BigInt(world.clock.now() - 86_400_000);
    const { id } = world.stackState.seed({ name: 'ci', lastUpdateTimestamp: made });
    respondWith(world, { id, secret: false });
    // Without a list first, as `create` does for stdout.
    const { stdoutDestination } = await import('../../src/destinations/stdout.ts');
    const destination = stdoutDestination({ prove: () => {}, show: async () => {} });
    const failure = await failureOf(world.create({}, { destination }));
    expect(failure).toMatchObject({ exitCode: isNew ? 2 : 11 });
    expect(world.stackState.keys()).toHaveLength(isNew ? 0 : 1);
  }
});

test('a deletion that is confirmed while the key is listed still is said as it is', async () => {
  const world = await startWorld();
  world.seedHeld();
  world.stackState.setFault('delete', { kind: 'status', status: 204, body: '' });
  const full = failing('before rename key', systemError('ENOSPC'));
  const failure = await failureOf(world.rotate({}, full));
  const orphan = world.stackState.keys().at(-1)?.id;
  expect(failure.message).toContain(`The server confirmed the deletion of the key ${orphan}, but still lists it.`);
  expect(failure).toMatchObject({ exitCode: 6 });
  world.stackState.clearFaults();
  await world.rotate();
  world.expectHealed();
});

test('a list that shows a deleted key for a moment is no trouble', async () => {
  const world = await startWorld();
  world.seedHeld();
  let gone: readonly Credential[] = [];
  let late = 0;
  const kind = listing(world, (rows) => (gone.length > 0 && late++ < 2 ? gone : rows));
  const full = failing('before rename key', systemError('ENOSPC'));
  const remember = meanwhile('before kind.delete', async () => {
    gone = (await world.credentials.kind.list()).credentials;
  });
  const hook = async (moment: Parameters<typeof full.hook>[0]) => {
    await remember.hook(moment);
    await full.hook(moment);
  };
  const failure = await failureOf(world.rotate({}, { kind, hook }));
  expect(remember.happened()).toBe(true);
  expect(late).toBe(3);
  expect(failure.message).toContain('The new key was deleted again.');
  world.expectHealed();
});
