import type { Clock } from '../../src/credentials/clock.ts';

/** A clock that stands still; waiting moves it at once. A program and its servers may share it. */
export interface TestClock extends Clock {
  advance(ms: number): void;
  /** Sets the wall clock alone, as somebody with `date` does; the steady clock goes on as before. */
  jump(ms: number): void;
  /** The time that servers see: the wall clock without its jumps. */
  serverNow(): number;
}

/** @param start milliseconds since the epoch. */
export function testClock(start: number): TestClock {
  let passed = 0;
  let jumped = 0;
  return {
    // Whole milliseconds, as every system tells them; what waits for parts of one is right all the same.
    now: () => Math.floor(start + passed + jumped),
    // Not from the same origin, so that the two cannot be mixed up.
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
      // Whole milliseconds: servers keep their times so.
      passed += Math.ceil(ms);
      // Others who share the clock get their turn.
      await new Promise((done) => setImmediate(done));
    },
  };
}
