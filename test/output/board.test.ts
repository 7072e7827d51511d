import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { visible } from '../../src/escape.ts';
import { Board } from '../../src/output/board.ts';
import { createPrinter } from '../../src/output/printer.ts';
import { displayWidth } from '../../src/output/width.ts';
import { Screen } from '../support/screen.ts';
import { recordedStream } from './streams.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp({ columns = 80, rows = 24 } = {}) {
  const screen = new Screen(columns);
  const size = { columns, rows };
  let writes = 0;
  const stderr = {
    ...recordedStream({ isTTY: true }),
    get columns() {
      return size.columns;
    },
    get rows() {
      return size.rows;
    },
    async write(text: string) {
      writes += 1;
      screen.write(text);
    },
  };
  const printer = createPrinter({ stdout: recordedStream(), stderr, output: 'text', env: {} });
  const board = new Board(printer.show, () => Date.now());
  const resize = (narrower: number) => {
    size.columns = narrower;
    screen.resize(narrower);
  };
  return { board, printer, screen, resize, writes: () => writes, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
}

test('what is in work has a line each, which keeps its place and says what is being done and for how long', async () => {
  const { board, screen, pass } = setUp();
  const first = board.begin('prod-eu/otel');
  const second = board.begin('a/東京');
  board.begin('b/agent').state('Waiting for the restart: 1 of 3 pods');
  board.summary('0 of 9 done');
  first.state('Listing keys');
  second.state('Creating the key');
  await pass(400);
  expect(screen.lines()).toEqual([
    '  prod-eu/otel  Listing keys',
    '  a/東京        Creating the key',
    '  b/agent       Waiting for the restart: 1 of 3 pods',
    '0 of 9 done',
  ]);
  second.end();
  board.begin('c/new').state('Listing keys');
  first.end();
  board.summary('2 of 9 done');
  await pass(3100);
  expect(screen.lines()).toEqual([
    '  c/new    Listing keys (2s)',
    '  b/agent  Waiting for the restart: 1 of 3 pods (3s)',
    '2 of 9 done',
  ]);
  await board.close();
  expect(screen.lines()).toEqual(['']);
});

test('what is done within 300 ms shows no board, and what it told is there', async () => {
  const { board, screen, writes, pass } = setUp();
  const row = board.begin('a');
  row.state('Listing keys');
  await pass(250);
  board.tell('✅ a: done\n');
  row.end();
  expect(writes()).toBe(0);
  await board.close();
  await pass(5000);
  expect(screen.lines()).toEqual(['✅ a: done', '']);
  expect(writes()).toBe(1);
});

test('a thousand changes in a second are drawn at most ten times', async () => {
  const { board, screen, writes, pass } = setUp();
  const row = board.begin('a');
  await pass(300);
  const before = writes();
  for (let change = 0; change < 1000; change++) {
    row.state(`step ${change}`);
    board.tell(`${change} done\n`);
    await pass(1);
  }
  expect(writes() - before).toBeLessThanOrEqual(11);
  await board.close();
  expect(screen.lines()).toEqual([...Array.from({ length: 1000 }, (_, change) => `${change} done`), '']);
});

test('a warning, an error and what is told stand above the board in their order', async () => {
  const { board, printer, screen, pass } = setUp();
  board.begin('a').state('Listing keys');
  board.summary('1 of 2 done');
  await pass(300);
  board.tell('✅ b: done\n');
  await printer.warn('careful');
  await printer.error(new Error('lost'));
  expect(await printer.status('another line')).toBe(false);
  expect(screen.lines()).toEqual([
    '✅ b: done',
    '⚠️ careful',
    '❌ Unexpected failure inside sts: Error: lost',
    '  This is a defect of sts, please report it.',
    '  a  Listing keys',
    '1 of 2 done',
  ]);
});

test.each([
  [200, 40],
  [80, 79],
  [40, 200],
])('a terminal of %i columns that becomes one of %i has one board, and in the end none', async (before, after) => {
  const { board, screen, resize, pass } = setUp({ columns: before });
  const rows = Array.from({ length: 8 }, (_, number) => board.begin(`context-${number}/a-name-that-is-rather-long`));
  for (const row of rows) row.state('Waiting for the restart: deployment/opentelemetry-collector has 1 of 3 pods');
  board.summary('0 of 100 renewals are done, and more words than a narrow terminal has columns for in one line');
  board.tell('✅ first: done\n');
  await pass(400);
  resize(after);
  board.tell('✅ second: done\n');
  await pass(400);
  const shown = screen.lines();
  expect(shown).toHaveLength(11);
  expect(shown.slice(0, 2)).toEqual(['✅ first: done', '✅ second: done']);
  for (const line of shown.slice(2)) expect(displayWidth(line)).toBeLessThan(after);
  await board.close();
  expect(screen.lines()).toEqual(['✅ first: done', '✅ second: done', '']);
});

test('a low terminal shows as many as fit, and says how many more there are', async () => {
  const { board, screen, pass } = setUp({ rows: 5 });
  for (let number = 0; number < 8; number++) board.begin(`n${number}`).state('Listing keys');
  board.summary('0 of 8 done');
  await pass(300);
  expect(screen.lines()).toEqual([
    '  n0  Listing keys',
    '  n1  Listing keys',
    '  n2  Listing keys',
    '5 more in work; 0 of 8 done',
  ]);
});

test('whatever titles and states hold, every line is narrower than the terminal and nothing raw is written', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(text, text), { maxLength: 10 }),
      text,
      fc.integer({ min: 4, max: 90 }),
      async (rows, last, columns) => {
        const board = new Board(
          async () => {},
          () => 0,
        );
        for (const [title, state] of rows) board.begin(title).state(state);
        board.summary(last);
        board.tell(`${last}\n`);
        const lines = board.lines({ columns, rows: 24 });
        await board.close();
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) expect(displayWidth(line)).toBeLessThan(columns);
        for (const line of [...lines, ...board.around('', { columns, rows: 24 }, false).split('\n')])
          expect(line).toBe(visible(line));
      },
    ),
  );
});
