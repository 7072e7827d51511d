import { type ErrorDetails, ExitCode, StsError } from '../errors.ts';

export interface UnknownOutcomeDetails extends ErrorDetails {
  /** When the request began to be sent, in milliseconds since the epoch. */
  readonly sentAt: number;
  /** The status of the answer, where one was seen. */
  readonly status?: number;
  /** The id the answer gave to the new key, where it could be read. */
  readonly keyId?: bigint;
}

/** A request that changes something was sent and no answer says what it did (exit 11). */
export class OutcomeUnknownError extends StsError {
  readonly sentAt: number;
  readonly status?: number;
  readonly keyId?: bigint;

  constructor(message: string, details: UnknownOutcomeDetails) {
    super(ExitCode.unknownOutcome, message, details);
    this.sentAt = details.sentAt;
    if (details.status !== undefined) this.status = details.status;
    if (details.keyId !== undefined) this.keyId = details.keyId;
  }
}

export interface ServerErrorDetails extends ErrorDetails {
  readonly status?: number;
  /** What the server itself said, harmless to print. */
  readonly reason?: string;
}

/** The server refused, failed, or its answer made no sense (exit 2). */
export class ServerError extends StsError {
  readonly status?: number;
  readonly reason?: string;

  constructor(message: string, details: ServerErrorDetails = {}) {
    super(ExitCode.server, message, details);
    if (details.status !== undefined) this.status = details.status;
    if (details.reason !== undefined) this.reason = details.reason;
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
  constructor(message: string, details?: ErrorDetails) {
    super(ExitCode.connection, message, details);
  }
}

/** The server could not be reached, or the connection or the deadline ended before an answer came (exit 4). */
export class ConnectionError extends StsError {
  constructor(message: string, details?: ErrorDetails) {
    super(ExitCode.connection, message, details);
  }
}

/** The server has no ingestion API keys: it is too old or too new (exit 10). */
export class UnsupportedServerError extends StsError {
  constructor(message: string, details?: ErrorDetails) {
    super(ExitCode.unsupported, message, details);
  }
}
