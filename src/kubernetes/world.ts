/** All that this layer may touch of the machine. Faked in tests. */
export interface KubernetesWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Home folder of the user; undefined where none is known. */
  readonly home: string | undefined;
  /** Whether stdin is a terminal: a credential plugin may then ask the user for a password. */
  readonly interactive: boolean;
  /** The absolute form of a path that may be relative to the working folder. */
  resolvePath(path: string): string;
  /**
   * The whole of a file as UTF-8 text.
   * @throws the system's error, with its code (ENOENT, EACCES ...).
   */
  readText(path: string): Promise<string>;
  /**
   * Runs a program without a shell, and waits for its end. A command without a path separator is looked up in PATH.
   * @throws the system's error when the program cannot be started (ENOENT, EACCES ...); the signal's reason when it is aborted.
   */
  run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason once it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface RunOptions {
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the program gets this program's own stdin, which is a terminal; else its stdin is empty. */
  readonly terminal: boolean;
  /** The program is killed after so many milliseconds. */
  readonly timeoutMs: number;
  /** Kills the program. */
  readonly signal?: AbortSignal;
  /** Takes the program's stderr while it runs, in pieces, raw. */
  readonly onStderr?: (text: string) => void;
}

export interface RunResult {
  /** Undefined when a signal ended the program. */
  readonly exitCode: number | undefined;
  readonly signalName: string | undefined;
  /** Whether it was killed because its time was over. */
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}
