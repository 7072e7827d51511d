import { afterAll, describe, expect, test } from 'vitest';
import { type RenewalPlan, renew } from '../../src/credentials/renew.ts';
import { plan, type World, worldOf } from '../credentials/support.ts';
import { count } from '../support/counts.ts';
import { type Hook, killer, type Moment } from '../support/interception.ts';
import { testTime } from '../support/stackstate.ts';
import { testClock } from '../support/test-clock.ts';
import { journaledCases } from './destinations.ts';
import { kindCases } from './kinds.ts';

// A run is stopped before and after every call to the disk, to StackState and to Kubernetes; the next one, which knows nothing of it but
// what stands in the destination, brings everything to its end. Each destination that keeps a journal, with each kind of credential.

let points = 0;

afterAll(() => count('kill points', points));

interface Verb {
  readonly title: string;
  /** What there is before. */
  begin(world: World): void;
  /** @returns false where there was nothing left to do. */
  run(world: World, hook?: Hook): Promise<unknown>;
}

const day = 86_400_000n;

const verbsOf = (common: object): readonly Verb[] => [
  { title: 'rotate', begin: (world) => void world.seedHeld(), run: (world, hook) => world.rotate({}, given(hook)) },
  {
    title: 'create',
    begin: () => {},
    // One that was delivered is found by the next one, which then has no place for its own.
    run: async (world, hook) => {
      try {
        await world.create({ wanted: { name: 'ci', ...common } }, given(hook));
      } catch (error) {
        if (world.destination.held() === undefined || !String(error).match(/exists already|holds a key already|unfinished/))
          throw error;
      }
    },
  },
  {
    title: 'renew',
    begin: (world) => {
      const now = BigInt(world.clock.serverNow());
      world.seedHeld({ name: 'ci', lastUpdateTimestamp: now - 89n * day, expiration: now + day });
    },
    run: (world, hook) => world.on((run) => renew(run, { ...renewal, first: common }), given(hook)),
  },
];

const renewal: RenewalPlan = { ...plan, target: { name: 'ci' }, renewBeforeMs: undefined, first: {} };

describe.each(journaledCases)('$title', ({ start: startDestination, alwaysHolds = false }) => {
  describe.each(kindCases)('$title', ({ start: startKind, common }) => {
    let world: World;
    const refused: string[] = [];
    /** Whatever its readers see is accepted, at all times. */
    const look = () => {
      const held = world?.destination.held();
      if (held !== undefined && !world.credentials.isLive(held)) refused.push(held);
    };

    // One pair of servers for all points: to start them takes longer than a rotation.
    async function prepare() {
      const clock = testClock(testTime);
      const [credentials, destination] = [await startKind(clock), await startDestination(clock, look)];
      world = worldOf({ clock, credentials, destination });
    }

    function begin({ begin: seed }: Verb) {
      world.reset();
      refused.length = 0;
      seed(world);
    }

    function expectHealed(where: string) {
      expect(refused, `${where}: what its readers saw was refused`).toEqual([]);
      world.expectHealed(where);
    }

    const verbs = verbsOf(common).filter(({ title }) => !alwaysHolds || title !== 'create');
    test.each(verbs)('$title', { timeout: 120_000 }, async (verb) => {
      await prepare();
      begin(verb);
      const moments: Moment[] = [];
      await verb.run(world, (moment) => void moments.push(moment));
      expectHealed('not killed');
      expect(moments.filter(({ call }) => call === 'kind.create')).toHaveLength(2);

      for (const { point, call, when } of moments.filter(isOfItsOwn)) {
        const where = `killed ${when} ${call} (${point})`;
        begin(verb);
        const { hook, killed } = killer(point);
        await verb.run(world, looking(hook, look)).catch(() => undefined);
        expect(killed(), where).toBe(true);
        await verb.run(world, looking(undefined, look)).catch((error: unknown) => {
          throw new Error(`${where}: the next run failed: ${error}`, { cause: error });
        });
        expectHealed(where);
        points += 1;
      }
    });

    test('rotate, killed again at every moment of the recovery', { timeout: 120_000 }, async () => {
      await prepare();
      const [rotate] = verbsOf(common);
      if (rotate === undefined) throw new Error('there is a verb');
      for (const first of ['after kind.create', 'before kind.delete']) {
        begin(rotate);
        await world.killed(first);
        const moments: Moment[] = [];
        await rotate.run(world, (moment) => void moments.push(moment));
        const own = moments.findIndex(({ call, when }) => call === 'kind.create' && when === 'after');
        for (const { point, call, when } of moments.slice(0, own + 1).filter(isOfItsOwn)) {
          const where = `killed ${first}, then ${when} ${call} (${point})`;
          begin(rotate);
          await world.killed(first);
          const { hook, killed } = killer(point);
          await rotate.run(world, looking(hook, look)).catch(() => undefined);
          expect(killed(), where).toBe(true);
          await rotate.run(world, looking(undefined, look)).catch((error: unknown) => {
            throw new Error(`${where}: the next run failed: ${error}`, { cause: error });
          });
          expectHealed(where);
          points += 1;
        }
      }
    });
  });
});

/** Between the end of a call and the beginning of the next one nothing happens outside: one of the two moments stands for both. */
function isOfItsOwn({ when }: Moment, index: number, all: readonly Moment[]): boolean {
  return when === 'before' || index === all.length - 1;
}

function given(hook: Hook | undefined): { readonly hook?: Hook } {
  return hook === undefined ? {} : { hook };
}

/** Looks at every moment, then does what it is to do. */
function looking(hook: Hook | undefined, look: () => void): Hook {
  return (moment) => {
    look();
    return hook?.(moment);
  };
}
