import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, test } from 'vitest';
import { tempFolder } from './temp.ts';

/** The program that `npm run build` makes. */
export const builtProgram = fileURLToPath(new URL('../../bin/sts.js', import.meta.url));

/** Another program to test instead of the build: an executable, or a script for Node. */
const otherProgram = process.env['STS_BIN'] ? resolve(process.env['STS_BIN']) : undefined;

/** The Node that runs the program, if it is not the one that runs the tests. */
const node = process.env['STS_NODE'] ? resolve(process.env['STS_NODE']) : process.execPath;

/** Whether the build is tested. Only the build takes arguments for Node. */
export const testsTheBuild = otherProgram === undefined;

/**
 * A test of the build itself on the Node that runs the tests. It is skipped, and counted as skipped, when another program or Node is
 * tested.
 */
export const testOfTheBuild = test.skipIf(!testsTheBuild || node !== process.execPath);

/** Where a stream of the program leads: to the test, nowhere (closed), to a device, or to a file. */
export type Sink = 'pipe' | 'closed' | 'null' | 'full' | { readonly file: string; readonly append?: boolean };

/** A shell command that reads stdout through a pipe. The test gets the stdout of this command, and `child` is the shell. */
export interface Reader {
  readonly pipeTo: string;
}

export interface BuiltOptions {
  /** Variables added to an environment that has only `PATH` and `HOME`. Undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: a new folder. */
  readonly home?: string;
  readonly cwd?: string;
  /** The whole stdin; default empty. `closed` for a closed stdin, `open` if the test writes to it. */
  readonly stdin?: string | { readonly state: 'closed' | 'open' };
  readonly stdout?: Sink | Reader;
  readonly stderr?: Sink;
  /** Arguments for Node itself. Only allowed if the build is tested or `program` is given. */
  readonly nodeArguments?: readonly string[];
  /** A script for Node to run instead of the program. */
  readonly program?: string;
  /** A program with arguments that runs the tested program: `['/usr/bin/time', '-f', '%M']`. */
  readonly runBy?: readonly string[];
}

export interface BuiltResult {
  /** Null when a signal ended the program. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedProgram {
  readonly child: ChildProcess;
  /** Settles when the program has ended and its streams were read to the end. */
  readonly result: Promise<BuiltResult>;
  /** The output so far. */
  output(): { readonly stdout: string; readonly stderr: string };
}

/** Runs the program to its end. */
export async function runBuilt(argv: readonly string[], options: BuiltOptions = {}): Promise<BuiltResult> {
  return startBuilt(argv, options).result;
}

/**
 * Starts the program. It is killed at the end of the test if it still runs. `child.pid` is the id of the program itself, even with
 * redirections, so that a signal reaches only the program.
 */
export function startBuilt(argv: readonly string[], options: BuiltOptions = {}): StartedProgram {
  const { command, args } = withRedirections([...(options.runBy ?? []), ...wordsOf(options), ...argv], options);
  const settings: SpawnOptions = { env: environmentFor(options), stdio: 'pipe' };
  if (options.cwd !== undefined) settings.cwd = options.cwd;
  const child = spawn(command, args, settings);
  onTestFinished(() => void child.kill('SIGKILL'));
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  // It is not a failure of the test if the program ends before it has read its stdin.
  child.stdin?.on('error', () => {});
  if (typeof options.stdin === 'string') child.stdin?.end(options.stdin);
  else if (options.stdin?.state !== 'open') child.stdin?.end();
  const output = () => ({ stdout: Buffer.concat(stdout).toString('utf8'), stderr: Buffer.concat(stderr).toString('utf8') });
  const result = new Promise<BuiltResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...output() }));
  });
  return { child, result, output };
}

/**
 * The command that starts the program, without its arguments: `program`, else the one that `STS_BIN` names, else the build.
 * @throws Error when the build is missing, or when there are arguments for Node but the program is not run by Node.
 */
export function wordsOf({ program, nodeArguments = [] }: Pick<BuiltOptions, 'program' | 'nodeArguments'> = {}): string[] {
  const chosen = program ?? otherProgram ?? builtProgram;
  if (chosen === builtProgram && !existsSync(fileURLToPath(new URL('../../dist/main.cjs', import.meta.url)))) {
    throw new Error('The program is not built. Run: npm run build');
  }
  if (/\.[cm]?js$/.test(chosen)) return [node, ...nodeArguments, chosen];
  if (nodeArguments.length > 0) throw new Error(`${chosen} takes no arguments for Node.`);
  return [chosen];
}

/** Puts an `sts` command into a folder, for use in a `PATH`. */
export function putOnPath(folder: string): void {
  const path = join(folder, 'sts');
  writeFileSync(path, `#!/bin/sh\nexec ${wordsOf().map(quoted).join(' ')} "$@"\n`);
  chmodSync(path, 0o755);
}

/** The environment of a started program: `PATH`, `HOME`, and the variables of the test. */
export function environmentFor({ env = {}, home }: Pick<BuiltOptions, 'env' | 'home'>): Record<string, string> {
  const whole = { PATH: process.env['PATH'], HOME: home ?? ('HOME' in env ? undefined : tempFolder()), ...env };
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(whole)) if (value !== undefined) set[name] = value;
  return set;
}

/** Only a shell can start a program with a closed descriptor; `exec` makes the shell become the program. */
function withRedirections(words: readonly string[], options: BuiltOptions): { command: string; args: string[] } {
  const { stdin, stdout, stderr } = options;
  const reader = typeof stdout === 'object' && 'pipeTo' in stdout ? stdout.pipeTo : undefined;
  const redirections = [
    typeof stdin === 'object' && stdin.state === 'closed' ? '<&-' : '',
    typeof stdout === 'object' && 'pipeTo' in stdout ? '' : redirection(1, stdout),
    redirection(2, stderr),
  ].filter(Boolean);
  if (reader !== undefined) {
    const script = `"$@" ${redirections.join(' ')} | ${reader}; exit "\${PIPESTATUS[0]}"`;
    return { command: 'bash', args: ['-c', script, 'bash', ...words] };
  }
  if (redirections.length > 0) {
    return { command: '/bin/sh', args: ['-c', `exec "$@" ${redirections.join(' ')}`, 'sh', ...words] };
  }
  const [command = process.execPath, ...args] = words;
  return { command, args };
}

function redirection(descriptor: 1 | 2, sink: Sink = 'pipe'): string {
  if (sink === 'pipe') return '';
  if (sink === 'closed') return `${descriptor}>&-`;
  if (sink === 'null') return `${descriptor}>/dev/null`;
  if (sink === 'full') return `${descriptor}>/dev/full`;
  return `${descriptor}${sink.append ? '>>' : '>'}${quoted(sink.file)}`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
