import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { SHELLS } from '../../src/commands/completion.ts';
import { runSts } from '../support/run.ts';
import { tempFolder } from '../support/temp.ts';

const scripts = new Map<string, string>();

beforeAll(async () => {
  for (const shell of SHELLS) scripts.set(shell, await scriptOf(shell));
});

/** What `sts completion SHELL` prints. */
async function scriptOf(shell: string, ...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await runSts(['completion', shell, ...flags], { env: { HOME: '/nowhere' } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** What bash offers on Tab behind these words, the last of which is being typed. */
function complete(words: readonly string[], cwd = tempFolder(), bin = tempFolder()): string[] {
  const path = join(tempFolder(), 'completion.bash');
  const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  writeFileSync(
    path,
    `${scripts.get('bash')}\nCOMP_WORDS=(${line})\nCOMP_CWORD=$((\${#COMP_WORDS[@]} - 1))\n_sts\nprintf '%s\\n' "\${COMPREPLY[@]}"\n`,
  );
  const text = execFileSync('bash', ['--norc', '--noprofile', path], {
    cwd,
    env: { PATH: `${bin}:${process.env['PATH']}` },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return text.split('\n').filter((word) => word !== '');
}

test('bash offers the nouns, the verbs and the shells', () => {
  expect(complete(['sts', ''])).toEqual(expect.arrayContaining(['ingestion-api-key', 'context', 'version', 'help']));
  expect(complete(['sts', 'ing'])).toEqual(['ingestion-api-key']);
  expect(complete(['sts', 'ingestion-api-key', '']).toSorted()).toEqual(
    expect.arrayContaining(['create', 'delete', 'list', 'verify']),
  );
  expect(complete(['sts', 'ingestion-api-key', 'cr'])).toEqual(['create']);
  expect(complete(['sts', 'completion', ''])).toEqual([...SHELLS]);
  expect(complete(['sts', 'help', 'context', 'va'])).toEqual(['validate']);
});

test.each([
  [['sts', '--url', 'https', ':', '//host', 'ingestion-api-key', 'li'], ['list']],
  [['sts', '--url=https', '-o', 'json', '-v', 'ingestion-api-key', 'li'], ['list']],
  [['sts', '--output', '=', 'json', 'ingestion-api-key', 'li'], ['list']],
  [['sts', '--context', 'list', 'context', 'sh'], ['show']],
])('bash finds the command among flags: %j', (words, offered) => {
  expect(complete(words)).toEqual(offered);
});

test('bash offers the flags of the verb and the global ones, once a dash stands there', () => {
  expect(complete(['sts', 'ingestion-api-key', 'create', '--key'])).toEqual([
    '--key-file',
    '--key-format',
    '--key-var',
    '--key-mode',
    '--key-command',
    '--key-command-timeout',
  ]);
  expect(complete(['sts', 'ingestion-api-key', 'list', '--exp'])).toEqual(['--expired', '--expiring-within']);
  expect(complete(['sts', 'ingestion-api-key', 'list', '--service'])).toEqual(['--service-token']);
  expect(complete(['sts', 'version', '--key'])).toEqual([]);
});

test.each([
  [
    ['sts', 'version', '-o', ''],
    ['text', 'json', 'wide', 'prometheus'],
  ],
  [['sts', 'version', '--output', 'j'], ['json']],
  [
    ['sts', 'version', '--output', '='],
    ['text', 'json', 'wide', 'prometheus'],
  ],
  [['sts', 'version', '--output', '=', 't'], ['text']],
  [
    ['sts', 'ingestion-api-key', 'create', '--key-format', ''],
    ['raw', 'raw-no-newline', 'dotenv', 'kubernetes-secret'],
  ],
  [['sts', 'ingestion-api-key', 'create', '--name', ''], []],
  [['sts', 'nothing', ''], []],
])('bash offers the values that are known: %j', (words, offered) => {
  expect(complete(words)).toEqual(offered);
});

test.each([
  '$(touch ran)',
  '`touch ran`',
  '$'.concat('{x:=$(touch ran)}'),
  "';touch ran;'",
  '<(touch ran)',
  'a[$(touch ran)]',
  '*',
  '-o$(touch ran)',
])('nothing that is typed is run: %s', (word) => {
  const folder = tempFolder();
  for (const words of [
    ['sts', word],
    ['sts', word, ''],
    ['sts', 'ingestion-api-key', 'create', '--name', word],
    ['sts', 'ingestion-api-key', 'create', '--name', word, '--'],
    ['sts', 'ingestion-api-key', 'create', '--key-file', word],
    ['sts', '--output', '=', word],
    [word, 'version', '-'],
  ]) {
    complete(words, folder);
  }
  expect(existsSync(join(folder, 'ran'))).toBe(false);
});

test('the bash script is valid, defines a completion and evaluates nothing', () => {
  const script = scripts.get('bash') ?? '';
  const path = join(tempFolder(), 'completion.bash');
  writeFileSync(path, script);
  expect(execFileSync('bash', ['--norc', '-c', `. "$1"; complete -p sts`, 'bash', path], { encoding: 'utf8' })).toContain(
    '-F _sts sts',
  );
  expect(script).not.toMatch(/\beval\b|compgen -W/);
});

test.each([...SHELLS])('the script for %s knows every noun, verb and flag and evaluates nothing', (shell) => {
  const script = scripts.get(shell) ?? '';
  for (const word of ['ingestion-api-key', 'create', 'verify', 'context', 'validate', 'kubernetes-secret', 'json'])
    expect(script).toContain(word);
  expect(script).toContain(shell === 'fish' ? '-l key-file' : '--key-file');
  expect(script).not.toMatch(/\beval\b|Invoke-Expression \$|\bundefined\b|\[object /);
});

test('under JSON the script is a member of a document', async () => {
  expect(JSON.parse(await scriptOf('bash', '-o', 'json'))).toEqual({ shell: 'bash', script: scripts.get('bash') });
});

test.each([
  ['context', 'set', '--name', 'pr'],
  ['context', 'delete', '-n', 'pr'],
  ['context', 'validate', '--name', '=', 'pr'],
  ['ingestion-api-key', 'list', '--context', 'pr'],
  ['-c', 'pr'],
])('bash offers the names of contexts, and asks for nothing else: %s %s %s %s', (...words) => {
  const { bin, calls } = fakeSts(['prod', 'pre prod', '$(touch ran)', 'test']);
  const folder = tempFolder();
  expect(complete(['sts', ...words], folder, bin)).toEqual(['prod', 'pre\\ prod']);
  expect(calls()).toEqual(['context list --quiet']);
});

test('a name with something in it that a shell would run comes quoted, and nothing is run', () => {
  const { bin } = fakeSts(['$(touch ran)', "it's"]);
  const folder = tempFolder();
  expect(complete(['sts', '-c', ''], folder, bin)).toEqual(['\\$\\(touch\\ ran\\)', "it\\'s"]);
  expect(existsSync(join(folder, 'ran'))).toBe(false);
});

test('the name of a key is not completed, and no server is asked for it', () => {
  const { bin, calls } = fakeSts(['prod']);
  for (const verb of ['create', 'get', 'delete', 'rotate'])
    expect(complete(['sts', 'ingestion-api-key', verb, '--name', ''], tempFolder(), bin)).toEqual([]);
  expect(calls()).toEqual([]);
});

test.each(['zsh', 'fish', 'powershell'])(
  'the script for %s has descriptions with all that stands in them, unless asked not to',
  async (shell) => {
    const script = scripts.get(shell) ?? '';
    // In the quotes of each shell.
    expect(script.replaceAll(`'\\''`, "'").replaceAll("\\'", "'").replaceAll("''", "'")).toContain(
      'API token, "-" to read it from stdin',
    );
    expect(script).toMatch(/server(?:'\\''|\\'|'')s certificate/);
    const bare = await scriptOf(shell, '--no-descriptions');
    expect(bare).not.toContain('read it from stdin');
    expect(bare).toContain('ingestion-api-key');
  },
);

test('bash has no descriptions, and takes --no-descriptions as the Go CLI does', async () => {
  expect(await scriptOf('bash', '--no-descriptions')).toBe(scripts.get('bash'));
});

/** A program `sts` that prints these names, and writes down what it was asked for. */
function fakeSts(names: readonly string[]): { readonly bin: string; readonly calls: () => string[] } {
  const bin = tempFolder();
  const [program, log, list] = ['sts', 'log', 'names'].map((name) => join(bin, name)) as [string, string, string];
  writeFileSync(list, names.map((name) => `${name}\n`).join(''));
  writeFileSync(program, `#!/bin/sh\necho "$*" >> '${log}'\ncat '${list}'\n`, { mode: 0o755 });
  return { bin, calls: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []) };
}
