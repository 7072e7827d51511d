import { visible } from '../escape.ts';
import type { OutputStream } from '../platform/world.ts';

const CLEAR_LINE = '\r\u001b[K';

/** What a terminal shows, in columns and lines. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Lines that stay at the bottom of a terminal, below all that is told. */
export interface Footer {
  /**
   * What writes whole lines above it and draws it anew.
   * @param stays false: what takes it away.
   */
  around(text: string, size: Size, stays: boolean): string;
}

/**
 * Lines for stderr, each after the one before, and on a terminal last ones that are written over. Where stderr is gone there is nobody left
 * to tell, so nothing here rejects.
 */
export class StderrLines {
  readonly #stderr: OutputStream;
  readonly #animate: boolean;
  /** Columns of the line that is to be written over; 0: there is none. */
  #statusWidth = 0;
  #footer: Footer | undefined;
  #told: Promise<void> = Promise.resolve();

  constructor(stderr: OutputStream, animate: boolean) {
    this.#stderr = stderr;
    this.#animate = animate;
  }

  /** Writes whole lines. */
  tell(text: string): Promise<void> {
    return this.#inTurn(() => this.#write(this.#takeStatus() + (this.#footer?.around(text, this.#size, true) ?? text)));
  }

  /**
   * Draws a footer, or draws it anew. To be used only where lines can be written over.
   * @param stays false takes it away; what it has to tell is written.
   */
  show(footer: Footer, stays: boolean): Promise<void> {
    return this.#inTurn(() => {
      this.#footer = stays ? footer : undefined;
      return this.#write(this.#takeStatus() + footer.around('', this.#size, stays));
    });
  }

  /** Writes over the last line; '' takes it away. @returns false where it is not shown: nothing is animated, or there is a footer. */
  async status(line: string): Promise<boolean> {
    if (!this.#animate || this.#footer !== undefined) return false;
    if (line === '') await this.tell('');
    else await this.#inTurn(() => this.#draw(visible(line)));
    return true;
  }

  async #draw(line: string): Promise<void> {
    const { displayWidth, shorten } = await import('./width.ts');
    // One column is left free: a terminal may break a line that fills it.
    const text = shorten(line, this.#size.columns - 1);
    const width = displayWidth(text);
    // A line that covers the one before needs no clearing, and does not flicker.
    const start = width < this.#statusWidth ? CLEAR_LINE : '\r';
    this.#statusWidth = width;
    await this.#write(`${start}${text}`);
  }

  /** What clears the status line. */
  #takeStatus(): string {
    const clear = this.#statusWidth > 0 ? CLEAR_LINE : '';
    this.#statusWidth = 0;
    return clear;
  }

  get #size(): Size {
    return { columns: this.#stderr.columns ?? 80, rows: this.#stderr.rows ?? 24 };
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    this.#told = this.#told.then(write);
    return this.#told;
  }

  #write(text: string): Promise<void> {
    return text === '' ? Promise.resolve() : this.#stderr.write(text).catch(() => undefined);
  }
}
