import { spawn } from 'node:child_process';
import type { Processes, ProcessOptions, ProcessResult } from './processes.ts';

/** How long a program has to end after it was asked to. */
const graceMs = 2000;
/** How long output is waited for after a program has ended: what it left running may hold its streams open for ever. */
const lingerMs = 1000;
/** A timer takes no longer time: 24 days. */
const longestTimerMs = 2 ** 31 - 1;
/** Most of what a program prints that is kept, in characters. */
const keptLength = 64 * 1024;

/** The processes of this machine. */
export const nodeProcesses: Processes = {
  run: (command, options) =>
    new Promise<ProcessResult>((done, fail) => {
      const { words, shell } = 'shell' in command ? throughShell(command.shell) : { words: command, shell: false };
      const [file = '', ...args] = words;
      const child = spawn(file, args, {
        shell,
        detached: ownGroup(options),
        stdio: [options.terminal ? 'inherit' : 'pipe', 'pipe', 'pipe'],
        ...(options.env === undefined ? {} : { env: options.env }),
      });
      const texts = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        child[name]?.setEncoding('utf8').on('data', (text: string) => {
          texts[name] = (texts[name] + text).slice(-keptLength);
          options.onOutput?.(text, name);
        });
      }
      const ending = endingOf(child.pid, options);
      child.stdin?.on('error', () => {
        // A program that does not read its input says by its exit code what it thinks of it.
      });
      child.stdin?.end(options.input ?? '');
      child.once('error', (error) => {
        ending.settled();
        fail(error);
      });
      let lingering: NodeJS.Timeout | undefined;
      const settle = (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(lingering);
        ending.settled();
        for (const stream of child.stdio) stream?.destroy();
        done({ code, signal, timedOut: ending.timedOut(), ...texts });
      };
      child.once('exit', (code, signal) => {
        ending.exited();
        lingering = setTimeout(() => settle(code, signal), ending.wasAsked() ? graceMs + lingerMs : lingerMs);
      });
      child.once('close', settle);
    }),
};

/**
 * A line for the shell, with its input from a pipe. What Node gives a program as stdin is a socket, and Linux does not open a socket by the
 * name `/dev/stdin`, which many programs take for a file. Without `cat` the line gets the socket.
 */
function throughShell(line: string): { readonly words: readonly string[]; readonly shell: boolean } {
  if (process.platform === 'win32') return { words: [line], shell: true };
  const piped = 'if command -v cat >/dev/null; then cat | /bin/sh -c "$1"; else exec /bin/sh -c "$1"; fi';
  return { words: ['/bin/sh', '-c', piped, 'sh', line], shell: false };
}

/** A group of its own, so that what a shell has started can be ended with it; outside of this program's it could not ask on the terminal. */
function ownGroup({ terminal = false }: ProcessOptions): boolean {
  return process.platform !== 'win32' && !terminal;
}

/** Ends a program by its deadline or by a signal: first asked to, then made to. */
function endingOf(pid: number | undefined, options: ProcessOptions) {
  const { timeoutMs, signal } = options;
  const target = pid === undefined || !ownGroup(options) ? pid : -pid;
  let timedOut = false;
  let asked = false;
  let killing: NodeJS.Timeout | undefined;
  const end = () => {
    asked = true;
    send(target, 'SIGTERM');
    killing ??= setTimeout(() => send(target, 'SIGKILL'), graceMs);
  };
  const timer = setTimeout(
    () => {
      timedOut = true;
      end();
    },
    Math.min(timeoutMs, longestTimerMs),
  );
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  return {
    timedOut: () => timedOut,
    wasAsked: () => asked,
    /** The program itself was in time, whatever it has left running. */
    exited: () => clearTimeout(timer),
    settled() {
      clearTimeout(timer);
      clearTimeout(killing);
      signal?.removeEventListener('abort', end);
    },
  };
}

/** @param target a process by its id, or a group by its negative. */
function send(target: number | undefined, signal: NodeJS.Signals): void {
  if (target === undefined) return;
  try {
    process.kill(target, signal);
  } catch {
    // It has ended.
  }
}
