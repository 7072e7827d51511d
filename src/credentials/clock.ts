export interface Clock {
  /** Milliseconds since the epoch, by the clock of this machine. */
  now(): number;
  /** Milliseconds of a clock that never jumps. */
  monotonic(): number;
  /** Rejects with the signal's reason once it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Clocks that differ by less than this count as equal. A `Date` header has whole seconds only, and a response takes some time to arrive.
 */
const toleranceMs = 60_000;

/** The server's clock, estimated from the `Date` headers of its responses. */
export class ServerClock {
  readonly #clock: Clock;
  /** The server's time minus the monotonic clock, as of the last response with a time. */
  #offset: number | undefined;
  #aheadMs = 0;
  #told = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Notes the server's time from a response.
   * @returns how far the server's clock is ahead of this machine's, in milliseconds. Only the first difference above the tolerance is
   * returned; undefined otherwise.
   */
  observe(serverTime: number | undefined): number | undefined {
    if (serverTime === undefined) return undefined;
    this.#offset = serverTime - this.#clock.monotonic();
    this.#aheadMs = serverTime - this.#clock.now();
    if (this.#told || Math.abs(this.#aheadMs) <= toleranceMs) return undefined;
    this.#told = true;
    return this.#aheadMs;
  }

  /** The time to reckon with: this machine's, or the server's where the two differ by more than a minute. */
  now(): number {
    return Math.abs(this.#aheadMs) <= toleranceMs ? this.#clock.now() : this.exact();
  }

  /** The server's time, carried forward by the monotonic clock. It is this machine's time if no response had a time. */
  exact(): number {
    return this.#offset === undefined ? this.#clock.now() : this.#offset + this.#clock.monotonic();
  }
}
