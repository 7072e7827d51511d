import { type ErrorDetails, NotFoundError, ServerError, type ServerErrorDetails } from '../errors.ts';

/** 409: somebody else has written the object in the meantime, or it exists already. Nothing was changed (exit 2). */
export class ConflictError extends ServerError {
  /** `changed`: the object has another resourceVersion now. `exists`: the object was to be created but exists already. */
  readonly kind: 'changed' | 'exists';

  constructor(kind: 'changed' | 'exists', message: string, details: ServerErrorDetails = {}) {
    super(message, { status: 409, ...details });
    this.kind = kind;
  }
}

/** 422: the API server rejects the changed object, for example because it is immutable. Nothing was changed (exit 2). */
export class InvalidObjectError extends ServerError {
  constructor(message: string, details: ServerErrorDetails = {}) {
    super(message, { status: 422, ...details });
  }
}

/** 404: the object or its namespace does not exist (exit 8). */
export class ObjectMissingError extends NotFoundError {
  /** What is missing. `unknown` if the credentials may not read namespaces. */
  readonly missing: 'object' | 'namespace' | 'unknown';

  constructor(missing: 'object' | 'namespace' | 'unknown', message: string, details?: ErrorDetails) {
    super(message, details);
    this.missing = missing;
  }
}
