import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tokens } from '../stackstate/server.ts';
import { against, environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';
import { runInTerminal, startInTerminal, withoutSpinner } from '../support/terminal.ts';
import { startShellInTerminal } from './shell.ts';

const keys = 'ingestion-api-key';
const day = 86_400_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what terminals are told by.
const escapes = /\x1b\[[0-9;?]*[A-Za-z]/g;
const symbols = /✅|❌|⚠|[⠁-⣿]/u;

/** Days from now, as milliseconds and as the table shows it. */
function inDays(days: number): { readonly expiration: bigint; readonly date: string } {
  const time = Date.now() + days * day;
  return { expiration: BigInt(time), date: new Date(time).toISOString().slice(0, 10) };
}

test('a terminal that shows colours gets symbols, an expired date in red and one that ends soon in yellow', async () => {
  const stackState = await startForTest({ now: Date.now });
  const [expired, soon, later] = [inDays(-1), inDays(13), inDays(15)];
  stackState.seed({ id: 1n, name: 'expired', expiration: expired.expiration });
  stackState.seed({ id: 2n, name: 'later', expiration: later.expiration });
  stackState.seed({ id: 3n, name: 'soon', expiration: soon.expiration });
  const list = await runInTerminal([keys, 'list', ...against(stackState)]);
  expect(list.code).toBe(0);
  expect(withoutSpinner(list.output).split('\r\n')).toEqual([
    'ID | NAME    | EXPIRATION | DESCRIPTION',
    `1  | expired | \u001b[31m${expired.date}\u001b[39m | -`,
    `2  | later   | ${later.date} | -`,
    `3  | soon    | \u001b[33m${soon.date}\u001b[39m | -`,
    '',
  ]);
  const created = await runInTerminal([keys, 'create', '-n', 'n', ...against(stackState)]);
  expect(withoutSpinner(created.output)).toMatch(
    /^✅ Ingestion API Key generated: iapikeyok-\S+\r\nId: \d+\. Expires: never\. .*shown this once\.\r\n$/u,
  );
  const failed = await runInTerminal([keys, 'delete', '--id', '9', ...against(stackState)]);
  expect(failed.code).toBe(8);
  expect(withoutSpinner(failed.output)).toMatch(/^❌ There is no ingestion API key with the id 9\./u);
});

test.each([
  { what: 'NO_COLOR', env: { NO_COLOR: '1' }, flags: [] },
  { what: 'TERM=dumb', env: {}, term: 'dumb', flags: [] },
  { what: '--no-color', env: {}, flags: ['--no-color'] },
])('$what: no colour, no symbol, no animation on a terminal', async ({ env, flags, term }) => {
  const stackState = await startForTest({ now: Date.now });
  const { date, expiration } = inDays(-1);
  stackState.seed({ id: 1n, name: 'expired', expiration });
  stackState.setFault('any', { kind: 'delay', ms: 600 });
  const run = (words: string[]) =>
    runInTerminal([keys, ...words, ...flags, ...against(stackState)], { env, ...(term === undefined ? {} : { term }) });
  const [list, created, failed, refused] = await Promise.all([
    run(['list']),
    run(['create', '-n', 'n']),
    run(['delete', '--id', '9']),
    run(['list', '--bogus']),
  ]);
  expect(list.output).toMatch(new RegExp(`^1 +\\| expired \\| ${date} \\| -\r$`, 'm'));
  expect(created.output).toMatch(/^\[SUCCESS\] Ingestion API Key generated: /);
  expect(failed.output).toMatch(/^\[ERROR\] There is no /);
  expect(refused.output).toMatch(/^\[ERROR\] Unknown flag: --bogus/);
  const all = list.output + created.output + failed.output + refused.output;
  expect(all).not.toMatch(escapes);
  expect(all).not.toMatch(symbols);
});

test('what is piped from within a terminal is plain, while its errors still have their symbols', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ id: 1n, name: 'n'.repeat(60), description: 'd'.repeat(60), expiration: 1n });
  const file = join(tempFolder(), 'out');
  const script = `sts ingestion-api-key list >"$FILE"; sts ingestion-api-key create -n n >>"$FILE"; sts bogus >>"$FILE"`;
  const output = await startShellInTerminal(script, { env: { ...environmentOf(stackState), FILE: file }, columns: 40 }).result;
  const [header, row, created, ...rest] = readFileSync(file, 'utf8').split('\n');
  expect(header).toMatch(/^ID \| NAME {57}\| EXPIRATION \| DESCRIPTION$/);
  expect(row).toBe(`1  | ${'n'.repeat(60)} | 1970-01-01 | ${'d'.repeat(60)}`);
  expect(created).toMatch(/^\[SUCCESS\] /);
  expect(rest).toEqual(['']);
  expect(withoutSpinner(output)).toMatch(/^Id: .*\r\n❌ Unknown command "bogus"/u);
});

/** Columns a text takes: every character of these tests is known. */
function columnsOf(line: string): number {
  let columns = 0;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(line)) {
    columns += /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|^\p{RGI_Emoji}$/v.test(segment) ? 2 : 1;
  }
  return columns;
}

