import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { CredentialKind } from '../../src/credentials/ports.ts';
import { pendingPath } from '../../src/destinations/file-journal.ts';
import { killer } from '../support/interception.ts';
import { type FileWorld, failureOf, startWorld } from './support.ts';

// Inside the program time is told by a clock that never jumps; between programs by the server's; and where neither can be trusted,
// nothing is deleted and no journal is dropped.

const hour = 3_600_000;

/** The server's clock as the program sees it. */
function telling({ credentials: { kind } }: FileWorld, change: (time: number) => number | undefined): CredentialKind {
  return {
    ...kind,
    async list(call) {
      const { serverTime, ...listing } = await kind.list(call);
      const told = change(serverTime ?? Number.NaN);
      return { ...listing, ...(told === undefined ? {} : { serverTime: told }) };
    },
  };
}

test.each([hour, -hour])(
  'with --after 6s the old key is kept for six seconds, though the wall clock jumps by %i ms',
  async (jump) => {
    const world = await startWorld();
    world.seedHeld();
    const started = world.clock.monotonic();
    let jumped = false;
    const report = ({ kind }: { readonly kind: string }) => {
      if (kind === 'keeping' && !jumped) world.clock.jump(jump);
      jumped ||= kind === 'keeping';
    };
    await world.rotate({ afterMs: 6000 }, { report });
    expect(jumped).toBe(true);
    expect(world.clock.monotonic() - started).toBeGreaterThanOrEqual(6000);
    expect(world.clock.monotonic() - started).toBeLessThan(10_000);
    world.expectHealed();
  },
);

test.each([hour, -hour])('a new key is verified for 30 s, though the wall clock jumps by %i ms', async (jump) => {
  const world = await startWorld();
  world.seedHeld();
  const { kind } = world.credentials;
  const verify: typeof kind.verify = async () => {
    world.clock.jump(jump);
    return 'invalid';
  };
  const started = world.clock.monotonic();
  await expect(world.rotate({}, { kind: { ...kind, verify } })).rejects.toMatchObject({ exitCode: 2 });
  expect(world.clock.monotonic() - started).toBeGreaterThan(20_000);
  expect(world.clock.monotonic() - started).toBeLessThanOrEqual(40_000);
});

test.each([
  ['tells another time, six hours ahead', (time: number) => time + 6 * hour],
  ['tells another time, six hours behind', (time: number) => time - 6 * hour],
  ['tells no time', () => undefined],
])('a gateway that %s in the recovery does not make a late key be forgotten', async (_what, change) => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('before kind.create');
  let late: bigint | undefined;
  const report = ({ kind }: { readonly kind: string }) => {
    if (kind === 'searching') late ??= world.credentials.seed({ name: 'ci', lastUpdateTimestamp: BigInt(world.clock.now()) }).id;
  };
  const failure: unknown = await world.rotate({}, { kind: telling(world, change), report }).catch((error: unknown) => error);
  expect(late).toBeDefined();
  // It is deleted, or named while the journal stays.
  if (failure === undefined || !(failure instanceof Error)) world.expectHealed();
  else {
    expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining(String(late)) });
    expect(existsSync(pendingPath(world.path))).toBe(true);
  }
});

test.each([6 * hour, -6 * hour])(
  'a clock here that is set by %i ms before the recovery does not make a late key be forgotten',
  async (jump) => {
    const world = await startWorld();
    world.seedHeld();
    await world.killed('before kind.create');
    world.clock.jump(jump);
    let late: bigint | undefined;
    const report = ({ kind }: { readonly kind: string }) => {
      if (kind === 'searching')
        late ??= world.credentials.seed({ name: 'ci', lastUpdateTimestamp: BigInt(world.clock.serverNow()) }).id;
    };
    await world.rotate({}, { report });
    expect(late).toBeDefined();
    expect(world.events).toContainEqual({ kind: 'undone', deletedId: late });
    world.expectHealed();
  },
);

test.each([6 * hour, -6 * hour])('a key that is stamped %i ms off is named, and the journal stays', async (skew) => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('before kind.create');
  world.clock.advance(2 * 60_000);
  const { id } = world.credentials.seed({ name: 'ci', lastUpdateTimestamp: BigInt(world.clock.now() + skew) });
  for (let run = 0; run < 2; run++) {
    const failure = await failureOf(world.rotate());
    expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining(`the key ${id}`) });
    expect(existsSync(pendingPath(world.path))).toBe(true);
  }
  expect(world.stackState.count('delete')).toBe(0);
});

test('without a Date header a rotation, and the end of a broken-off one, go by the clock here', async () => {
  const world = await startWorld();
  world.seedHeld();
  const kind = telling(world, () => undefined);
  const { hook, killed } = killer('before kind.delete');
  await world.rotate({ afterMs: 60_000 }, { kind, hook }).catch(() => undefined);
  expect(killed()).toBe(true);
  await world.rotate({ afterMs: 60_000 }, { kind });
  world.expectHealed();
});

test('with --no-wait the time of the old key is over when the server says so, whatever the clock here says', async () => {
  for (const jump of [30 * 24 * hour, -30 * 24 * hour]) {
    const world = await startWorld();
    const oldId = world.seedHeld();
    await world.rotate({ afterMs: hour, noWait: true });
    world.clock.jump(jump);
    const early = await failureOf(world.rotate({ afterMs: hour, noWait: true }));
    expect(early).toMatchObject({ exitCode: 3, message: expect.stringContaining('for another 3600 s') });
    expect(world.stackState.keys().map(({ id }) => id)).toContain(oldId);
    world.clock.advance(hour);
    await world.rotate();
    world.expectHealed();
  }
});
