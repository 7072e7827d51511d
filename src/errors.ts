/** Every exit code of the program. */
export const ExitCode = {
  done: 0,
  config: 1,
  server: 2,
  usage: 3,
  connection: 4,
  file: 5,
  delivery: 6,
  notFound: 8,
  unsupported: 10,
  unknownOutcome: 11,
  finding: 12,
  notTakenOver: 13,
  sighup: 129,
  sigint: 130,
  sigterm: 143,
  readerGone: 141,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface ErrorDetails {
  /** What to do next, one line each. Where a command helps, the hint gives the whole command. */
  readonly hints?: readonly string[];
  readonly cause?: unknown;
}

/**
 * A failure a user can act on. It carries its exit code, so that `main` maps errors without knowing their kinds.
 * The message says what happened and to what; it never holds a token or a key.
 */
export class StsError extends Error {
  readonly exitCode: ExitCode;
  readonly hints: readonly string[];

  /** @param details further properties of it become properties of the error. */
  constructor(exitCode: ExitCode, message: string, { hints = [], cause, ...facts }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.exitCode = exitCode;
    this.hints = hints;
    Object.assign(this, facts);
  }

  /**
   * Creates an error of the same class with a sentence added to the message. It has this error as its cause, and keeps all its properties
   * (status, key id, hints ...) except those given in `facts`.
   *
   * @param sentence a whole sentence that follows the message; may be empty.
   * @param facts properties to change. `hints` replace the present hints.
   */
  because(sentence: string, facts: Partial<Omit<this, 'name' | 'message' | 'because'>> = {}): this {
    const extended = new StsError(this.exitCode, `${this.message} ${sentence}`.trimEnd(), { cause: this });
    Object.setPrototypeOf(extended, Object.getPrototypeOf(this));
    // Only the enumerable properties are copied. These do not include message, stack and cause.
    return Object.assign(extended, this, facts) as this;
  }
}

/** The configuration cannot be read, or is invalid or incomplete (exit 1). */
export class ConfigError extends StsError {
  constructor(message: string, details?: ErrorDetails) {
    super(ExitCode.config, message, details);
  }
}

/** The config file holds the change, but the system could not sync it to the disk, so a power cut may undo it (exit 1). */
export class ConfigUnsyncedError extends ConfigError {}

/** The command line cannot be understood or is refused (exit 3). */
export class UsageError extends StsError {
  constructor(message: string, details?: ErrorDetails) {
    super(ExitCode.usage, message, details);
  }
}

/** A file named by the user cannot be read (exit 5). */
export class FileReadError extends StsError {
  constructor(message: string, details?: ErrorDetails) {
    super(ExitCode.file, message, details);
  }
}

/** A result could not be delivered to stdout or a file (exit 6). */
export class DeliveryError extends StsError {
  constructor(message: string, details?: ErrorDetails) {
    super(ExitCode.delivery, message, details);
  }
}

/**
 * The reader of standard output, such as `head`, closed the pipe before the whole result was written (exit 141). Nothing is lost, so no
 * message is shown.
 */
export class ReaderGoneError extends StsError {
  constructor(cause: unknown) {
    super(ExitCode.readerGone, 'The reader of standard output went away.', { cause });
  }
}

/** No such context, key id or key name (exit 8). */
export class NotFoundError extends StsError {
  constructor(message: string, details?: ErrorDetails) {
    super(ExitCode.notFound, message, details);
  }
}

export type InterruptSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/** A signal asked the program to stop, or its terminal was closed (exit 129, 130 or 143). */
export class InterruptedError extends StsError {
  readonly signalName: InterruptSignal;

  constructor(signalName: InterruptSignal, message = `Interrupted by ${signalName}.`, details?: ErrorDetails) {
    super({ SIGHUP: ExitCode.sighup, SIGINT: ExitCode.sigint, SIGTERM: ExitCode.sigterm }[signalName], message, details);
    this.signalName = signalName;
  }
}

export interface UnknownOutcomeDetails extends ErrorDetails {
  /** When sending the request began, in milliseconds since the epoch. */
  readonly sentAt: number;
  /** The status of the response, if there was one. */
  readonly status?: number;
  /** The id of the new key in the response, if it could be read. */
  readonly keyId?: bigint;
  /** The server's clock when it responded, in milliseconds since the epoch. */
  readonly serverTime?: number;
}

/** A request that changes something was sent, but no response says what it did (exit 11). */
export class OutcomeUnknownError extends StsError {
  declare readonly sentAt: number;
  declare readonly status?: number;
  declare readonly keyId?: bigint;
  declare readonly serverTime?: number;

  constructor(message: string, details: UnknownOutcomeDetails) {
    super(ExitCode.unknownOutcome, message, details);
  }
}

export interface ServerErrorDetails extends ErrorDetails {
  readonly status?: number;
  /** The `_type` of the server's own errors. */
  readonly type?: string;
  /** The reason that the server gave. Escaped, so safe to print, like the next two. */
  readonly reason?: string;
  /** The server's code for what went wrong. */
  readonly errorCode?: string;
  /** The key under which the server's operators find the error in their logs. */
  readonly trackingKey?: string;
  /** How long the server asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** The server refused or failed, or its response made no sense (exit 2). */
export class ServerError extends StsError {
  declare readonly status?: number;
  /** The `_type` of the server's own errors. */
  declare readonly type?: string;
  declare readonly reason?: string;
  declare readonly errorCode?: string;
  declare readonly trackingKey?: string;
  declare readonly retryAfterMs?: number;

  constructor(message: string, details: ServerErrorDetails = {}) {
    super(ExitCode.server, message, details);
  }
}

/** The token is accepted but lacks a permission: 403 (exit 2). */
export class ForbiddenError extends ServerError {
  constructor(message: string, details: ServerErrorDetails = {}) {
    super(message, { status: 403, ...details });
  }
}

/** The server does not accept the token: 401 (exit 4). */
export class UnauthorizedError extends StsError {
  declare readonly reason?: string;
  declare readonly errorCode?: string;
  declare readonly trackingKey?: string;

  constructor(message: string, details: ServerErrorDetails = {}) {
    super(ExitCode.connection, message, details);
  }
}

/** The server could not be reached, or the connection broke or the deadline passed before a response arrived (exit 4). */
export class ConnectionError extends StsError {
  constructor(message: string, details?: ErrorDetails) {
    super(ExitCode.connection, message, details);
  }
}

/** The platform has no ingestion API keys or no service tokens, because it is too old or too new (exit 10). */
export class UnsupportedServerError extends StsError {
  /** The kind of credential that the platform lacks, as its noun on the command line. */
  declare readonly lacks?: 'ingestion-api-key' | 'service-token';

  constructor(message: string, details?: ErrorDetails & Pick<UnsupportedServerError, 'lacks'>) {
    super(ExitCode.unsupported, message, details);
  }
}

/** The consumers of a delivered credential are not using it within the time limit (exit 13). */
export class NotReadyError extends StsError {
  constructor(message: string, details?: ErrorDetails) {
    super(ExitCode.notTakenOver, message, details);
  }
}

/** A delivery was begun, but it is not known whether the secret arrived (exit 11). So nothing may be undone. */
export class DeliveryUnknownError extends StsError {
  constructor(message: string, details?: ErrorDetails) {
    super(ExitCode.unknownOutcome, message, details);
  }
}

/**
 * Another run has taken over the journal of a rotation (exit 6). This run stops, and deletes nothing but the credential that it created
 * itself.
 */
export class JournalLostError extends DeliveryError {}
