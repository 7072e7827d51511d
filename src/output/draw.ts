import { type Color, paint } from './style.ts';
import { displayWidth, trimEnd } from './width.ts';

/** One line of one cell, safe to show and no wider than its column. */
export interface Line {
  readonly text: string;
  readonly color?: Color;
}

export const SEPARATOR = ' | ';

/** A row of one line. */
function drawLine(row: readonly Line[], widths: readonly number[]): string {
  let drawn = '';
  for (let column = 0; column < row.length; column++) {
    const line = row[column] ?? { text: '' };
    const padding = ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(line.text)));
    drawn += (column === 0 ? '' : SEPARATOR) + painted(line) + padding;
  }
  return `${trimEnd(drawn)}\n`;
}

/**
 * The same block as drawBlock (draw-block.ts) makes, line by line. cli-table3 takes a third of a millisecond for a wrapped row: long lists
 * cannot wait for it.
 */
export function drawLines(block: readonly (readonly (readonly Line[])[])[], widths: readonly number[]): string {
  let drawn = '';
  for (const row of block) {
    const height = Math.max(...row.map((lines) => lines.length));
    for (let at = 0; at < height; at++) {
      drawn += drawLine(
        row.map((lines) => lines[at] ?? { text: '' }),
        widths,
      );
    }
  }
  return drawn;
}

/** A line with its colour. */
export function painted({ text, color }: Line): string {
  return color === undefined || text === '' ? text : paint(text, color);
}
