import { visible } from '../escape.ts';
import type { OutputStream } from '../platform/world.ts';

const CLEAR_LINE = '\r\u001b[K';

/**
 * Lines for stderr, each after the one before, and on a terminal a last one that is written over. Where stderr is gone there is nobody left
 * to tell, so nothing here rejects.
 */
export class StderrLines {
  readonly #stderr: OutputStream;
  readonly #animate: boolean;
  /** Columns of the line that is to be written over; 0: there is none. */
  #statusWidth = 0;
  #told: Promise<void> = Promise.resolve();

  constructor(stderr: OutputStream, animate: boolean) {
    this.#stderr = stderr;
    this.#animate = animate;
  }

  /** Writes whole lines. */
  tell(text: string): Promise<void> {
    return this.#inTurn(async () => {
      const clear = this.#statusWidth > 0 ? CLEAR_LINE : '';
      this.#statusWidth = 0;
      if (clear !== '' || text !== '') await this.#write(`${clear}${text}`);
    });
  }

  /** Writes over the last line; '' takes it away. @returns false where nothing is animated. */
  async status(line: string): Promise<boolean> {
    if (!this.#animate) return false;
    if (line === '') await this.tell('');
    else await this.#inTurn(() => this.#draw(visible(line)));
    return true;
  }

  async #draw(line: string): Promise<void> {
    const { displayWidth, shorten } = await import('./width.ts');
    // One column is left free: a terminal may break a line that fills it.
    const text = shorten(line, (this.#stderr.columns ?? 80) - 1);
    const width = displayWidth(text);
    // A line that covers the one before needs no clearing, and does not flicker.
    const start = width < this.#statusWidth ? CLEAR_LINE : '\r';
    this.#statusWidth = width;
    await this.#write(`${start}${text}`);
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    this.#told = this.#told.then(write);
    return this.#told;
  }

  #write(text: string): Promise<void> {
    return this.#stderr.write(text).catch(() => undefined);
  }
}