test.each([
  { columns: 40, shape: 'records' },
  { columns: 60, shape: 'a table' },
  { columns: 80, shape: 'a table' },
])('a list fits a terminal of $columns columns as $shape, aligned as it shows, and loses nothing', async ({ columns, shape }) => {
  const stackState = await startForTest({ now: Date.now });
  const descriptions = [
    '収集器のための鍵です。東京のデータセンターで使われています。',
    'emoji 🚀 and families 👩‍👩‍👧‍👦 and flags 🇩🇪 stand in this description of a key',
    'combining e\u0301\u0302 marks o\u0308 stand above what they join, in a long description',
    'plain words that are wrapped at spaces where there are any, andonelongwordthatmustbecutsomewhereinside',
  ];
  for (const [index, description] of descriptions.entries()) {
    stackState.seed({
      id: 250_558_013_078_953n + BigInt(index),
      name: `鍵-${index}`,
      description,
      expiration: inDays(100).expiration,
    });
  }
  const { code, output } = await runInTerminal([keys, 'list', ...against(stackState)], { columns });
  expect(code).toBe(0);
  const lines = withoutSpinner(output).replace(escapes, '').split('\r\n').slice(0, -1);
  expect(lines[0]).toMatch(shape === 'records' ? /^ID {10}\| \d{15}$/ : /^ID {14}\| NAME \| EXPIRATION \| DESCRIPTION$/);
  const bars = lines.map((line) => [...line.matchAll(/\|/g)].map(({ index }) => columnsOf(line.slice(0, index))));
  for (const [index, line] of lines.entries()) {
    expect(columnsOf(line), line).toBeLessThanOrEqual(columns);
    expect(line).toBe(line.trimEnd());
    // Each bar stands below the one of the header.
    expect(bars[index], line).toEqual(bars[0]?.slice(0, bars[index]?.length));
  }
  const cells = lines.map((line) => line.split(/ \| ?/));
  const last = shape === 'records' ? 1 : 3;
  const descriptionsShown = cells
    .map((row) => row[last] ?? '')
    .join('')
    .replaceAll(/\s/g, '');
  for (const description of descriptions) expect(descriptionsShown).toContain(description.replaceAll(/\s/g, ''));
  for (const { id, name } of stackState.keys()) {
    expect(cells.flat()).toContain(String(id));
    expect(cells.flat().map((text) => text.trim())).toContain(name);
  }
});

test('a slow answer shows a spinner, and the line is clean before the result', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ id: 1n, name: 'n' });
  stackState.setFault('list', { kind: 'delay', ms: 900 });
  const { output } = await runInTerminal([keys, 'list', ...against(stackState)]);
  expect(output).toMatch(/^\r[⠁-⣿] Listing keys/u);
  const [spinner = '', table] = output.split('\r\u001b[K');
  expect(spinner.match(/\r[⠁-⣿] Listing keys/gu)?.join('')).toBe(spinner);
  expect(table).toBe('ID | NAME | EXPIRATION | DESCRIPTION\r\n1  | n    |            | -\r\n');
});

test('a slow creation shows a spinner, and the line is clean before the key is shown', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.setFault('create', { kind: 'delay', ms: 900 });
  const { code, output } = await runInTerminal([keys, 'create', '-n', 'n', ...against(stackState)]);
  const apiKey = stackState.keys()[0]?.apiKey ?? 'none';
  expect(code).toBe(0);
  expect(output).toMatch(/^\r[⠁-⣿] Creating the key/u);
  const [id] = stackState.keys().map((key) => key.id);
  const lines = `✅ Ingestion API Key generated: ${apiKey}\r\nId: ${id}. Expires: never. The key is shown this once.\r\n`;
  expect(withoutSpinner(output)).toBe(lines);
  // Not drawn over, and not cleared with the spinner: it is shown this once.
  expect(output.slice(output.lastIndexOf('\u001b[K'))).toBe(`\u001b[K${lines}`);
});

test('a quick answer shows none, and an error or a signal leaves the line clean as well', async () => {
  const stackState = await startForTest({ now: Date.now });
  const started = performance.now();
  const listing = startInTerminal([keys, 'list', ...against(stackState)]);
  await listing.waitFor('found.');
  const wasQuick = performance.now() - started < 300;
  const quick = await listing.result;
  expect(withoutSpinner(quick.output)).toBe('No ingestion api keys found.\r\n');
  // On a busy machine the whole run may take longer than a spinner waits: then it may be seen.
  expect(wasQuick && quick.output !== withoutSpinner(quick.output)).toBe(false);
  stackState.setFault('list', { kind: 'stall' });
  const late = await runInTerminal([keys, 'list', '--timeout', '700ms', ...against(stackState)]);
  expect(late).toMatchObject({ code: 4 });
  expect(late.output.split('\r\u001b[K').at(-1)).toMatch(/^❌ 127\.0\.0\.1:\d+ gave no response within 0\.7 s\./u);
  const terminal = startInTerminal([keys, 'list', ...against(stackState)]);
  await terminal.waitFor('Listing keys');
  terminal.pressCtrlC();
  const { signal, output } = await terminal.result;
  expect(signal).toBe('SIGINT');
  expect(output.split('\r\u001b[K').at(-1)).toMatch(/^(?:\^C)?❌ Interrupted by SIGINT\.\r\n$/u);
});

