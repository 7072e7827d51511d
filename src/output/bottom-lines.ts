import type { Size } from './stderr-lines.ts';
import { displayWidth } from './width.ts';

const CLEAR_TO_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** The last lines of a terminal, written over in place. The cursor stands at the end of the last one. */
export class BottomLines {
  /** Columns of each line that is shown. */
  #shown: readonly number[] = [];

  /**
   * What draws the lines anew.
   * @param above whole lines to be written above them.
   * @param lines narrower than the terminal; none takes them away.
   */
  redrawn(above: string, lines: readonly string[], { columns }: Pick<Size, 'columns'>): string {
    // A terminal that was made narrower has broken lines.
    const rows = this.#shown.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    const toTop = rows > 1 ? `\r\u001b[${rows - 1}A` : '\r';
    // Lines that cover those before need no clearing beforehand, and do not flicker.
    const covers = above === '' && rows === this.#shown.length && rows <= lines.length;
    const start = rows === 0 ? '' : covers ? toTop : `${toTop}${CLEAR_BELOW}`;
    this.#shown = lines.map(displayWidth);
    return `${start}${above}${lines.map((line) => `${line}${CLEAR_TO_END}`).join('\n')}`;
  }
}
