import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Processes, ProcessOptions, ProcessResult } from './processes.ts';

/** How long a program may take to end after SIGTERM, in milliseconds, before it is killed. */
const graceMs = 2000;
/**
 * How long to wait for output after a program has ended, in milliseconds. Processes that it left running may keep its streams open for
 * ever.
 */
const lingerMs = 1000;
/** The longest time that a timer accepts: 24 days. */
const longestTimerMs = 2 ** 31 - 1;
/** How much of a program's output is kept, in characters. */
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
        // It is not an error if a program does not read its input. Its exit code tells whether it succeeded.
      });
      child.stdin?.end(options.input ?? '');
      child.once('error', (error) => {
        ending.settled();
        fail(error);
      });
      let lingering: NodeJS.Timeout | undefined;
      const settle = async (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(lingering);
        await ending.groupGone();
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
 * Runs a command line in the shell with a pipe as its stdin. Node connects the stdin of a program to a socket, and Linux cannot open a
 * socket by the name `/dev/stdin`, which many programs use as a file. If `/bin/cat` is missing, the command gets the socket. No other `cat`
 * will do: one that fails would give the command half a key.
 */
function throughShell(line: string): { readonly words: readonly string[]; readonly shell: boolean } {
  if (process.platform === 'win32') return { words: [line], shell: true };
  const piped = 'if [ -x /bin/cat ]; then /bin/cat | /bin/sh -c "$1"; else exec /bin/sh -c "$1"; fi';
  return { words: ['/bin/sh', '-c', piped, 'sh', line], shell: false };
}

/**
 * Whether the program gets its own process group. Then everything that a shell has started can be ended with it. A program that may ask on
 * the terminal must stay in this program's group.
 */
function ownGroup({ terminal = false }: ProcessOptions): boolean {
  return process.platform !== 'win32' && !terminal;
}

/** How often to look whether the processes of a program are gone, in milliseconds. */
const lookMs = 20;

/** Ends a program at its deadline or on a signal, first with SIGTERM, then with SIGKILL. */
function endingOf(pid: number | undefined, options: ProcessOptions) {
  const { timeoutMs, signal } = options;
  const target = pid === undefined || !ownGroup(options) ? pid : -pid;
  let timedOut = false;
  let asked = false;
  let killed = false;
  let killing: NodeJS.Timeout | undefined;
  const kill = () => {
    killed = true;
    send(target, 'SIGKILL');
  };
  const end = () => {
    asked = true;
    send(target, 'SIGTERM');
    killing ??= setTimeout(kill, graceMs);
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
    /**
     * A shell ends at SIGTERM, also while a program that it has started ignores the signal. Once such a program has closed its streams,
     * nothing else tells that it is still at work.
     */
    async groupGone() {
      while (asked && !killed && target !== pid && send(target, 0)) await delay(lookMs);
    },
    /** The program itself ended in time, even if it left other processes running. */
    exited: () => clearTimeout(timer),
    settled() {
      clearTimeout(timer);
      clearTimeout(killing);
      signal?.removeEventListener('abort', end);
    },
  };
}

/**
 * @param target a process id, or the negative id of a process group.
 * @param signal 0 only asks whether there is such a process.
 * @returns false where there is none, or none that may be sent to.
 */
function send(target: number | undefined, signal: NodeJS.Signals | 0): boolean {
  if (target === undefined) return false;
  try {
    return process.kill(target, signal);
  } catch {
    // The process has already ended.
    return false;
  }
}
