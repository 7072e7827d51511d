import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runBuilt, startBuilt } from './built.ts';
import { tempFolder } from './temp.ts';
import { runInTerminal, startInTerminal } from './terminal.ts';

function script(text: string): string {
  const path = join(tempFolder(), 'program.cjs');
  writeFileSync(path, text);
  return path;
}

test('a started program sees PATH, HOME and what is given, and nothing else', async () => {
  const program = script('console.log(JSON.stringify([Object.keys(process.env).sort(), process.argv.slice(2)]))');
  const result = await runBuilt(['a b', "c'd"], { program, env: { STS_CLI_URL: 'x' } });
  expect(result).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(JSON.parse(result.stdout)).toEqual([
    ['HOME', 'PATH', 'STS_CLI_URL'],
    ['a b', "c'd"],
  ]);
});

test('stdin, exit code and both streams come through', async () => {
  const program = script('process.stdin.on("data", (d) => process.stdout.write(d)); console.error("e"); process.exitCode = 7;');
  expect(await runBuilt([], { program, stdin: 'typed' })).toEqual({ code: 7, signal: null, stdout: 'typed', stderr: 'e\n' });
});

test('a stream can be closed, full, the null device or a file', async () => {
  const program = script(`
    const { fstatSync, readlinkSync, writeSync } = require('node:fs');
    const [descriptor] = process.argv.slice(2);
    try { writeSync(Number(descriptor), 'x'); process.exit(0); } catch (error) { process.exit(error.code === 'ENOSPC' ? 28 : 9); }`);
  const file = join(tempFolder(), "it's.txt");
  expect((await runBuilt(['1'], { program, stdout: { file } })).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe('x');
  expect((await runBuilt(['1'], { program, stdout: 'full' })).code).toBe(28);
  expect((await runBuilt(['2'], { program, stderr: 'full' })).code).toBe(28);
  expect((await runBuilt(['1'], { program, stdout: 'null' })).code).toBe(0);
  const closed = script('process.stderr.write(String(require("node:fs").fstatSync(1).isCharacterDevice()))');
  // Node puts the null device in place of a closed descriptor.
  expect((await runBuilt([], { program: closed, stdout: 'closed' })).stderr).toBe('true');
  expect((await runBuilt([], { program: closed })).stderr).toBe('false');
});

test('a pipe may lead to a reader, whose end is not taken for the program’s', async () => {
  const program = script('console.log("a\\nb"); process.exitCode = 5;');
  expect(await runBuilt([], { program, stdout: { pipeTo: 'tail -n 1' } })).toMatchObject({ code: 5, stdout: 'b\n' });
});

test('a signal reaches the program itself, behind a redirection as well', async () => {
  const program = script('process.on("SIGTERM", () => process.exit(3)); setInterval(() => {}, 1000); console.error("up");');
  const started = startBuilt([], { program, stdout: 'null' });
  await new Promise((up) => started.child.stderr?.once('data', up));
  started.child.kill('SIGTERM');
  expect((await started.result).code).toBe(3);
});

test('a terminal has a width, takes lines and Ctrl-C', async () => {
  const program = script(`
    console.log([process.stdout.isTTY, process.stdout.columns, process.env.TERM].join(' '));
    process.stdin.once('data', (d) => console.log('got ' + String(d).trim() + '!'));
    process.on('SIGINT', () => process.exit(130)); setInterval(() => {}, 1000);`);
  const terminal = startInTerminal([], { program, columns: 57, term: 'dumb' });
  await terminal.waitFor('true 57 dumb');
  terminal.typeLine('hello');
  await terminal.waitFor(/got hello!/);
  terminal.pressCtrlC();
  expect(await terminal.result).toMatchObject({ code: 130, signal: null });
});

test('waiting for what never comes ends with what stands on the terminal', async () => {
  const program = script('console.log("something else"); setTimeout(() => {}, 100);');
  const terminal = startInTerminal([], { program });
  await expect(terminal.waitFor('the text')).rejects.toThrow(/The program ended before the text stood.*something else/s);
  expect(await runInTerminal([], { program: script('process.kill(process.pid, "SIGINT"); setTimeout(() => {}, 9000)') })).toEqual(
    {
      code: null,
      signal: 'SIGINT',
      output: '',
    },
  );
  expect((await runInTerminal([], { program })).output).toBe('something else\r\n');
});
