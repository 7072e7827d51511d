import { visible } from '../escape.ts';
import { type Cell, linesOf, textOf } from './cell.ts';
import { drawLines, SEPARATOR } from './draw.ts';
import { displayWidth, isPlain, trimEnd } from './width.ts';

export type { Cell };

export interface TableOptions {
  /** Columns of the terminal to fit in; without it one row is one line and nothing is cut. */
  readonly width?: number;
  /** For each column whether its cells stay in one line, whatever the width. */
  readonly whole?: readonly boolean[];
}

const ROWS_PER_BLOCK = 100;
/** Columns that a wrapped cell needs to be read with ease. */
const READABLE = 12;

/**
 * Draws a table in blocks of rows: header in capitals, columns padded to the widest cell and separated by ` | `. Cells are
 * made harmless here. Time grows with the number of rows: the widths are fixed beforehand, and each block is drawn alone.
 *
 * A terminal gets the table as long as it can be read there: no title and no cell of a whole column is broken, and every other cell
 * has at least READABLE columns, or all it needs. On a narrower one each row is a record of one line a column, as `psql` and MySQL's
 * `\G` show it (records.ts). No column is left out: who asks for it wants to see it.
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
  const { width, whole = [] } = options;
  const least = natural.map((most, column) =>
    whole[column] ? most : Math.max(displayWidth(titles[column] ?? ''), Math.min(most, READABLE)),
  );
  if (width !== undefined && totalOf(least) > width && rows.length > 0) {
    const { recordsOf } = await import('./records.ts');
    return recordsOf(titles, rows, { width, whole, room: Math.max(READABLE, ...natural.filter((_, column) => whole[column])) });
  }
  const widths = width === undefined ? natural : fitWidths(natural, width, least);
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

/** Columns of a whole row. */
function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, SEPARATOR.length * (widths.length - 1));
}

/** Narrows the widest columns first, the rightmost of equals, until all fit. None gets narrower than its `least`. */
function fitWidths(natural: readonly number[], width: number, least: readonly number[]): number[] {
  const widths = [...natural];
  let excess = totalOf(widths) - width;
  while (excess > 0) {
    const canGive = (column: number) => (widths[column] ?? 0) > (least[column] ?? 0);
    const giving = widths.filter((_, column) => canGive(column));
    if (giving.length === 0) break;
    const widest = Math.max(...giving);
    const chosen = widths.findLastIndex((column, at) => column === widest && canGive(at));
    const next = Math.max(least[chosen] ?? 0, ...giving.filter((column) => column < widest));
    const shared = giving.filter((column) => column === widest).length;
    // All the way down to the next widest where nobody shares the place, else column by column.
    const step = shared === 1 ? Math.min(excess, widest - next) : 1;
    widths[chosen] = widest - step;
    excess -= step;
  }
  return widths;
}
