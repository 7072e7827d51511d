import { type Cell, linesOf, textOf } from './cell.ts';
import { drawLines, type Line, SEPARATOR } from './draw.ts';
import { displayWidth } from './width.ts';

export interface RecordOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** Columns that a value needs beside its title. On a terminal that has not so many, the value stands below its title. */
  readonly room: number;
  /** For each column whether its values stay in one line. */
  readonly whole: readonly boolean[];
}

/**
 * Draws each row as a record of one line a column, with an empty line between records: what a terminal shows that is too narrow for
 * the table.
 *
 *     ID          | 250558013078953
 *     DESCRIPTION | agents of the first
 *                 | cluster
 *
 * Long values are wrapped. No line is wider than the terminal, but for a value that stays whole and has more columns than that.
 * @param titles of the columns, as they are shown.
 * @returns a text for each row, newline included.
 */
export function* recordsOf(
  titles: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width, room, whole }: RecordOptions,
): Generator<string> {
  const titleWidth = Math.max(...titles.map(displayWidth));
  const left = width - titleWidth - SEPARATOR.length;
  const isBeside = left >= room;
  const valueWidth = isBeside ? left : width;
  let gap = '';
  for (const row of rows) {
    const fields = row.flatMap((cell, column) => {
      const title = titles[column] ?? '';
      // A mark without a title says something only where it stands.
      if (title === '' && textOf(cell) === '') return [];
      return [{ title: { text: title }, lines: linesOf(cell, whole[column] ? Number.POSITIVE_INFINITY : valueWidth) }];
    });
    const drawn = isBeside
      ? drawLines(
          fields.map(({ title, lines }): Line[][] => [[title], lines]),
          [titleWidth, valueWidth],
        )
      : drawLines(
          fields.map(({ title, lines }): Line[][] => [title.text === '' ? lines : [title, ...lines]]),
          [valueWidth],
        );
    yield gap + drawn;
    gap = '\n';
  }
}
