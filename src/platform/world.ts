import type { Disk } from './disk.ts';
import type { Processes } from './processes.ts';

/** Text going out. A write settles when the operating system has taken it, so that a failed delivery is seen. */
export interface OutputStream {
  /** @throws the system error (EPIPE, ENOSPC ...) when the text could not be written. */
  write(text: string): Promise<void>;
  readonly isTTY: boolean;
  /** Width of the terminal; undefined off a terminal. */
  readonly columns: number | undefined;
  /** Height of the terminal in lines; undefined off a terminal. */
  readonly rows: number | undefined;
  /** Whether text written here can be read by anybody. */
  readonly state: 'open' | 'closed' | 'null-device';
}

export interface InputStream {
  readonly isTTY: boolean;
  /**
   * All of the input as UTF-8 text.
   * @param limit most bytes to take; more is an error.
   */
  readAll(limit: number): Promise<string>;
  /** Asks on the terminal's stderr and returns the line typed, without its newline. Rejects with InterruptedError on SIGINT. */
  ask(question: string, options?: { readonly hidden?: boolean }): Promise<string>;
}

/** All that a command may touch of the world: one object, with a double in tests. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Home folder of the user; undefined where none is known. */
  readonly home: string | undefined;
  /** The absolute path; a `~/` at its beginning is the home folder. @throws UsageError for the home folder of another user. */
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
  /** Loaded when first used. */
  disk(): Promise<Disk>;
  processes(): Promise<Processes>;
}
