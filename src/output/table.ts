import { visible } from '../escape.ts';
import { drawLines, type Line, SEPARATOR } from './draw.ts';
import type { Color } from './style.ts';
import { displayWidth, isPlain, trimEnd, wrap } from './width.ts';

export type Cell = string | { readonly text: string; readonly color: Color };

export interface TableOptions {
  /** Columns of the terminal to fit in; without it one row is one line and nothing is cut. */
  readonly width?: number;
  /** For each column whether its cells stay in one line, whatever the width. */
  readonly whole?: readonly boolean[];
}

const ROWS_PER_BLOCK = 100;
/** Columns under which no column is narrowed: a wide character must fit. */
const NARROWEST = 2;

/**
 * Draws a table in blocks of rows: header in capitals, columns padded to the widest cell and separated by ` | `. Cells are
 * made harmless here. Time grows with the number of rows: the widths are fixed beforehand, and each block is drawn alone.
 *
 * @param header names of the columns.
 * @param rows each with one cell a column.
 * @returns blocks of whole lines, newline included, drawn as they are taken.
 */
export async function renderTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions = {},
): Promise<Iterable<string>> {
  const titles = header.map((title) => title.toUpperCase());
  const natural = naturalWidths(titles, rows);
  const widths = options.width === undefined ? natural : fitWidths(natural, options.width, options.whole);
  const wraps = widths.some((width, column) => width < (natural[column] ?? 0));
  // The layouter is loaded where cells have several lines; a script's table has none.
  const draw = wraps && rows.length <= ROWS_PER_BLOCK ? (await import('./draw-block.ts')).drawBlock : drawLines;
  return blocksOf([titles, ...rows], widths, draw);
}

function* blocksOf(rows: readonly (readonly Cell[])[], widths: readonly number[], draw: typeof drawLines): Generator<string> {
  for (let start = 0; start < rows.length; start += ROWS_PER_BLOCK) {
    const block = rows.slice(start, start + ROWS_PER_BLOCK);
    const lined = (row: readonly Cell[]) => row.map((cell, column) => linesOf(cell, widths[column] ?? 0));
    if (draw === drawLines) yield block.map((row) => drawPlain(row, widths) ?? drawLines([lined(row)], widths)).join('');
    else yield draw(block.map(lined), widths);
  }
}

/** What `drawLines` makes of a row of one line without colours, and that is nearly every row of a long list; undefined for others. */
function drawPlain(row: readonly Cell[], widths: readonly number[]): string | undefined {
  let drawn = '';
  for (let column = 0; column < row.length; column++) {
    const cell = row[column] ?? '';
    const width = widths[column] ?? 0;
    if (typeof cell !== 'string' || cell.length > width || !isPlain(cell)) return undefined;
    drawn += (column === 0 ? '' : SEPARATOR) + cell.padEnd(width);
  }
  return `${trimEnd(drawn)}\n`;
}

function naturalWidths(titles: readonly string[], rows: readonly (readonly Cell[])[]): number[] {
  const widths = titles.map((title) => displayWidth(title));
  for (const row of rows) {
    for (let column = 0; column < row.length; column++) {
      const text = textOf(row[column] ?? '');
      const width = isPlain(text) ? text.length : displayWidth(visible(text));
      if (width > (widths[column] ?? 0)) widths[column] = width;
    }
  }
  return widths;
}

function linesOf(cell: Cell, width: number): Line[] {
  const lines = wrap(visible(textOf(cell)), width);
  return lines.map((text) => (typeof cell === 'string' ? { text } : { text, color: cell.color }));
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

/** Narrows the widest columns first, the rightmost of equals, until all fit or none can give more. */
function fitWidths(natural: readonly number[], width: number, whole: readonly boolean[] = []): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, column) => sum + column, SEPARATOR.length * (widths.length - 1)) - width;
  while (excess > 0) {
    const flexible = widths.filter((_, column) => !whole[column]);
    const widest = Math.max(...flexible);
    if (widest <= NARROWEST) break;
    const second = Math.max(NARROWEST, ...flexible.filter((column) => column < widest));
    const shared = flexible.filter((column) => column === widest).length;
    // All the way down to the next widest where nobody shares the place, else column by column.
    const step = shared === 1 ? Math.min(excess, widest - second) : 1;
    widths[widths.findLastIndex((column, at) => column === widest && !whole[at])] = widest - step;
    excess -= step;
  }
  return widths;
}
