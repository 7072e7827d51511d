import type { Clock } from '../../src/credentials/clock.ts';

/** A clock that stands still. Sleeping moves it forward at once. A program and its servers may share it. */
export interface TestClock extends Clock {
  advance(ms: number): void;
  /** Changes only the wall clock, as `date` does. The monotonic clock is not affected. */
  jump(ms: number): void;
  /** The time of the servers: the wall clock without its jumps. */
  serverNow(): number;
}

/** @param start milliseconds since the epoch. */
export function testClock(start: number): TestClock {
  let passed = 0;
  let jumped = 0;
  return {
    // Whole milliseconds, as on every system. Waiting for fractions of a millisecond works all the same.
    now: () => Math.floor(start + passed + jumped),
    // It starts at another value than `now`, so that mixing up the two clocks is noticed.
    monotonic: () => 1000 + passed,
    serverNow: () => Math.floor(start + passed),
    advance: (ms) => {
      passed += ms;
    },
    jump: (ms) => {
      jumped += ms;
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      // Whole milliseconds, as servers store times.
      passed += Math.ceil(ms);
      // Gives others who share the clock a turn.
      await new Promise((done) => setImmediate(done));
    },
  };
}
