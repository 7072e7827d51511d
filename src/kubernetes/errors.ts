import { type ErrorDetails, NotFoundError, ServerError, type ServerErrorDetails } from '../errors.ts';

/** 409: somebody else wrote the object in between, or it exists already. Nothing was changed (exit 2). */
export class ConflictError extends ServerError {
  /** `changed`: its resourceVersion is another one by now. `exists`: it was to be created and is there already. */
  readonly kind: 'changed' | 'exists';

  constructor(kind: 'changed' | 'exists', message: string, details: ServerErrorDetails = {}) {
    super(message, { status: 409, ...details });
    this.kind = kind;
  }
}

/** 422: the API server does not take the object as it would be, for example because it is immutable. Nothing was changed (exit 2). */
export class InvalidObjectError extends ServerError {
  constructor(message: string, details: ServerErrorDetails = {}) {
    super(message, { status: 422, ...details });
  }
}

/** 404: the object, or the namespace it would be in, does not exist (exit 8). */
export class ObjectMissingError extends NotFoundError {
  /** What is missing; `unknown` where the credentials do not allow to look for the namespace. */
  readonly missing: 'object' | 'namespace' | 'unknown';

  constructor(missing: 'object' | 'namespace' | 'unknown', message: string, details?: ErrorDetails) {
    super(message, details);
    this.missing = missing;
  }
}
