import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visible } from '../../src/escape.ts';
import { drawLines } from '../../src/output/draw.ts';
import { drawBlock } from '../../src/output/draw-block.ts';
import { type Cell, renderTable, type TableOptions } from '../../src/output/table.ts';
import { displayWidth } from '../../src/output/width.ts';

const HEADER = ['id', 'name', 'description'];
const cell = fc.string({
  unit: fc.constantFrom(
    'a',
    'Z',
    '0',
    ' ',
    '-',
    '日',
    '한',
    'é',
    'e\u0301',
    'ก',
    'ำ',
    '👩‍👩‍👧',
    '🇳🇱',
    '✅',
    '⚠️',
    '🫠',
    '\ue000',
    '\u001b',
    '\n',
    '\u202e',
  ),
  maxLength: 30,
});
const tableOf = fc.array(fc.tuple(cell, cell, cell), { maxLength: 60 });

async function render(rows: readonly (readonly Cell[])[], options?: TableOptions, header = HEADER): Promise<string> {
  return [...(await renderTable(header, rows, options))].join('');
}

function linesOf(table: string): string[] {
  return table.split('\n').slice(0, -1);
}

/** Columns at which a line has its separators, as a terminal shows them. */
function separators(line: string): number[] {
  return [...line.matchAll(/\|/g)].map((found) => displayWidth(line.slice(0, found.index)));
}

test('columns are padded to their widest cell and separated by bars, the header in capitals', async () => {
  const rows = [
    ['1', 'ci', '-'],
    ['9223372036854775807', 'nightly build', 'for the collector'],
  ];
  expect(await render(rows)).toBe(
    [
      'ID                  | NAME          | DESCRIPTION',
      '1                   | ci            | -',
      '9223372036854775807 | nightly build | for the collector',
      '',
    ].join('\n'),
  );
});

test('a table without rows is its header', async () => {
  expect(await render([])).toBe('ID | NAME | DESCRIPTION\n');
  expect(await render([], { width: 80 })).toBe('ID | NAME | DESCRIPTION\n');
});

test('columns line up by what is shown: wide characters, emoji and combining marks', async () => {
  const rows = [
    ['1', '日本語', 'x'],
    ['2', '👩‍👩‍👧 ⚠️', 'x'],
    ['3', 'e\u0301te\u0301', 'x'],
    ['4', 'abc', 'x'],
  ];
  const expected = [
    'ID | NAME   | DESCRIPTION',
    '1  | 日本語 | x',
    '2  | 👩‍👩‍👧 ⚠️  | x',
    '3  | e\u0301te\u0301    | x',
    '4  | abc    | x',
    '',
  ].join('\n');
  expect(await render(rows)).toBe(expected);
  expect(await render(rows, { width: 80 })).toBe(expected);
});

test('off a terminal every row is one line, nothing is cut, and the bars line up', async () => {
  await fc.assert(
    fc.asyncProperty(tableOf, async (rows) => {
      const lines = linesOf(await render(rows));
      expect(lines).toHaveLength(rows.length + 1);
      expect(new Set(lines.map((line) => separators(line).join()))).toHaveProperty('size', 1);
      expect(lines.filter((line) => line.endsWith(' '))).toEqual([]);
    }),
  );
});

test('on a terminal wide enough the table is the same', async () => {
  await fc.assert(
    fc.asyncProperty(tableOf, async (rows) => {
      expect(await render(rows, { width: 1000 })).toBe(await render(rows));
    }),
  );
});

test('on a narrow terminal no line is wider than it, the bars line up and no text is lost', async () => {
  await fc.assert(
    fc.asyncProperty(tableOf, fc.integer({ min: 12, max: 60 }), async (rows, width) => {
      const narrow = linesOf(await render(rows, { width }));
      expect(Math.max(...narrow.map(displayWidth))).toBeLessThanOrEqual(width);
      expect(new Set(narrow.map((line) => separators(line).join()))).toHaveProperty('size', 1);
      expect(narrow.some((line) => line.includes('…'))).toBe(false);
      const wide = linesOf(await render(rows));
      expect(characters(narrow)).toEqual(characters(wide));
    }),
    { numRuns: 300 },
  );
});

test('cells are broken at spaces where that works, and only the widest columns are narrowed', async () => {
  const rows = [['250558013078953', 'ci', 'sends the spans of the nightly build to the collector']];
  expect(await render(rows, { width: 46 })).toBe(
    [
      'ID              | NAME | DESCRIPTION',
      '250558013078953 | ci   | sends the spans of',
      '                |      | the nightly build to',
      '                |      | the collector',
      '',
    ].join('\n'),
  );
});

test('control characters of a cell are shown, not sent', async () => {
  expect(await render([['1', 'a\u001b[31m\nb', '\u202e']])).toContain('1  | a\\u001b[31m\\u000ab | \\u202e\n');
});

test('a coloured cell keeps its place, on every line it has', async () => {
  const rows = [[{ text: '1', color: 'red' } as const, 'ci', 'x']];
  for (const options of [{}, { width: 80 }])
    expect(await render(rows, options)).toContain('\n\u001b[31m1\u001b[39m  | ci   | x\n');
  const wrapped = await render([['1', { text: 'aaaa bbbb', color: 'yellow' }]], { width: 9 }, ['ID', 'N']);
  expect(wrapped).toBe('ID | N\n1  | \u001b[33maaaa\u001b[39m\n   | \u001b[33mbbbb\u001b[39m\n');
});

test('rows come in blocks that follow each other without a gap', async () => {
  const rows = Array.from({ length: 120 }, (_, index) => [String(index), `key-${index}`, '-']);
  for (const options of [{}, { width: 80 }]) {
    const blocks = [...(await renderTable(HEADER, rows, options))];
    expect(blocks.length).toBeGreaterThan(1);
    expect(linesOf(blocks.join('')).map((line) => line.split(' ')[0])).toEqual(['ID', ...rows.map(([id]) => id)]);
  }
});

/** Everything in each column but spaces, in order; the bars stand where no cell of ours has one. */
function characters(lines: readonly string[]): string[] {
  const columns: string[] = [];
  for (const line of lines) {
    line.split('|').forEach((text, column) => {
      columns[column] = (columns[column] ?? '') + text.replaceAll(' ', '');
    });
  }
  return columns;
}

test('a long list is drawn just as a short one', () => {
  const line = fc.record({
    text: cell.map((text) => visible(text).slice(0, 12).trimEnd()),
    color: fc.constantFrom('red', 'yellow', undefined),
  });
  const cells = fc.array(line, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(cells, cells, cells), { minLength: 1, maxLength: 20 }), (drawn) => {
      const block = drawn.map((row) =>
        row.map((lines) => lines.map(({ text, color }) => (color === undefined ? { text } : { text, color }))),
      );
      const widths = [0, 1, 2].map((at) =>
        Math.max(2, ...block.flatMap((row) => (row[at] ?? []).map(({ text }) => displayWidth(text)))),
      );
      expect(drawLines(block, widths)).toBe(drawBlock(block, widths));
    }),
  );
});
