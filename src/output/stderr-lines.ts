import { visible } from '../escape.ts';
import type { OutputStream } from '../platform/world.ts';

const CLEAR_LINE = '\r\u001b[K';
const CLEAR_TO_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** What a terminal takes where it does not say its size. */
const usualSize = { columns: 80, rows: 24 };

/** Lines that stay at the bottom of a terminal, below all that is told. */
export interface Footer {
  /** What is to be told above it by now: whole lines. Each is taken once. */
  take(): string;
  /** The lines as they are now, safe to show and no wider than `columns`; at most `rows`. */
  lines(columns: number, rows: number): readonly string[];
}

/**
 * Lines for stderr, each after the one before, and on a terminal last ones that are written over. Where stderr is gone there is nobody left
 * to tell, so nothing here rejects.
 */
export class StderrLines {
  readonly #stderr: OutputStream;
  readonly #animate: boolean;
  /** Columns of each line that is to be written over. The cursor stands at the end of the last one. */
  #shown: readonly number[] = [];
  #footer: Footer | undefined;
  #told: Promise<void> = Promise.resolve();

  constructor(stderr: OutputStream, animate: boolean) {
    this.#stderr = stderr;
    this.#animate = animate;
  }

  /** Writes whole lines. */
  tell(text: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#footer !== undefined) await this.#drawFooter(text);
      else if (this.#shown.length > 0 || text !== '') await this.#write(`${this.#takeAway()}${text}`);
    });
  }

  /** Writes over the last line; '' takes it away. @returns false where it is not shown: nothing is animated, or there is a footer. */
  async status(line: string): Promise<boolean> {
    if (!this.#animate || this.#footer !== undefined) return false;
    if (line === '') await this.tell('');
    else await this.#inTurn(() => this.#draw(visible(line)));
    return true;
  }

  /**
   * Draws a footer, or draws it anew. To be used only where lines can be written over.
   * @param stays false takes it away; what it has to tell is written.
   */
  show(footer: Footer, stays: boolean): Promise<void> {
    return this.#inTurn(async () => {
      this.#footer = stays ? footer : undefined;
      if (stays) await this.#drawFooter('');
      else await this.#write(`${this.#takeAway()}${footer.take()}`);
    });
  }

  async #draw(line: string): Promise<void> {
    const { displayWidth, shorten } = await import('./width.ts');
    // One column is left free: a terminal may break a line that fills it.
    const text = shorten(line, this.#size.columns - 1);
    const width = displayWidth(text);
    // A line that covers the one before needs no clearing, and does not flicker.
    const start = this.#shown.length > 1 ? this.#takeAway() : width < (this.#shown[0] ?? 0) ? CLEAR_LINE : '\r';
    this.#shown = [width];
    await this.#write(`${start}${text}`);
  }

  async #drawFooter(text: string): Promise<void> {
    const { displayWidth } = await import('./width.ts');
    const { columns, rows } = this.#size;
    const told = `${this.#footer?.take() ?? ''}${text}`;
    const lines = this.#footer?.lines(columns, rows) ?? [];
    const isSame = told === '' && this.#shown.length === this.#rowsShown && this.#shown.length <= lines.length;
    const start = isSame ? this.#toTop : this.#takeAway();
    this.#shown = lines.map(displayWidth);
    await this.#write(`${start}${told}${lines.map((line) => `${line}${CLEAR_TO_END}`).join('\n')}`);
  }

  /** What clears the lines that are to be written over, and leaves the cursor where the first one began. */
  #takeAway(): string {
    const clear = this.#shown.length === 0 ? '' : this.#rowsShown === 1 ? CLEAR_LINE : `${this.#toTop}${CLEAR_BELOW}`;
    this.#shown = [];
    return clear;
  }

  get #toTop(): string {
    const rows = this.#rowsShown;
    return rows > 1 ? `\r\u001b[${rows - 1}A` : '\r';
  }

  /** Rows of the screen that these lines take: a terminal that was made narrower has broken them. */
  get #rowsShown(): number {
    const { columns } = this.#size;
    return this.#shown.reduce((rows, width) => rows + Math.max(1, Math.ceil(width / columns)), 0);
  }

  get #size(): { readonly columns: number; readonly rows: number } {
    const { columns = usualSize.columns, rows = usualSize.rows } = this.#stderr;
    return { columns, rows };
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    this.#told = this.#told.then(write);
    return this.#told;
  }

  #write(text: string): Promise<void> {
    return text === '' ? Promise.resolve() : this.#stderr.write(text).catch(() => undefined);
  }
}
