import Table from 'cli-table3';
import { type Line, painted, SEPARATOR } from './draw.ts';
import { displayWidth, trimEnd } from './width.ts';

const NO_BORDER = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: SEPARATOR,
};

/** A private-use character that takes one column for cli-table3, too. */
const STAND_IN = '\ue000';
const ASCII = /^[\x20-\x7e]*$/;

/**
 * A block of rows whose cells may have several lines, laid out by cli-table3. Thirty such rows take it 25 ms, the loading included, where
 * drawLines (draw.ts) needs less than one for the same characters: so only what somebody looks at is laid out by it, and no long list.
 * Its idea of widths is older than most emoji and knows few combining marks. So everything but plain ASCII is laid out
 * by a stand-in as wide as the text will show, and put in its place afterwards.
 *
 * @param block rows of cells of lines.
 * @param widths of the columns.
 */
export function drawBlock(block: readonly (readonly (readonly Line[])[])[], widths: readonly number[]): string {
  const table = new Table({
    chars: NO_BORDER,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: [...widths],
  });
  const replaced: string[] = [];
  for (const row of block) {
    // Stand-ins come back line by line, so they are handed out in that order.
    const height = Math.max(...row.map((lines) => lines.length));
    const cells: string[][] = row.map(() => []);
    for (let at = 0; at < height; at++) {
      row.forEach((lines, column) => {
        const line = lines[at];
        if (line !== undefined) cells[column]?.push(standIn(line, replaced));
      });
    }
    table.push(cells.map((lines) => lines.join('\n')));
  }
  let next = 0;
  const drawn = table.toString().replace(/\ue000+/g, () => replaced[next++] ?? '');
  return drawn
    .split('\n')
    .map((line) => `${trimEnd(line)}\n`)
    .join('');
}

function standIn(line: Line, replaced: string[]): string {
  if (line.text === '' || (line.color === undefined && ASCII.test(line.text))) return line.text;
  const width = displayWidth(line.text);
  // What takes no column has no stand-in; it gets a space to stand on.
  replaced.push(width === 0 ? `${painted(line)} ` : painted(line));
  return STAND_IN.repeat(Math.max(1, width));
}
