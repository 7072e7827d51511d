import { chownSync, existsSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CredentialKind, Listing } from '../../src/credentials/ports.ts';
import { pendingPath } from '../../src/destinations/file-journal.ts';
import { DeliveryUnknownError } from '../../src/errors.ts';
import { systemError } from '../support/interception.ts';
import { type FileWorld, failing, failureOf, startWorld } from './support.ts';

// Lists that lag, lists with rows that cannot be read, responses that say the wrong thing, and journals that somebody planted.

/** The list as the program sees it. @param change gives what is seen of the `n`th look, from 0. */
function seeing({ credentials: { kind } }: FileWorld, change: (listing: Listing, n: number) => Listing): CredentialKind {
  let looks = 0;
  return { ...kind, list: async (call) => change(await kind.list(call), looks++) };
}

const rejected = ['Row 3 of the list is no ingestion API key: its id is missing.'];

describe.each(['keys', 'tokens'] as const)('of %s', (of) => {
  test('a creation that failed with 500, and whose key the list shows only after a minute, is undone by the next run', async () => {
    const world = await startWorld({ of });
    const oldId = world.seedHeld();
    world.stackState.setFault(world.route('create'), { kind: 'status', status: 500, handler: 'run' }, { times: 1 });
    const lagging = seeing(world, (listing) => ({
      ...listing,
      credentials: listing.credentials.filter(({ id }) => id === oldId),
    }));
    const failure = await failureOf(world.rotate({}, { kind: lagging }));
    expect(failure).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(`lists no new ${world.credentials.kind.words.short}`),
    });
    expect(existsSync(pendingPath(world.path))).toBe(true);

    world.clock.advance(30_000);
    const orphan = world.credentials.living('ci').at(-1)?.id;
    await world.rotate();
    expect(world.events).toContainEqual({ kind: 'undone', deletedId: orphan });
    world.expectHealed();
  });

  test('a creation whose connection was reset, with a short deadline, and that takes effect seconds later', async () => {
    const world = await startWorld({ of });
    world.seedHeld();
    world.stackState.setFault(world.route('create'), { kind: 'reset' }, { times: 1 });
    const kind = { ...world.credentials.kind, timeoutMs: 100 };
    await expect(world.rotate({}, { kind })).rejects.toMatchObject({ exitCode: 11 });
    let late: bigint | undefined;
    const report = (event: { readonly kind: string }) => {
      if (event.kind === 'searching' && world.clock.monotonic() > 3000) late ??= world.seedNow();
    };
    await world.rotate({}, { kind, report });
    expect(late).toBeDefined();
    expect(world.events).toContainEqual({ kind: 'undone', deletedId: late });
    world.expectHealed();
  });

  test('while rows cannot be read, one of them may be what a broken-off run made: the journal stays', async () => {
    const world = await startWorld({ of });
    world.seedHeld();
    await world.killed('after kind.create');
    const orphan = world.credentials.living('ci').at(-1)?.id;
    const unreadable = seeing(world, (listing) => ({
      ...listing,
      credentials: listing.credentials.filter(({ id }) => id !== orphan),
      rejected,
    }));
    const failure = await failureOf(world.rotate({}, { kind: unreadable }));
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining('rows that cannot be read') });
    expect(failure.hints).toContain(rejected[0]);
    expect(existsSync(pendingPath(world.path))).toBe(true);
    expect(world.stackState.count(world.route('delete'))).toBe(0);
    await world.rotate();
    world.expectHealed();
  });

  test('while rows cannot be read, a rotation goes on, says which they are, and deletes what it knows by its id', async () => {
    const world = await startWorld({ of });
    world.seedHeld();
    await world.rotate({}, { kind: seeing(world, (listing) => ({ ...listing, rejected })) });
    expect(world.events).toContainEqual({ kind: 'rejected', rows: rejected });
    world.expectHealed();
  });

  test.each([500, 502, 504])('a deletion that was done and answered with %i is looked up, and is done', async (status) => {
    const world = await startWorld({ of });
    world.seedHeld();
    world.stackState.setFault(world.route('delete'), { kind: 'status', status, handler: 'run' });
    await expect(world.rotate()).resolves.toMatchObject({ fate: 'deleted' });
    world.expectHealed();
  });
});

test('while rows cannot be read, and the new key is in none that can, and nothing verifies it: the old key is kept', async () => {
  const world = await startWorld();
  const oldId = world.seedHeld();
  const kind = seeing(world, (listing) => ({
    ...listing,
    credentials: listing.credentials.filter(({ id }) => id === oldId),
    rejected,
  }));
  const failure = await failureOf(world.rotate({ verify: false }, { kind }));
  expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining(`the old key ${oldId} was not deleted`) });
  await world.rotate();
  world.expectHealed();
});

