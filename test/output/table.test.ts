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

const WIDE = ['id', 'name', 'expiration', 'description', 'created', 'status'];
const whole = [true, false, true, false, true, true];
const idOf = fc.bigInt({ min: 1n, max: 9_223_372_036_854_775_807n }).map(String);
const dateOf = fc.constantFrom('2026-03-15', '');
const wideRow = fc.tuple(idOf, cell, dateOf, cell, fc.constant('2026-03-15'), fc.constantFrom('valid', 'expires in 13d'));
const listings = [
  { what: 'list', header: WIDE.slice(0, 4), of: (row: string[]) => row.slice(0, 4) },
  { what: 'list -o wide', header: WIDE, of: (row: string[]) => row },
  { what: 'list --all-contexts -o wide', header: ['context', ...WIDE], of: (row: string[]) => [row[1] ?? '', ...row] },
];
const screens = listings.flatMap((listing) => [40, 60, 80, 200].map((width) => ({ ...listing, width })));

test.each(screens)('$what fits $width columns: ids, dates and titles are never broken, and no text is lost', async (screen) => {
  const { header, of, width } = screen;
  const isWhole = header.map((title) => whole[WIDE.indexOf(title)] ?? false);
  await fc.assert(
    fc.asyncProperty(fc.array(wideRow, { minLength: 1, maxLength: 20 }), async (all) => {
      const rows = all.map((row) => of([...row]));
      const drawn = await render(rows, { width, whole: isWhole }, header);
      const lines = linesOf(drawn);
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
      expect(lines.filter((line) => line.endsWith(' ') || line.includes('…'))).toEqual([]);
      expect(new Set(lines.filter((line) => line !== '').map((line) => separators(line).join()))).toHaveProperty('size', 1);
      for (const title of header) expect(drawn).toMatch(new RegExp(`(^|\\| )${title.toUpperCase()}( |$)`, 'm'));
      for (const [column, isOne] of isWhole.entries()) {
        for (const row of isOne ? rows : []) expect(drawn).toContain(row[column] ?? '');
      }
      const wanted = header.map((_, column) => rows.map((row) => visible(row[column] ?? '').replaceAll(' ', '')).join(''));
      expect(textsOf(lines, header)).toEqual(wanted);
    }),
    { numRuns: 60 },
  );
});

test('a terminal too narrow for the table gets a record a row', async () => {
  const rows = [
    [
      '250558013078953',
      'cluster-1',
      { text: '2026-03-15', color: 'red' } as const,
      'agents of the first cluster',
      '2026-03-01',
      'valid',
    ],
    ['1', 'cluster-2', '', '-', '2026-03-01', 'expires in 3d'],
  ];
  expect(await render(rows, { width: 40, whole }, WIDE)).toBe(
    [
      'ID          | 250558013078953',
      'NAME        | cluster-1',
      'EXPIRATION  | \u001b[31m2026-03-15\u001b[39m',
      'DESCRIPTION | agents of the first',
      '            | cluster',
      'CREATED     | 2026-03-01',
      'STATUS      | valid',
      '',
      'ID          | 1',
      'NAME        | cluster-2',
      'EXPIRATION  |',
      'DESCRIPTION | -',
      'CREATED     | 2026-03-01',
      'STATUS      | expires in 3d',
      '',
    ].join('\n'),
  );
});

test('one that is narrower still shows each value below its title', async () => {
  const rows = [['9223372036854775807', 'a name of some words', '*']];
  expect(await render(rows, { width: 19, whole: [true] }, ['id', 'name', ''])).toBe(
    ['ID', '9223372036854775807', 'NAME', 'a name of some', 'words', '*', ''].join('\n'),
  );
});

test('a mark without a title has no line where it does not stand', async () => {
  const rows = [['https://stackstate.example.com', '']];
  expect(await render(rows, { width: 20, whole: [true] }, ['url', ''])).toBe('URL\nhttps://stackstate.example.com\n');
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
  const wrapped = await render([['1', { text: 'aaaa bbbb cccc', color: 'yellow' }]], { width: 17 }, ['ID', 'N']);
  expect(wrapped).toBe('ID | N\n1  | \u001b[33maaaa bbbb\u001b[39m\n   | \u001b[33mcccc\u001b[39m\n');
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

/** The text of each column without its title and without spaces, of a table or of records. */
function textsOf(lines: readonly string[], header: readonly string[]): string[] {
  const titles = header.map((title) => title.toUpperCase());
  if ((lines[0] ?? '').split('|').length === titles.length) {
    return characters(lines).map((text, column) => text.slice(titles[column]?.length));
  }
  const texts = titles.map(() => '');
  let column = -1;
  for (const line of lines.filter((one) => one !== '')) {
    const [title = '', text = ''] = line.split('|').map((part) => part.replaceAll(' ', ''));
    if (title !== '') column = titles.indexOf(title);
    texts[column] += text;
  }
  return texts;
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
