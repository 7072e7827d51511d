import { visible } from '../escape.ts';
import { BottomLines } from './bottom-lines.ts';
import type { Footer, Size } from './stderr-lines.ts';
import { displayWidth, shorten } from './width.ts';

/** Before the first drawing: what is done sooner shows nothing. */
const firstPauseMs = 300;
/** Between two drawings, so that a hundred changes a second are no flood. */
const leastPauseMs = 100;
/** How long a state lasts before it is said for how long; it is told anew each second then. */
const longMs = 2000;

interface Row {
  readonly title: string;
  state: string;
  /** Since when it has been in this state, by a clock that never jumps. */
  since: number;
}

/** One line of the board. */
export interface BoardRow {
  /** What is being done now. */
  state(text: string): void;
  /** Frees the line for the next one. */
  end(): void;
}

/**
 * Things that are done at the same time, one line each at the bottom of a terminal, and a last line that counts them.
 *
 * No library: log-update and listr2 write to the stream themselves, so warnings, results and the text of other programs, which one printer
 * escapes and puts in order here, would break their lines.
 */
export class Board implements Footer {
  readonly #draw: (board: Board, stays: boolean) => Promise<void>;
  readonly #monotonic: () => number;
  /** A row keeps its place; the next one takes a place that is free. */
  readonly #rows: (Row | undefined)[] = [];
  readonly #lines = new BottomLines();
  #summary = '';
  #above = '';
  #drawing: NodeJS.Timeout | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #drawnAt: number;
  #closed = false;

  /**
   * @param draw draws the board anew, or takes it away if it does not stay.
   * @param monotonic milliseconds of a clock that never jumps.
   */
  constructor(draw: (board: Board, stays: boolean) => Promise<void>, monotonic: () => number) {
    this.#draw = draw;
    this.#monotonic = monotonic;
    this.#drawnAt = monotonic() + firstPauseMs - leastPauseMs;
  }

  begin(title: string): BoardRow {
    const row: Row = { title, state: '', since: this.#monotonic() };
    const free = this.#rows.indexOf(undefined);
    this.#rows[free < 0 ? this.#rows.length : free] = row;
    this.#change();
    return {
      state: (text) => {
        if (text === row.state) return;
        row.state = text;
        row.since = this.#monotonic();
        this.#change();
      },
      end: () => {
        const place = this.#rows.indexOf(row);
        if (place >= 0) this.#rows[place] = undefined;
        this.#change();
      },
    };
  }

  /** The last line. */
  summary(text: string): void {
    this.#summary = text;
    this.#change();
  }

  /** Whole lines to stand above the board for good, with the next drawing. */
  tell(text: string): void {
    this.#above += text.replace(/[^\n]+/g, visible);
    this.#change();
  }

  /** Takes the board away, and writes what was told. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#drawing);
    clearInterval(this.#ticking);
    await this.#draw(this, false);
  }

  around(text: string, size: Size, stays: boolean): string {
    const above = `${this.#above}${text}`;
    this.#above = '';
    return this.#lines.redrawn(above, stays ? this.lines(size) : [], size);
  }

  /** The lines as they are now, each narrower than the terminal. */
  lines({ columns, rows }: Size): readonly string[] {
    const now = this.#monotonic();
    const shown = this.#rows.filter((row) => row !== undefined);
    // One line is left for the summary, and one for what is told above.
    const fitting = shown.slice(0, Math.max(0, rows - 2));
    const titles = fitting.map(({ title }) => shorten(visible(title), Math.max(1, Math.floor(columns / 2))));
    const widest = Math.max(0, ...titles.map(displayWidth));
    const lines = fitting.map(({ state, since }, index) => {
      const title = titles[index] ?? '';
      const ms = now - since;
      const time = state !== '' && ms >= longMs ? ` (${Math.floor(ms / 1000)}s)` : '';
      const padding = ' '.repeat(widest - displayWidth(title));
      // One column is left free: a terminal may break a line that fills it.
      const room = Math.max(1, columns - 1 - time.length);
      return `${shorten(`  ${title}${padding}  ${visible(state)}`, room)}${time}`;
    });
    const hidden = shown.length > fitting.length ? `${shown.length - fitting.length} more in work; ` : '';
    // After the last line a terminal writes the ^C of an interrupt.
    return [...lines, shorten(`${hidden}${visible(this.#summary)}`, Math.max(1, columns - 3))];
  }

  #change(): void {
    if (this.#closed) return;
    this.#drawing ??= setTimeout(
      () => {
        this.#drawing = undefined;
        this.#drawnAt = this.#monotonic();
        void this.#draw(this, true);
      },
      Math.max(0, this.#drawnAt + leastPauseMs - this.#monotonic()),
    );
    this.#ticking ??= setInterval(() => this.#change(), 1000);
  }
}
