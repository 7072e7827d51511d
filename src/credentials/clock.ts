export interface Clock {
  /** Milliseconds since the epoch, by the clock of this machine. */
  now(): number;
  /** Milliseconds of a clock that never jumps. */
  monotonic(): number;
  /** Rejects with the signal's reason once it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Clocks that differ by less count as equal: a `Date` header has whole seconds, and responses take their time. */
const toleranceMs = 60_000;

/** The server's clock, as far as its responses tell it. */
export class ServerClock {
  readonly #clock: Clock;
  /** The server's time minus the steady clock's, when a response last told it. */
  #offset: number | undefined;
  #aheadMs = 0;
  #told = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Notes the time that a response told.
   * @returns by how much the server's clock is ahead of this machine's, in milliseconds, where that matters and for the first time.
   */
  observe(serverTime: number | undefined): number | undefined {
    if (serverTime === undefined) return undefined;
    this.#offset = serverTime - this.#clock.monotonic();
    this.#aheadMs = serverTime - this.#clock.now();
    if (this.#told || Math.abs(this.#aheadMs) <= toleranceMs) return undefined;
    this.#told = true;
    return this.#aheadMs;
  }

  /** The time that both sides agree on: this machine's, or the server's where they differ by more than a minute. */
  now(): number {
    return Math.abs(this.#aheadMs) <= toleranceMs ? this.#clock.now() : this.exact();
  }

  /** The server's time in whole seconds, moved on by the steady clock; this machine's where the server told none. */
  exact(): number {
    return this.#offset === undefined ? this.#clock.now() : this.#offset + this.#clock.monotonic();
  }
}
