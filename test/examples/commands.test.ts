import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadProgram } from '../../src/cli/catalogue.ts';
import { readCall } from '../../src/cli/program.ts';
import { refusalOf } from '../../src/cli/refusals.ts';
import { commandPath, faultOf, readLine } from '../../src/cli/words.ts';

const program = await loadProgram();
const folder = fileURLToPath(new URL('../../examples/', import.meta.url));
const read = (name: string) => readFileSync(folder + name, 'utf8');
const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length).replace(/^\/+/, ''));

/** Every command line of ours in a script; `\` continues a line, a comment is none. What stands in quotes may hold anything. */
function commandsIn(script: string): string[] {
  const lines = script.replace(/\\\n\s*/g, ' ').split('\n');
  return lines
    .filter((line) => !/^\s*#/.test(line))
    .flatMap((line) => line.match(/\bsts (?:ingestion-api-key|context|version)\b(?:'[^']*'|"[^"]*"|[^;|&<>'"])*/g) ?? []);
}

/** All texts in a YAML document; the arguments of a container are a command line. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value[0] === 'ingestion-api-key') return [`sts ${value.join(' ')}`];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** The words a shell makes of a simple command; variables stay as they are written. */
function wordsOf(command: string): string[] {
  return [...command.trim().matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}

/** Reads a command line as the program does. @returns the command it names. */
function understand(command: string): string {
  const line = readLine(program, wordsOf(command).slice(1));
  if (faultOf(line) !== undefined) throw refusalOf(line);
  const { options } = readCall(line);
  line.verb?.check?.(options);
  return commandPath(line);
}

const examples = names.map((name) => {
  const texts = name.endsWith('.yaml')
    ? parseAllDocuments(read(name)).flatMap((document) => textsIn(document.toJS()))
    : [read(name)];
  return { name, commands: texts.flatMap(commandsIn) };
});

test('the examples are those that are promised', () => {
  expect(names.sort()).toEqual([
    'cron/sts-renew',
    'github-actions.yaml',
    'gitlab-ci.yaml',
    'kubernetes/renew.yaml',
    'renew.sh',
    'systemd/sts-renew.service',
    'systemd/sts-renew.timer',
  ]);
});

test.each(names.filter((name) => name.endsWith('.yaml')))('%s is YAML without an error or a warning', (name) => {
  for (const document of parseAllDocuments(read(name))) {
    expect([...document.errors, ...document.warnings]).toEqual([]);
  }
});

test.each(examples.filter(({ name }) => !name.endsWith('.timer')))(
  '$name renews, and every command of it is understood by the program',
  ({ commands }) => {
    expect(commands.map(understand)).toContain('sts ingestion-api-key renew');
  },
);

test('a command with a flag that does not exist would be seen', () => {
  expect(() => understand('sts ingestion-api-key rotate --name x --no-such-flag')).toThrow('--no-such-flag');
  expect(() => understand('sts ingestion-api-key rotate --name x --after 10m')).toThrow('--delete-old');
});
