import { closeSync, constants as files, openSync } from 'node:fs';
import { constants } from 'node:os';
import { type IPty, spawn } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';
import { type BuiltOptions, environmentFor, wordsOf } from './built.ts';

export interface TerminalOptions extends Pick<BuiltOptions, 'env' | 'home' | 'cwd' | 'program'> {
  /** Width in columns, default 80. */
  readonly columns?: number;
  readonly rows?: number;
  /** `TERM`, default `xterm-256color`. */
  readonly term?: string;
}

export interface TerminalResult {
  /** Null when a signal ended the program. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The raw output on the terminal, with escapes, with lines that end with CR LF, and with the echo of typed text. */
  readonly output: string;
}

export interface Terminal {
  readonly pid: number;
  /** Settles when the program has ended. */
  readonly result: Promise<TerminalResult>;
  output(): string;
  /** Types a line and presses Enter. */
  typeLine(text: string): void;
  /** Sends keys without Enter. */
  press(keys: string): void;
  pressCtrlC(): void;
  resize(columns: number, rows?: number): void;
  /**
   * Waits until the terminal shows the text.
   * @param ms the longest time to wait, in milliseconds.
   * @throws Error with the output of the terminal, when the program ends or the time is over.
   */
  waitFor(text: string | RegExp, ms?: number): Promise<void>;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is told by an escape to clear a line.
const spinner = /(?:\r[⠁-⣿] [^\r\n\u001b]*)+\r\u001b\[K/gu;

/**
 * Removes the frames of a spinner that were drawn and cleared again. On a busy machine, any response may take long enough for a spinner.
 * Frames that were not cleared stay, because a user would see them, too.
 */
export function withoutSpinner(output: string): string {
  return output.replace(spinner, '');
}

/** Runs the built program in a pseudo-terminal, to which its stdin, stdout and stderr are connected. */
export async function runInTerminal(argv: readonly string[], options: TerminalOptions = {}): Promise<TerminalResult> {
  return startInTerminal(argv, options).result;
}

/** Starts the built program in a pseudo-terminal. It is killed at the end of the test if it still runs. */
export function startInTerminal(argv: readonly string[], options: TerminalOptions = {}): Terminal {
  const term = options.term ?? 'xterm-256color';
  const [command = '', ...words] = wordsOf(options);
  const pty = spawn(command, [...words, ...argv], {
    name: term,
    cols: options.columns ?? 80,
    rows: options.rows ?? 24,
    cwd: options.cwd ?? process.cwd(),
    env: { TERM: term, ...environmentFor(options) },
  });
  const letGo = holdOpen(pty);
  let output = '';
  let ended = false;
  const onChange = new Set<() => void>();
  pty.onData((data) => {
    output += data;
    for (const look of onChange) look();
  });
  const result = new Promise<TerminalResult>((resolve) => {
    pty.onExit(({ exitCode, signal: number }) => {
      letGo();
      ended = true;
      for (const look of onChange) look();
      const signal = signalNamed(number);
      resolve({ code: signal === null ? exitCode : null, signal, output });
    });
  });
  onTestFinished(() => {
    if (!ended) pty.kill('SIGKILL');
  });
  const waitFor = (text: string | RegExp, ms = 10_000) =>
    new Promise<void>((resolve, reject) => {
      const settle = (failure?: string) => {
        clearTimeout(timer);
        onChange.delete(look);
        if (failure === undefined) resolve();
        else reject(new Error(`${failure} before ${String(text)} stood on the terminal. It shows:\n${output}`));
      };
      const look = () => {
        if (typeof text === 'string' ? output.includes(text) : text.test(output)) settle();
        else if (ended) settle('The program ended');
      };
      const timer = setTimeout(() => settle(`${ms} ms went by`), ms);
      onChange.add(look);
      look();
    });
  return { pid: pty.pid, result, output: () => output, waitFor, ...keyboardOf(pty) };
}

/**
 * Keeps a terminal open until its program has ended and everything was read. When the last process closes a terminal, Linux sometimes
 * (about once in a few hundred runs on a busy machine) reports the end before the last lines.
 * @returns a function that closes the terminal. Call it when the program has ended.
 */
export function holdOpen(pty: IPty): () => void {
  // The types do not declare `ptsName`. It exists on all systems but Windows.
  const { ptsName } = pty as IPty & { readonly ptsName?: string };
  if (ptsName === undefined) return () => {};
  const descriptor = openSync(ptsName, files.O_RDWR | files.O_NOCTTY);
  return () => closeSync(descriptor);
}

function keyboardOf(pty: IPty): Pick<Terminal, 'typeLine' | 'press' | 'pressCtrlC' | 'resize'> {
  return {
    typeLine: (text) => pty.write(`${text}\r`),
    press: (keys) => pty.write(keys),
    pressCtrlC: () => pty.write('\x03'),
    resize: (columns, rows = 24) => pty.resize(columns, rows),
  };
}

function signalNamed(number: number | undefined): NodeJS.Signals | null {
  const entry = Object.entries(constants.signals).find(([, value]) => value === number);
  return entry === undefined ? null : (entry[0] as NodeJS.Signals);
}
