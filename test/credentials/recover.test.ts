import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pendingPath } from '../../src/destinations/file-journal.ts';
import { systemError } from '../support/interception.ts';
import { failing, failureOf, meanwhile, startWorld } from './support.ts';

describe.each(['keys', 'tokens'] as const)('of %s', (of) => {
  test('a new key that can be neither delivered nor deleted is named, and the next rotation deletes it', async () => {
    const world = await startWorld({ of });
    const { command } = world.credentials.kind.words;
    world.seedHeld();
    const before = world.held();
    world.stackState.setFault(world.route('delete'), { kind: 'status', status: 500 }, { times: 1 });
    const full = failing('before rename key', systemError('ENOSPC'));
    const failure = await failureOf(world.rotate({}, full));
    expect(full.happened()).toBe(1);
    const orphan = world.credentials.living('ci').find(({ secret }) => secret !== before);
    expect(failure).toMatchObject({ exitCode: 6 });
    expect(String(failure.hints)).toContain(`sts ${command} delete --id ${orphan?.id}`);

    await world.rotate();
    expect(world.events).toContainEqual({ kind: 'undone', deletedId: orphan?.id });
    world.expectHealed();
  });

  test('a creation that the server fails after doing it is undone at once', async () => {
    const world = await startWorld({ of });
    world.seedHeld();
    const before = world.held();
    for (const fault of [
      { kind: 'status', status: 500, handler: 'run' },
      { kind: 'reset', handler: 'run' },
      { kind: 'truncate' },
    ] as const) {
      world.stackState.setFault(world.route('create'), fault, { times: 1 });
      await expect(world.rotate()).rejects.toMatchObject({ exitCode: 2 });
      expect(world.held()).toBe(before);
      world.expectHealed(fault.kind);
    }
    expect(world.stackState.count(world.route('create'))).toBe(3);
  });

  test('a creation whose fate cannot be told leaves the journal, and the next rotation looks for it', async () => {
    const world = await startWorld({ of });
    world.seedHeld();
    const before = world.held();
    world.stackState.setFault(world.route('create'), { kind: 'reset', handler: 'run' }, { times: 1 });
    world.stackState.setFault(world.route('list'), { kind: 'status', status: 500 }, { skip: 1 });
    await expect(world.rotate()).rejects.toMatchObject({ exitCode: 11 });
    expect(world.secretsNamed('ci')).toHaveLength(2);
    expect(world.held()).toBe(before);

    world.stackState.clearFaults();
    await world.rotate();
    expect(world.events[0]).toMatchObject({ kind: 'undone' });
    world.expectHealed();
  });

  test('a creation that takes effect only after its sender was killed is found as well', async () => {
    const world = await startWorld({ of });
    world.seedHeld();
    await world.killed('before kind.create');
    let late: bigint | undefined;
    const report = ({ kind }: { readonly kind: string }) => {
      if (kind === 'searching') late ??= world.seedNow();
    };
    await world.rotate({}, { report });
    expect(late).toBeDefined();
    expect(world.events).toContainEqual({ kind: 'undone', deletedId: late });
    world.expectHealed();
  });

  test('a recovery that has to wait says so before it waits, and for how long', async () => {
    const world = await startWorld({ of });
    world.seedHeld();
    await world.killed('before kind.create');
    const waited: number[] = [];
    const started = world.clock.now();
    await world.rotate({}, { report: ({ kind }) => void (kind === 'searching' && waited.push(world.clock.now() - started)) });
    expect(waited[0]).toBe(0);
    expect(world.events[0]).toEqual({ kind: 'searching', remainingMs: 5000 });
    world.expectHealed();
  });

  test('a creation is waited for as long as its request was given, twice', async () => {
    const world = await startWorld({ of });
    world.seedHeld();
    const kind = { ...world.credentials.kind, timeoutMs: 30_000 };
    const killing = failing('before kind.create', new Error('killed'));
    await world.rotate({}, { ...killing, kind }).catch(() => undefined);
    expect(killing.happened()).toBe(1);
    const started = world.clock.now();
    await world.rotate();
    expect(world.clock.now() - started).toBeGreaterThanOrEqual(59_000);
    world.expectHealed();
  });

  test('keys of the name that others made long after a rotation broke off are named and left alone, and the journal stays', async () => {
    const world = await startWorld({ of });
    const { command, short } = world.credentials.kind.words;
    world.seedHeld();
    await world.killed('before kind.create');
    world.clock.advance(3_600_000);
    const id = world.seedNow();
    for (let run = 0; run < 2; run++) {
      const failure = await failureOf(world.rotate());
      expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining(`the ${short} ${id}`) });
      expect(String(failure.hints)).toContain(`sts ${command} delete --id ${id}`);
      expect(String(failure.hints)).toContain(`rm ${pendingPath(world.path)}`);
    }
    expect(world.stackState.count(world.route('delete'))).toBe(0);
    expect(existsSync(pendingPath(world.path))).toBe(true);
  });

  test('where several keys may be the orphan none is deleted', async () => {
    const world = await startWorld({ of });
    world.seedHeld();
    await world.killed('before kind.create');
    const ids = [world.seedNow(), world.seedNow()];
    const failure = await failureOf(world.rotate());
    expect(failure).toMatchObject({ exitCode: 3 });
    for (const id of ids) expect(String(failure.hints)).toContain(`delete --id ${id}`);
    expect(world.stackState.count(world.route('delete'))).toBe(0);
  });

  test('an old key that cannot be deleted is named; the next rotation deletes it', async () => {
    const world = await startWorld({ of });
    const { short } = world.credentials.kind.words;
    const oldId = world.seedHeld();
    world.stackState.setFault(world.route('delete'), { kind: 'status', status: 500 }, { times: 1 });
    const failure = await failureOf(world.rotate());
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining(`the old ${short} ${oldId} was not deleted`) });
    await world.rotate();
    world.expectHealed();
  });
});