test('context save asks for a missing token and shows nothing of it', async () => {
  const stackState = await startForTest({ now: Date.now });
  const home = tempFolder();
  const terminal = startInTerminal(['context', 'save', '--name', 'prod', '--url', stackState.url, '-vvv'], { home });
  await terminal.waitFor('token: ');
  terminal.typeLine(tokens.api);
  const { code, output } = await terminal.result;
  expect(code).toBe(0);
  expect(output).toContain("✅ Saved context: 'prod'");
  expect(output).not.toContain(tokens.api);
  expect(output).not.toMatch(/\*{3}|-8GJ2|test-api/);
  expect(readFileSync(join(home, '.config', 'stackstate-cli', 'config.yaml'), 'utf8')).toContain(tokens.api);
  expect(stackState.requests).toMatchObject([{ route: 'info', headers: { 'x-api-token': tokens.api } }]);
});

test('a token of "-" is asked for without echo, and corrections on the line count', async () => {
  const stackState = await startForTest({ now: Date.now });
  const terminal = startInTerminal([keys, 'list', '--url', stackState.url, '--service-token', '-']);
  await terminal.waitFor('oken: ');
  terminal.typeLine(`${tokens.service}xy\u007f\u007f`);
  const { code, output } = await terminal.result;
  expect({ code, shown: output.includes(tokens.service.slice(0, 6)) }).toEqual({ code: 0, shown: false });
});

test.each([
  ['Ctrl-C', 'half-a-secret\u0003', 130],
  ['Ctrl-D', '\u0004', 1],
])('%s at the prompt ends it, saves nothing, and the terminal echoes again', async (_, typed, code) => {
  const stackState = await startForTest({ now: Date.now });
  const home = tempFolder();
  const script = `stty -a; sts context save --url "$STACKSTATE"; echo "code $?"; stty -a`;
  const terminal = startShellInTerminal(script, { home, env: { STACKSTATE: stackState.url } });
  await terminal.waitFor('token: ');
  terminal.type(typed);
  const output = await terminal.result;
  expect(output).toContain(`code ${code}\r\n`);
  expect(output).not.toContain('half-a-secret');
  const settings = output.match(/speed \d+ baud[\s\S]*?-extproc|speed \d+ baud[\s\S]*?iexten[\s\S]*?\r\n/g) ?? [];
  expect(settings).toHaveLength(2);
  expect(settings[1]).toBe(settings[0]);
  expect(settings[1]).toMatch(/ echo /);
  expect(existsSync(join(home, '.config', 'stackstate-cli', 'config.yaml'))).toBe(false);
  expect(stackState.connections).toBe(0);
});

test('a prompt that is terminated leaves a terminal that echoes', async () => {
  const pid = join(tempFolder(), 'pid');
  const script = `sh -c 'echo $$ >"$PID"; exec sts context save --url http://127.0.0.1:9'; echo "code $?"; stty -a`;
  const terminal = startShellInTerminal(script, { env: { PID: pid } });
  await terminal.waitFor('token: ');
  process.kill(Number(readFileSync(pid, 'utf8')), 'SIGTERM');
  const output = await terminal.result;
  expect(output).toContain('code 143\r\n');
  expect(output).toMatch(/[^-]\bicanon\b[\s\S]* echo /);
});

test('an empty answer at the prompt is an error that says so', async () => {
  const stackState = await startForTest({ now: Date.now });
  const terminal = startInTerminal(['context', 'save', '--url', stackState.url]);
  await terminal.waitFor('token: ');
  terminal.typeLine('');
  const { code, output } = await terminal.result;
  expect(code).toBe(1);
  expect(output).toMatch(/❌ The token given by the terminal is empty\.\r\n {2}\S/u);
});

test('a deletion that is asked for on a terminal needs a yes', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ name: 'doomed' });
  stackState.seed({ name: 'doomed' });
  const ask = async (answer: string) => {
    const terminal = startInTerminal([keys, 'delete', '--name', 'doomed', ...against(stackState)]);
    await terminal.waitFor(/\?|\[y/i);
    terminal.typeLine(answer);
    return terminal.result;
  };
  await ask('');
  await ask('no');
  expect(stackState.keys()).toHaveLength(2);
  expect(await ask('y')).toMatchObject({ code: 0 });
  expect(stackState.keys()).toEqual([]);
});

test('text of the server is harmless on a terminal', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ id: 1n, name: 'a\u001b]0;title\u0007b\u009b31m', description: 'left\u202eright\r\nnext\u0008' });
  const { output } = await runInTerminal([keys, 'list', '--no-color', ...against(stackState)], { columns: 120 });
  expect(output.split('\r\n')[1]).toBe(
    '1  | a\\u001b]0;title\\u0007b\\u009b31m |            | left\\u202eright\\u000d\\u000anext\\u0008',
  );
});
