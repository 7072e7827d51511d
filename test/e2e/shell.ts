import { execFileSync, spawn } from 'node:child_process';
import { spawn as spawnInTerminal } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';
import { type BuiltOptions, type BuiltResult, environmentFor, putOnPath } from '../support/built.ts';
import { tempFolder } from '../support/temp.ts';
import { holdOpen } from '../support/terminal.ts';

/** Whether this machine has a program. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A POSIX shell that is not bash, where there is one. */
export const posixShell = isInstalled('dash') ? 'dash' : 'sh';

export interface ShellOptions extends Pick<BuiltOptions, 'env' | 'home' | 'cwd'> {
  /** Variables of the script. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs a script to its end; `sts` in it is the built program. */
export async function runShell(shell: string, script: string, options: ShellOptions = {}): Promise<BuiltResult> {
  const settings = { env: environmentOfShell(options), ...(options.cwd === undefined ? {} : { cwd: options.cwd }) };
  const child = spawn(shell, ['-c', script, shell], { ...settings, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code, signal, stdout: Buffer.concat(stdout).toString('utf8'), stderr: Buffer.concat(stderr).toString('utf8') }),
    );
  });
}

export interface ShellInTerminal {
  output(): string;
  type(keys: string): void;
  /** Waits until the text stands on the terminal. @throws Error when the script ends or ten seconds go by before. */
  waitFor(text: string | RegExp): Promise<void>;
  /** All that stood on the terminal, once the script has ended. */
  readonly result: Promise<string>;
}

/** Starts a script in a pseudo-terminal; `sts` in it is the built program. */
export function startShellInTerminal(
  script: string,
  options: ShellOptions & { readonly columns?: number } = {},
): ShellInTerminal {
  const pty = spawnInTerminal('sh', ['-c', script, 'sh'], {
    name: 'xterm-256color',
    cols: options.columns ?? 80,
    rows: 24,
    cwd: options.cwd ?? process.cwd(),
    env: { TERM: 'xterm-256color', ...environmentOfShell(options) },
  });
  const letGo = holdOpen(pty);
  let output = '';
  let ended = false;
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  pty.onData((data) => {
    output += data;
    changed();
  });
  const result = new Promise<string>((resolve) => {
    pty.onExit(() => {
      letGo();
      ended = true;
      changed();
      resolve(output);
    });
  });
  onTestFinished(() => {
    if (!ended) pty.kill('SIGKILL');
  });
  const waitFor = (text: string | RegExp) =>
    new Promise<void>((resolve, reject) => {
      const settle = (failure?: string) => {
        clearTimeout(timer);
        listeners.delete(look);
        if (failure === undefined) resolve();
        else reject(new Error(`${failure} before ${String(text)} stood on the terminal. It shows:\n${output}`));
      };
      const look = () => {
        if (typeof text === 'string' ? output.includes(text) : text.test(output)) settle();
        else if (ended) settle('The script ended');
      };
      const timer = setTimeout(() => settle('Ten seconds went by'), 10_000);
      listeners.add(look);
      look();
    });
  return { output: () => output, type: (keys) => pty.write(keys), waitFor, result };
}

function environmentOfShell(options: ShellOptions): Record<string, string> {
  const env = environmentFor(options);
  const folder = tempFolder();
  putOnPath(folder);
  return { ...env, ...options.variables, PATH: `${folder}:${env['PATH'] ?? '/usr/bin:/bin'}` };
}
