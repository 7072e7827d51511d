import { visible } from '../escape.ts';
import type { Line } from './draw.ts';
import type { Color } from './style.ts';
import { wrap } from './width.ts';

/** A value of a table: text as the server has it, which is made harmless where it is drawn. */
export type Cell = string | { readonly text: string; readonly color: Color };

export function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

/** The lines of a cell, none wider than `width` columns. */
export function linesOf(cell: Cell, width: number): Line[] {
  const lines = wrap(visible(textOf(cell)), width);
  return lines.map((text) => (typeof cell === 'string' ? { text } : { text, color: cell.color }));
}
