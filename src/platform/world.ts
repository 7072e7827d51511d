import type { Disk } from './disk.ts';
import type { Processes } from './processes.ts';

/** A stream for output. A write resolves when the operating system has accepted the text, so that a failed delivery is noticed. */
export interface OutputStream {
  /** @throws the system error (EPIPE, ENOSPC ...) when the text could not be written. */
  write(text: string): Promise<void>;
  readonly isTTY: boolean;
  /** Width of the terminal; undefined off a terminal. */
  readonly columns: number | undefined;
  /** Height of the terminal in lines; undefined off a terminal. */
  readonly rows: number | undefined;
  /** Whether anybody can read the text: not if the stream was closed at the start or is the null device. */
  readonly state: 'open' | 'closed' | 'null-device';
}

export interface InputStream {
  readonly isTTY: boolean;
  /**
   * All of the input as UTF-8 text.
   * @param limit the largest input, in bytes. More is an error.
   */
  readAll(limit: number): Promise<string>;
  /**
   * Writes a question to stderr, which must be a terminal, and returns the line that the user types, without its newline. Rejects with
   * InterruptedError on SIGINT.
   */
  ask(question: string, options?: { readonly hidden?: boolean }): Promise<string>;
}

/** Everything outside the program that a command may use, as one object. Tests replace it. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Home folder of the user; undefined where none is known. */
  readonly home: string | undefined;
  /** Makes a path absolute. A leading `~/` is the home folder. @throws UsageError for the home folder of another user. */
  resolvePath(path: string): string;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds of a clock that never jumps; only differences mean something. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason once it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Aborted with an InterruptedError by the first SIGHUP, SIGINT or SIGTERM; the second ends the process at once. */
  readonly interrupt: AbortSignal;
  /** The disk, loaded when first used. */
  disk(): Promise<Disk>;
  processes(): Promise<Processes>;
}