test('a row that stands in the list twice is one key', async () => {
  const world = await startWorld();
  world.seedHeld();
  const [key] = world.stackState.keys();
  const row = `{"id":${key?.id},"name":"ci","lastUpdateTimestamp":${key?.lastUpdateTimestamp}}`;
  world.stackState.setFault('list', { kind: 'body', text: `[${row},${row}]` }, { times: 1 });
  await world.rotate();
  world.expectHealed();
});

test('a token whose id is not known is asked about, --no-verify or not, before the old one goes', async () => {
  const world = await startWorld({ of: 'tokens' });
  const oldId = world.seedHeld();
  // The list never shows the new one.
  const kind = seeing(world, (listing) => ({ ...listing, credentials: listing.credentials.filter(({ id }) => id === oldId) }));
  const report = (event: { readonly kind: string }) => {
    const [, fresh] = world.credentials.living('ci');
    if (event.kind === 'keeping' && fresh !== undefined) world.credentials.remove(fresh.id);
  };
  await expect(world.rotate({ verify: false, afterMs: 3000 }, { kind, report })).rejects.toMatchObject({
    message: expect.stringContaining(`the old token ${oldId} was not deleted`),
  });
  expect(world.credentials.living('ci').map(({ id }) => id)).toEqual([oldId]);
});

test('a folder that cannot be brought to the disk after the rename keeps both keys, and the next run goes on', async () => {
  const world = await startWorld();
  const oldId = world.seedHeld();
  // The journal's folder is synced before: after each of its writes.
  let renamed = false;
  const broken = failing('before syncFolder', systemError('EIO'));
  const failure = await failureOf(
    world.rotate(
      {},
      {
        hook: async (moment) => {
          if (renamed) await broken.hook(moment);
          renamed ||= moment.call === 'rename key' && moment.when === 'after';
        },
      },
    ),
  );
  expect(broken.happened()).toBe(1);
  expect(failure).toBeInstanceOf(DeliveryUnknownError);
  expect(world.stackState.keys().map(({ id }) => id)).toContain(oldId);
  expect(world.stackState.count('delete')).toBe(0);
  expect(world.credentials.isLive(world.held())).toBe(true);
  await world.rotate();
  world.expectHealed();
});

test('a journal that another user has planted is not trusted', async () => {
  if (process.getuid?.() !== 0) return void console.info('not tested here: this account may not be another one');
  const world = await startWorld();
  world.seedHeld();
  await world.killed('after kind.create');
  chownSync(pendingPath(world.path), 12_345, 12_345);
  const failure = await failureOf(world.rotate());
  expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('cannot be trusted: another user owns it') });
  expect(String(failure.hints)).toContain(`rm ${pendingPath(world.path)}`);
  expect(world.stackState.count('delete')).toBe(0);
});

test.each(['', 'nonsense', '{}', '[]', 'null', '{"version":1,"stage":"creating"}'])(
  'a journal that holds %j is an error of a file, not quoted, and left alone',
  async (text) => {
    const world = await startWorld();
    world.seedHeld();
    writeFileSync(pendingPath(world.path), text, { mode: 0o600 });
    const failure = await failureOf(world.rotate());
    expect(failure).toMatchObject({ exitCode: 5 });
    expect(existsSync(pendingPath(world.path))).toBe(true);
    expect(world.stackState.requests).toEqual([]);
  },
);

test('an undelivered key that is the only one that works is delivered by the next run', async () => {
  for (const of of ['keys', 'tokens'] as const) {
    const world = await startWorld({ of });
    const oldId = world.seedHeld();
    await world.killed('before file.truncate key');
    world.credentials.remove(oldId);
    const [only] = world.credentials.living('ci');
    await world.rotate({ deleteOld: false });
    expect(world.events).toContainEqual({ kind: 'rescued', newId: only?.id });
    expect(world.credentials.isLive(world.held())).toBe(true);
  }
});

test('an undelivered key stays in the journal where the old one no longer works, and the next run delivers it', async () => {
  const world = await startWorld();
  const oldId = world.seedHeld();
  const full = failing('before rename key', systemError('ENOSPC'));
  const hook = async (moment: Parameters<typeof full.hook>[0]) => {
    if (moment.call === 'rename key') world.credentials.remove(oldId);
    await full.hook(moment);
  };
  const failure = await failureOf(world.rotate({}, { hook }));
  expect(failure).toMatchObject({
    exitCode: 6,
    message: expect.stringContaining('no longer works either, so the new one is kept'),
  });
  expect(world.credentials.living('ci')).toHaveLength(1);
  await world.rotate();
  expect(world.events).toContainEqual(expect.objectContaining({ kind: 'rescued' }));
  world.expectHealed();
});
