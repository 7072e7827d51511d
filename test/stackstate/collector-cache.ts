const fiveMinutes = 300_000;
const mostRefused = 100;

/**
 * What the platform's collector remembers of credentials: a yes for five minutes, a no until a hundred other refused ones have pushed it
 * out. A credential that is tried before it is valid so stays refused.
 */
export class CollectorCache {
  readonly #acceptedUntil = new Map<string, number>();
  /** In order of their refusal. */
  readonly #refused = new Set<string>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The remembered verdict, or else that of `ask`, which is remembered. */
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
