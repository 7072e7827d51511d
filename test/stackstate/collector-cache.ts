const fiveMinutes = 300_000;
const mostRefused = 100;

/**
 * The cache of the platform's collector. It remembers a valid credential for five minutes, and a refused one until a hundred other refused
 * ones have replaced it. So a credential that is used before it is valid stays refused.
 */
export class CollectorCache {
  readonly #acceptedUntil = new Map<string, number>();
  /** In the order of their refusal. */
  readonly #refused = new Set<string>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Gives the remembered verdict. If there is none, calls `ask` and remembers its verdict. */
  accepts(credential: string, ask: (credential: string) => boolean): boolean {
    if (this.#refused.has(credential)) return false;
    if ((this.#acceptedUntil.get(credential) ?? 0) > this.#now()) return true;
    const accepted = ask(credential);
    if (accepted) this.#acceptedUntil.set(credential, this.#now() + fiveMinutes);
    else this.#refuse(credential);
    return accepted;
  }

  #refuse(credential: string): void {
    this.#acceptedUntil.delete(credential);
    this.#refused.add(credential);
    const [oldest] = this.#refused;
    if (this.#refused.size > mostRefused && oldest !== undefined) this.#refused.delete(oldest);
  }
}