test('a rotation by id goes on with the successor when it finishes a broken-off one', async () => {
  const world = await startWorld();
  const oldId = world.seedHeld();
  await world.killed('before kind.delete', { target: { id: oldId } });
  await world.rotate({ target: { id: oldId } });
  world.expectHealed();
});

test('a rotation by the id of another key does not touch what an earlier one made', async () => {
  const world = await startWorld();
  world.seedHeld();
  const other = world.stackState.seed({ name: 'other' });
  await world.killed('after kind.create');
  const failure = await failureOf(world.rotate({ target: { id: other.id } }));
  expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining('it is about "ci"') });
  expect(world.stackState.count('delete')).toBe(0);
  await world.rotate();
  world.expectHealed();
});

test('a journal of another server, or one that makes no sense, stops the rotation and is left alone', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('before kind.create');
  const elsewhere = { ...world.credentials.kind, server: 'https://other.example.com' };
  await expect(world.rotate({}, { kind: elsewhere })).rejects.toMatchObject({ exitCode: 3 });
  writeFileSync(pendingPath(world.path), '{"stage":"created"}');
  chmodSync(pendingPath(world.path), 0o600);
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 5 });
  expect(readFileSync(pendingPath(world.path), 'utf8')).toBe('{"stage":"created"}');
  expect(world.stackState.count('create')).toBe(0);
});

test('a journal of another kind of credential stops the rotation and is left alone', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('after kind.create');
  const words = { ...world.credentials.kind.words, command: 'service-token' };
  const failure = await failureOf(world.rotate({}, { kind: { ...world.credentials.kind, words } }));
  expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining('another kind of credential') });
  expect(String(failure.hints)).toContain('sts ingestion-api-key renew --name ci --key-file');
  expect(world.stackState.count('delete')).toBe(0);
  await world.rotate();
  world.expectHealed();
});

