import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, test } from 'vitest';
import { tempFolder } from './temp.ts';

/** The program as `npm run build` leaves it. */
export const builtProgram = fileURLToPath(new URL('../../bin/sts.js', import.meta.url));

/** Another program than the build, to be tested in its place: an executable, or a script for Node. */
const otherProgram = process.env['STS_BIN'] ? resolve(process.env['STS_BIN']) : undefined;

/** Another Node than the one that runs the tests, to run the program. */
const node = process.env['STS_NODE'] ? resolve(process.env['STS_NODE']) : process.execPath;

/** Whether the build is tested: it takes arguments for Node. */
export const testsTheBuild = otherProgram === undefined;

/** A test that looks into the build as it is for the Node at hand: skipped, and counted as such, when another program or Node is tested. */
export const testOfTheBuild = test.skipIf(!testsTheBuild || node !== process.execPath);

/** Where a stream of the program leads: to the test, to nothing that is open, to a device, or to a file. */
export type Sink = 'pipe' | 'closed' | 'null' | 'full' | { readonly file: string; readonly append?: boolean };

/** A shell command that reads stdout through a pipe; its own stdout is what the test gets, and `child` is the shell. */
export interface Reader {
  readonly pipeTo: string;
}

export interface BuiltOptions {
  /** Added to an environment of nothing but `PATH` and `HOME`; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default a folder of its own. */
  readonly home?: string;
  readonly cwd?: string;
  /** All that stands on stdin, default nothing; `closed` for no stdin at all, `open` for one the test writes to itself. */
  readonly stdin?: string | { readonly state: 'closed' | 'open' };
  readonly stdout?: Sink | Reader;
  readonly stderr?: Sink;
  /** Arguments for Node itself; only where the build is tested, or `program` is given. */
  readonly nodeArguments?: readonly string[];
  /** A script for Node to run in place of the program. */
  readonly program?: string;
  /** A program, with its arguments, that is given the program to run: `['/usr/bin/time', '-f', '%M']`. */
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
  /** Settles once the program has ended and its streams are read to their end. */
  readonly result: Promise<BuiltResult>;
  /** All that came out so far. */
  output(): { readonly stdout: string; readonly stderr: string };
}

/** Runs the program to its end. */
export async function runBuilt(argv: readonly string[], options: BuiltOptions = {}): Promise<BuiltResult> {
  return startBuilt(argv, options).result;
}

/**
 * Starts the program; the running test ends it by force if it is still there.
 * `child.pid` is the program's own, also behind a redirection, so that a signal reaches it and nothing else.
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
  // A program that ends before it has read its stdin is no failure of the test.
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
 * The words that start the program, without its arguments: `program`, else the one that `STS_BIN` names, else the build.
 * @throws Error when the build is missing, and when Node is to get arguments that is not run.
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

/** Puts `sts` into a folder that is to stand on a `PATH`. */
export function putOnPath(folder: string): void {
  const path = join(folder, 'sts');
  writeFileSync(path, `#!/bin/sh\nexec ${wordsOf().map(quoted).join(' ')} "$@"\n`);
  chmodSync(path, 0o755);
}

/** The environment a started program gets: `PATH`, `HOME`, and what the test gives. */
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
