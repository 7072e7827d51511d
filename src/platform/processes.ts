export interface ProcessOptions {
  /** Text for its stdin; default none. */
  readonly input?: string;
  /** Its stdin is this program's own, and it stays in this program's session: it may ask the user on the terminal. */
  readonly terminal?: boolean;
  /** Its whole environment; default this program's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends it, and what it has started, after so many milliseconds. */
  readonly timeoutMs: number;
  /** Ends it as well. */
  readonly signal?: AbortSignal;
  /** Takes what it prints, as it comes; default: it is collected in the result alone. */
  readonly onOutput?: (text: string, stream: 'stdout' | 'stderr') => void;
}

export interface ProcessResult {
  /** Null when a signal ended it. */
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
   * @param command the program and its arguments; or a line for the system's shell.
   * @throws the system's error (ENOENT ...) when it cannot be started.
   */
  run(command: readonly string[] | { readonly shell: string }, options: ProcessOptions): Promise<ProcessResult>;
}
