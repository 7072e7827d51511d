import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { StsError } from '../../src/errors.ts';
import { journaledCases } from '../contracts/destinations.ts';
import { kindCases } from '../contracts/kinds.ts';
import { count } from '../support/counts.ts';
import { killer } from '../support/interception.ts';
import { testTime } from '../support/stackstate.ts';
import { testClock } from '../support/test-clock.ts';
import { type World, worldOf } from './support.ts';

// Two or three rotations of one destination at the same time: which of them makes its next call to the outside is left to chance, with a
// seed, and so is whether and where one is killed. In the end, after one run more, one credential lives, and the destination holds it; and
// its readers never saw one that was refused.

const runsEach = 50;
let tried = 0;

afterAll(() => count('interleavings', tried));

describe.each(journaledCases)('$title', ({ start: startDestination }) => {
  test.each(kindCases.filter(({ title }) => title !== 'a kind in memory'))('$title', { timeout: 120_000 }, async ({ start }) => {
    let world: World | undefined;
    const refused: string[] = [];
    const look = () => {
      const held = world?.destination.held();
      if (held !== undefined && !world?.credentials.isLive(held)) refused.push(held);
    };
    const clock = testClock(testTime);
    const [credentials, destination] = [await start(clock), await startDestination(clock, look)];
    const shared = worldOf({ clock, credentials, destination });
    world = shared;

    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.option(fc.nat(70)), { minLength: 2, maxLength: 3 }),
        async (scheduler, runs) => {
          shared.reset();
          refused.length = 0;
          shared.seedHeld();
          const one = async (point: number | null) => {
            const { hook, killed } = killer(point ?? Number.POSITIVE_INFINITY);
            const rotation = shared.rotate(
              {},
              {
                interrupt: new AbortController().signal,
                async hook(moment) {
                  look();
                  if (moment.when === 'before' && !killed()) await scheduler.schedule(Promise.resolve(), moment.call);
                  await hook(moment);
                },
              },
            );
            await rotation.catch((error: unknown) => {
              if (!(killed() || error instanceof StsError)) throw error;
            });
          };
          await scheduler.waitFor(Promise.all(runs.map(one)));
          await shared.rotate({}, { hook: look });
          expect(refused).toEqual([]);
          shared.expectHealed();
          tried += 1;
        },
      ),
      { numRuns: runsEach, seed: 20_261_125, endOnFailure: true },
    );
  });
});
