import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { main } from '../../src/main.ts';
import type { Disk } from '../../src/platform/disk.ts';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { nodeProcesses } from '../../src/platform/node-processes.ts';
import type { InputStream, OutputStream, World } from '../../src/platform/world.ts';
import { testTime } from './stackstate.ts';
import { tempFolder } from './temp.ts';

export { against, caFileOf, environmentOf, startForTest, startProxyForTest, testTime } from './stackstate.ts';
export { tempFolder } from './temp.ts';

export interface InputFacts {
  /** All that stands on stdin; default nothing. */
  readonly text?: string;
  readonly isTTY?: boolean;
  /** What is typed, one answer a question; an Error is thrown instead. */
  readonly answers?: readonly (string | Error)[];
}

export interface OutputFacts {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly state?: OutputStream['state'];
  /** The system error that writes end in once `afterBytes` (0) were taken. */
  readonly failWith?: { readonly code: string; readonly afterBytes?: number };
  /** Called with each text as it is written, before it counts as taken. */
  readonly onWrite?: (text: string) => void | Promise<void>;
}

export interface RunOptions {
  /** The whole environment; default empty. `XDG_CONFIG_HOME` is a folder of its own unless `home` or it is given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
  /** Folder that relative paths start from; default the process's own. */
  readonly cwd?: string;
  /** Milliseconds since the epoch, or a clock; default `testTime`. */
  readonly now?: number | Date | (() => number);
  /** Milliseconds of a clock that never jumps; default the real one. */
  readonly monotonic?: () => number;
  /** Default: this machine's. */
  readonly disk?: Disk;
  /** Default: really waits. */
  readonly sleep?: World['sleep'];
  readonly stdin?: string | InputFacts;
  readonly stdout?: OutputFacts;
  readonly stderr?: OutputFacts;
  readonly interrupt?: AbortSignal;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The questions asked on the terminal, in order. */
  readonly questions: readonly Question[];
}

export interface Question {
  readonly text: string;
  readonly hidden: boolean;
}

/** Runs one command line in this process, in a world of its own. */
export async function runSts(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const stdout = recorder(options.stdout);
  const stderr = recorder(options.stderr);
  const questions: Question[] = [];
  const code = await main(argv, {
    env: environment(options),
    home: options.home ?? options.env?.['HOME'],
    resolvePath: (path) => resolve(options.cwd ?? '.', path),
    stdin: input(options.stdin, questions),
    stdout,
    stderr,
    now: clock(options.now),
    monotonic: options.monotonic ?? (() => performance.now()),
    sleep: options.sleep ?? sleep,
    disk: async () => options.disk ?? nodeDisk,
    processes: async () => nodeProcesses,
    interrupt: options.interrupt ?? quietSignal(),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text(), questions };
}

/** The JSON document that a command left on a stream. Ids beyond 2^53 lose digits here: compare those as text. */
export function jsonOf(text: string): unknown {
  return JSON.parse(text);
}

function environment({ env = {}, home }: RunOptions): World['env'] {
  const isolated = home !== undefined || 'XDG_CONFIG_HOME' in env || 'HOME' in env;
  return isolated ? env : { ...env, XDG_CONFIG_HOME: tempFolder() };
}

function clock(now: RunOptions['now'] = testTime): () => number {
  return typeof now === 'function' ? now : () => Number(now);
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}

function input(given: string | InputFacts = {}, questions: Question[]): InputStream {
  const { text = '', isTTY = false, answers = [] } = typeof given === 'string' ? { text: given } : given;
  return {
    isTTY,
    async readAll(limit) {
      if (Buffer.byteLength(text) > limit) throw new RangeError(`more than ${limit} bytes on stdin`);
      return text;
    },
    async ask(question, { hidden = false } = {}) {
      const answer = answers[questions.length];
      questions.push({ text: question, hidden });
      if (answer === undefined) throw new Error(`The test has no answer to: ${question}`);
      if (typeof answer !== 'string') throw answer;
      return answer;
    },
  };
}

function recorder(facts: OutputFacts = {}): OutputStream & { text(): string } {
  const { failWith } = facts;
  let taken = Buffer.alloc(0);
  return {
    isTTY: facts.isTTY ?? false,
    columns: facts.columns ?? (facts.isTTY ? 80 : undefined),
    rows: facts.rows ?? (facts.isTTY ? 24 : undefined),
    state: facts.state ?? 'open',
    async write(text) {
      await facts.onWrite?.(text);
      // What goes to a closed descriptor or the null device is gone, and no error says so.
      if (facts.state === 'closed' || facts.state === 'null-device') return;
      const bytes = Buffer.from(text);
      const room = failWith === undefined ? bytes.length : Math.max(0, (failWith.afterBytes ?? 0) - taken.length);
      taken = Buffer.concat([taken, bytes.subarray(0, room)]);
      if (failWith !== undefined && room < bytes.length) throw systemError(failWith.code);
    },
    text: () => taken.toString('utf8'),
  };
}

/** Never aborted; as many may listen as to that of a process. */
function quietSignal(): AbortSignal {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return signal;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`write ${code}`), { code });
}
