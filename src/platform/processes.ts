export interface ProcessOptions {
  /** Text for the program's stdin; default none. */
  readonly input?: string;
  /** The program shares this program's stdin and session, so that it can ask the user on the terminal. */
  readonly terminal?: boolean;
  /** The whole environment of the program; default: that of this program. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Time limit in milliseconds. At its end the program and the processes that it has started are ended. */
  readonly timeoutMs: number;
  /** Ends the program, too. */
  readonly signal?: AbortSignal;
  /** Receives the output while the program runs. The result has the output in any case. */
  readonly onOutput?: (text: string, stream: 'stdout' | 'stderr') => void;
}

export interface ProcessResult {
  /** Null if a signal ended the program. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts other programs. */
export interface Processes {
  /**
   * Runs a program and waits for its end.
   * @param command the program and its arguments, or a command line for the system's shell.
   * @throws the system's error (ENOENT ...) when it cannot be started.
   */
  run(command: readonly string[] | { readonly shell: string }, options: ProcessOptions): Promise<ProcessResult>;
}
