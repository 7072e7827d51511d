import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { startFleet } from '../commands/fleet/support.ts';
import { Screen } from '../support/screen.ts';
import { startInTerminal } from '../support/terminal.ts';
import { startShellInTerminal } from './shell.ts';

const contexts = ['prod-eu', 'prod-東京', 'down', 'lab'];
const names = ['otel', 'agent', 'a-name-that-is-longer-than-a-narrow-terminal-has-room-for'];
const titles = contexts.flatMap((context) => names.map((name) => `${context}/${name}`));
const waiting = 'Listing keys';

/** Four servers, one of them down, the others slow to list; and a plan of twelve keys. */
async function start() {
  const fleet = await startFleet(contexts, { now: Date.now });
  await fleet.server('down').close();
  for (const name of contexts) fleet.server(name).setFault('list', { kind: 'delay', ms: 600 });
  const plan = join(fleet.folder, 'plan.yaml');
  const renewals = contexts.flatMap((context, number) =>
    names.map((name, key) => ({
      context,
      name,
      'key-file': join(fleet.folder, `${number}-${key}.key`),
      'expires-in': '90d',
    })),
  );
  writeFileSync(plan, stringify({ renewals }));
  return { ...fleet, argv: ['ingestion-api-key', 'renew', '--plan', plan, ...fleet.flags, '--timeout', '5s'] };
}

function linesOn(columns: number, output: string): string[] {
  const screen = new Screen(columns);
  screen.write(output);
  return screen.lines();
}

/** Columns of a line whose wide characters are Han. */
function cellsOf(line: string): number {
  return line.length + (line.match(/\p{Script=Han}/gu)?.length ?? 0);
}

/** How many lines say how this renewal went. */
function results(lines: readonly string[], title: string): number {
  return lines.filter((line) => line.startsWith(`✅ ${title}: `) || line.startsWith(`❌ ${title}: `)).length;
}

test.each([40, 80, 200])(
  'on a terminal of %i columns a plan shows what is in work, and in the end each result once',
  async (columns) => {
    const { argv } = await start();
    const terminal = startInTerminal(argv, { columns });
    // The last line that is drawn: what comes later may be cut in the middle of a drawing.
    await terminal.waitFor(new RegExp(`${waiting.slice(0, 4)}.*of 12 done`, 's'));
    const meanwhile = linesOn(columns, terminal.output());
    const { code, output } = await terminal.result;

    expect(code).toBe(4);
    expect(output).not.toContain('Warning');
    // Eight at most, and the line that counts them; never one that the terminal had to break.
    const inWork = meanwhile.filter((line) => line.startsWith('  ') && line.includes(waiting.slice(0, 4)));
    expect(inWork.length).toBeGreaterThan(0);
    expect(inWork.length).toBeLessThanOrEqual(8);
    for (const line of inWork) expect(cellsOf(line)).toBeLessThan(columns);
    const lines = linesOn(columns, output);
    expect(titles.map((title) => results(lines, title))).toEqual(titles.map(() => 1));
    expect(lines.slice(-2)).toEqual(['12 keys in the plan: 9 renewed, 0 up to date, 3 failed.', '']);
    expect(lines.join('\n')).not.toContain(waiting);
    expect(lines.join('\n')).not.toContain(' of 12 done');
  },
);

test('results that are piped are in the order of the plan, while the terminal shows them as they end', async () => {
  const { argv, folder } = await start();
  const file = join(folder, 'out');
  const words = argv.map((word) => `'${word}'`).join(' ');
  const output = await startShellInTerminal(`sts ${words} >"$FILE"`, { env: { FILE: file } }).result;

  const piped = readFileSync(file, 'utf8').trimEnd().split('\n');
  const renewed = titles.filter((title) => !title.startsWith('down/'));
  expect(piped.map((line) => line.replace(/: .*/, ''))).toEqual([
    ...renewed.map((title) => `[SUCCESS] ${title}`),
    '12 keys in the plan',
  ]);
  const lines = linesOn(80, output);
  expect(titles.map((title) => results(lines, title))).toEqual(titles.map(() => 1));
});

test.each([
  { what: 'TERM=dumb', flags: [], term: 'dumb' },
  { what: '--no-color', flags: ['--no-color'], term: 'xterm' },
])('$what: a line for each as it ends, and nothing is written over', async ({ flags, term }) => {
  const { argv } = await start();
  const terminal = startInTerminal([...argv, ...flags, '--parallel', '4'], { columns: 80, term });
  await terminal.waitFor('[SUCCESS] prod-eu/otel: ');
  expect(terminal.output()).not.toContain('in the plan');
  const { code, output } = await terminal.result;

  expect(code).toBe(4);
  expect(output).not.toContain('\u001b');
  const plain = output.replaceAll('\r', '');
  for (const title of titles) expect(plain.match(new RegExp(`^\\[(SUCCESS|ERROR)\\] ${title}: `, 'gm'))).toHaveLength(1);
  expect(plain.endsWith('12 keys in the plan: 9 renewed, 0 up to date, 3 failed.\n')).toBe(true);
});

test('Ctrl-C ends what has begun, says what was not begun, and leaves nothing of the lines in work', async () => {
  const { argv, server, folder } = await start();
  const terminal = startInTerminal([...argv, '--parallel', '2'], { columns: 80 });
  await terminal.waitFor(waiting);
  terminal.pressCtrlC();
  const { code, signal, output } = await terminal.result;

  expect({ code, signal }).toEqual({ code: null, signal: 'SIGINT' });
  const lines = linesOn(80, output);
  expect(lines.join('\n')).toMatch(/^12 keys in the plan: \d+ renewed, 0 up to date, \d+ failed, \d+ not begun\.$/m);
  expect(lines.join('\n')).toContain('❌ Interrupted by SIGINT: ');
  expect(lines.join('\n')).not.toContain(waiting);
  const held = [0, 1, 2].filter((key) => existsSync(join(folder, `0-${key}.key`)));
  expect(server('prod-eu').keys()).toHaveLength(held.length);
});

test('all contexts that are asked have a line each, and in the end there is the table alone', async () => {
  const { flags, server } = await start();
  server('lab').seed({ id: 5n, name: 'five' });
  const terminal = startInTerminal(['ingestion-api-key', 'list', '--all-contexts', ...flags], { columns: 80 });
  await terminal.waitFor(`prod-eu  `);
  await terminal.waitFor('of 4 servers asked');
  const { output } = await terminal.result;
  const lines = linesOn(80, output);
  expect(lines.slice(0, 2)).toEqual(['CONTEXT | ID | NAME | EXPIRATION | DESCRIPTION', 'lab     | 5  | five |            | -']);
  expect(lines[2]).toMatch(/^❌ down: /u);
});
