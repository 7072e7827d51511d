import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { putOnPath, runBuilt } from '../support/built.ts';
import { count } from '../support/counts.ts';
import { startForTest, tempFolder } from '../support/run.ts';
import { isInstalled, runShell, startShellInTerminal } from './shell.ts';

// Completion as people have it: the recipe of the help in a fresh home, a shell in a terminal, and keys.

interface ShellOfTest {
  readonly name: string;
  /** Where a line is put that the shell reads at its start, and the line that gives it a prompt to wait for. */
  readonly startFile: string;
  readonly prompt: string;
}

const shells: readonly ShellOfTest[] = [
  { name: 'bash', startFile: '.bashrc', prompt: "PS1='ready> '" },
  { name: 'zsh', startFile: '.zshrc', prompt: "PS1='ready> '" },
  { name: 'fish', startFile: '.config/fish/config.fish', prompt: "function fish_prompt; echo -n 'ready> '; end" },
];

const names = ['prod', 'my cluster', '$(touch ran)'];
let tried = 0;
afterAll(() => count('completions in terminals', tried));

for (const { name } of shells) {
  if (!isInstalled(name)) console.warn(`[WARN] SKIPPED: completion in ${name}, which is not installed on this machine.`);
}

describe.each(shells.filter(({ name }) => isInstalled(name)))('in $name', (shell) => {
  test.each<[what: string, keys: string, argv: string[]]>([
    ['nouns and verbs', 'sts ingest\tli\t', ['ingestion-api-key', 'list']],
    [
      'a verb behind flags',
      'sts -o json --url https://h:1/x ingestion-api-key ro\t',
      ['-o', 'json', '--url', 'https://h:1/x', 'ingestion-api-key', 'rotate'],
    ],
    ['flags of the verb', 'sts ingestion-api-key create --desc\t', ['ingestion-api-key', 'create', '--description']],
    ['flags that every command has, and their words', 'sts version --outp\tjs\t', ['version', '--output', 'json']],
    [
      'words of a flag of the verb',
      'sts ingestion-api-key create --key-format do\t',
      ['ingestion-api-key', 'create', '--key-format', 'dotenv'],
    ],
    ['contexts behind --context', 'sts --context pr\tversion', ['--context', 'prod', 'version']],
    ['contexts behind --name of a verb that takes one', 'sts context set --name pr\t', ['context', 'set', '--name', 'prod']],
    ['a name with a space as one word', 'sts context delete -n my\t', ['context', 'delete', '-n', 'my cluster']],
    ['files', 'sts ingestion-api-key verify --key-file ing\t', ['ingestion-api-key', 'verify', '--key-file', 'ingestion.key']],
    ['commands behind help', 'sts help context va\t', ['help', 'context', 'validate']],
  ])('%s', async (_what, keys, argv) => {
    const run = await start(shell);
    await run.enter(keys);
    expect(run.argv()).toEqual(argv);
    expect(run.asked().filter((line) => line !== 'context list --quiet')).toEqual([]);
  });

  test('names of keys are not sent for, and what was typed is not run', async () => {
    const stackState = await startForTest({ now: Date.now });
    const run = await start(shell, { STS_CLI_URL: stackState.url, STS_CLI_API_TOKEN: 'unused' });
    await run.enter("sts ingestion-api-key get --name '\t$(touch ran)' --i\t1");
    // Fish takes the Tab in quotes for one that asks for a value; there is none to offer.
    expect(run.argv().slice(0, 3)).toEqual(['ingestion-api-key', 'get', '--name']);
    expect(stackState.requests).toEqual([]);
    expect(run.asked()).toEqual([]);
    expect(existsSync(join(run.folder, 'ran'))).toBe(false);
  });

  test('a name of a context that a shell would run comes in quotes', async () => {
    const run = await start(shell, {}, ['$(touch ran)']);
    await run.enter('sts --context \tversion');
    expect(run.argv()).toEqual(['--context', '$(touch ran)', 'version']);
    expect(existsSync(join(run.folder, 'ran'))).toBe(false);
  });
});

interface Run {
  /** Working folder of the shell. */
  readonly folder: string;
  /** Types the keys and Enter, and waits until the program was called. */
  enter(keys: string): Promise<void>;
  /** The arguments of the last call. */
  argv(): string[];
  /** What completion asked the program for, in its own calls. */
  asked(): string[];
}

/** A shell in a terminal, with completion as the help says it is loaded in every shell. */
async function start(shell: ShellOfTest, env: Readonly<Record<string, string>> = {}, contexts = names): Promise<Run> {
  tried += 1;
  const [home, folder, bin] = [tempFolder(), tempFolder(), tempFolder()];
  const [calls, asked] = [join(bin, 'calls'), join(bin, 'asked')];
  await setUp(shell, home);
  saveContexts(home, contexts);
  writeFileSync(join(folder, 'ingestion.key'), '');
  watch(bin, calls, asked);
  const interactive = shell.name === 'zsh' ? 'zsh --no-globalrcs -i' : `${shell.name} -i`;
  const script = `PATH='${bin}':"$PATH"; export PATH; exec ${interactive}`;
  const terminal = startShellInTerminal(script, { home, cwd: folder, env: { LANG: 'C.UTF-8', ...env } });
  await terminal.waitFor('ready> ');
  const read = (path: string, separator: string) =>
    existsSync(path) ? readFileSync(path, 'utf8').split(separator).slice(0, -1) : [];
  return {
    folder,
    argv: () => read(calls, '\0'),
    asked: () => read(asked, '\n'),
    async enter(keys) {
      terminal.type(`${keys}\r`);
      for (let waited = 0; !existsSync(calls); waited += 50) {
        if (waited > 15_000) throw new Error(`The program was not called. The terminal shows:\n${terminal.output()}`);
        await delay(50);
      }
    },
  };
}

/** Does what the help says, in a home with nothing in it. */
async function setUp({ name, startFile, prompt }: ShellOfTest, home: string): Promise<void> {
  const { stdout } = await runBuilt(['completion', name, '--help']);
  const [, recipe = ''] = /\n {2}# in every shell.*\n((?: {2}.+\n)+)/.exec(stdout) ?? [];
  const { code, stderr } = await runShell('sh', recipe, { home });
  expect({ code, stderr }, recipe).toEqual({ code: 0, stderr: '' });
  const path = join(home, startFile);
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${prompt}\n`);
}

function saveContexts(home: string, contexts: readonly string[]): void {
  const path = join(home, '.config', 'stackstate-cli', 'config.yaml');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const rows = contexts.map((name) => `  - name: '${name}'\n    context: { url: "https://127.0.0.1:9", api-token: t }\n`);
  writeFileSync(path, `contexts:\n${rows.join('')}`, { mode: 0o600 });
}

/** A program `sts` that answers completion as the real one does, and only writes down how else it is called. */
function watch(bin: string, calls: string, asked: string): void {
  const real = join(bin, 'real');
  mkdirSync(real);
  putOnPath(real);
  const script = `#!/bin/sh
if [ "$1 $2 $3" = 'context list --quiet' ]; then
  printf '%s\\n' "$*" >> '${asked}'
  exec '${join(real, 'sts')}' "$@"
fi
printf '%s\\0' "$@" > '${calls}.new' && mv '${calls}.new' '${calls}'
`;
  writeFileSync(join(bin, 'sts'), script, { mode: 0o755 });
  execFileSync('sh', ['-n', join(bin, 'sts')]);
}