test('a token whose id the list did not tell is found and deleted by the next run', async () => {
  const world = await startWorld({ of: 'tokens' });
  world.seedHeld();
  // The list lags: it shows the token only once the run is gone.
  const { kind } = world.credentials;
  const shown = new Set(world.credentials.living('ci').map(({ id }) => id));
  const lagging = {
    ...kind,
    async list() {
      const listing = await kind.list();
      return { ...listing, credentials: listing.credentials.filter(({ id }) => shown.has(id)) };
    },
  };
  const killing = failing('before kind.verify', new Error('killed'));
  await world.rotate({}, { ...killing, kind: lagging }).catch(() => undefined);
  expect(killing.happened()).toBe(1);
  expect(world.events).toContainEqual({ kind: 'unidentified', candidates: [] });
  const orphan = world.credentials.living('ci').at(-1)?.id;
  await world.rotate();
  expect(world.events).toContainEqual({ kind: 'undone', deletedId: orphan });
  world.expectHealed();
});

test('a rotation that is asked for again may ask for the old key to go sooner, never later', async () => {
  for (const [asked, left] of [
    [60_000, 60_000],
    [7_200_000, 3_600_000],
  ] as const) {
    const world = await startWorld();
    world.seedHeld();
    await world.rotate({ afterMs: 3_600_000, noWait: true });
    const kept: number[] = [];
    const report = (event: { readonly kind: string; readonly remainingMs?: number }) => {
      if (event.kind === 'keeping') kept.push(event.remainingMs ?? Number.NaN);
    };
    await world.rotate({ afterMs: asked }, { report });
    expect(kept[0]).toBe(left);
  }
});

test('the end of the old key is reckoned by the server, though the clock here is hours slow', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.rotate({ afterMs: 3_600_000, noWait: true });
  world.clock.jump(-6 * 3_600_000);
  const kept: number[] = [];
  const report = (event: { readonly kind: string; readonly remainingMs?: number }) => {
    if (event.kind === 'keeping') kept.push(event.remainingMs ?? Number.NaN);
  };
  await world.rotate({ afterMs: 60_000 }, { report });
  expect(kept[0]).toBe(60_000);
  expect(world.events).toContainEqual({ kind: 'clock', aheadMs: 6 * 3_600_000 });
  world.expectHealed();
});

test('an earlier run is claimed before anything is done about it, so that a run which thaws sees that', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('after kind.create');
  const seen: string[] = [];
  const watching = meanwhile('before kind.delete', () => seen.push(readFileSync(pendingPath(world.path), 'utf8')));
  await world.rotate({}, { ...watching, id: 'the-second-run' });
  expect(watching.happened()).toBe(true);
  expect(seen[0]).toContain('"run": "the-second-run"');
});

test('a journal in a folder that others may write, or that others may write itself, is not trusted', async () => {
  for (const open of [(path: string) => chmodSync(pendingPath(path), 0o660), (path: string) => chmodSync(dirname(path), 0o777)]) {
    const world = await startWorld();
    world.seedHeld();
    await world.killed('after kind.create');
    open(world.path);
    const failure = await failureOf(world.rotate());
    expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('cannot be trusted') });
    expect(world.stackState.count('delete')).toBe(0);
    expect(existsSync(pendingPath(world.path))).toBe(true);
  }
});

test.each([
  ['the new key, which it has to undo', 'before kind.verify'],
  ['the old key, which it has to delete', 'before kind.delete'],
])('a journal that names a key of another name for %s deletes nothing', async (_what, at) => {
  const world = await startWorld();
  const oldId = world.seedHeld();
  const other = world.stackState.seed({ name: 'other' });
  await world.killed(at);
  const named = at === 'before kind.verify' ? world.stackState.keys().at(-1)?.id : oldId;
  const journal = readFileSync(pendingPath(world.path), 'utf8');
  const planted = journal.replaceAll(`"${named}"`, `"${other.id}"`);
  expect(planted).not.toBe(journal);
  writeFileSync(pendingPath(world.path), planted);
  const failure = await failureOf(world.rotate());
  expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining('it is named "other"') });
  expect(world.stackState.count('delete')).toBe(0);
});
