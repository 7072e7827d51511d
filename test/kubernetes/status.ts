import type { Cause } from './causes.ts';
import { type JsonObject, qualifiedKind, qualifiedName, type Resource } from './objects.ts';

interface Details {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
}

/** A request that ends in a `Status` object of failure. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Details | undefined;

  constructor(code: number, reason: string, message: string, details?: Details) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

/** The names that the API gives to the statuses of failures; others have none. */
const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** A failure as the API writes it. */
export function failureOf({ code, reason, message, details }: StatusError): JsonObject {
  const told = details === undefined ? {} : { details: { ...details } as JsonObject };
  const named = reason === '' ? {} : { reason };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, ...named, ...told, code };
}

/** A `Status` object for a status that no handler gave. */
export function plainFailure(code: number): JsonObject {
  const reason = reasons[code] ?? 'Unknown';
  return failureOf(new StatusError(code, reason, `the simulated server was told to fail (${reason})`));
}

/** What a deletion is answered with. */
export function successOf(resource: Resource, name: string, uid: string): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...(about(resource, name) as JsonObject), uid },
  };
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

/** What the server did not expect, and gives no reason for. */
export function unexpected(message: string): StatusError {
  return new StatusError(500, '', message);
}

export function notFound(resource: Resource, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualifiedName(resource)} "${name}" not found`, about(resource, name));
}

export function alreadyExists(resource: Resource, name: string): StatusError {
  return new StatusError(409, 'AlreadyExists', `${qualifiedName(resource)} "${name}" already exists`, about(resource, name));
}

/** The resourceVersion that was sent is not the object's. */
export function modified(resource: Resource, name: string): StatusError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(qualifiedName(resource), about(resource, name), why);
}

/** A precondition of a deletion does not hold. Unlike in other conflicts, the object is named by its kind. */
export function preconditionFailed(resource: Resource, name: string, why: string): StatusError {
  const details = { ...about(resource, name), kind: resource.kind };
  return conflict(qualifiedKind(resource), details, why);
}

function conflict(what: string, details: Details, why: string): StatusError {
  return new StatusError(409, 'Conflict', `Operation cannot be fulfilled on ${what} "${details.name}": ${why}`, details);
}

/** An object that breaks rules; each cause is one of them. */
export function invalid(resource: Resource, name: string, causes: readonly Cause[]): StatusError {
  // The message says once what several checks have found.
  const texts = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))];
  const told = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const details = { ...about(resource, name === '' ? undefined : name), kind: resource.kind, causes };
  return new StatusError(422, 'Invalid', `${qualifiedKind(resource)} "${name}" is invalid: ${told}`, details);
}

/** A patched object that cannot be read: an `Invalid` about no kind and no name, which repeats the whole object, secrets included. */
export function unreadablePatch(patched: string, why: string): StatusError {
  const message = `Invalid value: ${JSON.stringify(patched)}: ${why}`;
  const details = { causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }] };
  return new StatusError(422, 'Invalid', ` "" is invalid: patch: ${message}`, details);
}

/** A request that RBAC does not allow. */
export function forbidden(
  user: string,
  verb: string,
  resource: Resource,
  { name, namespace, subresource }: { readonly name?: string; readonly namespace?: string; readonly subresource?: string },
): StatusError {
  const what = name === undefined ? qualifiedName(resource) : `${qualifiedName(resource)} "${name}"`;
  const plural = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const message = `${what} is forbidden: User "${user}" cannot ${verb} resource "${plural}" in API group "${resource.group}" ${where}`;
  return new StatusError(403, 'Forbidden', message, about(resource, name));
}

/** A path that is no resource and that RBAC does not allow. */
export function forbiddenPath(user: string, verb: string, path: string): StatusError {
  return new StatusError(403, 'Forbidden', `forbidden: User "${user}" cannot ${verb} path "${path}"`, {});
}

/** Something new in a namespace that is being deleted. */
export function terminatingNamespace(resource: Resource, name: string, namespace: string): StatusError {
  const message = `${qualifiedName(resource)} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`;
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return new StatusError(403, 'Forbidden', message, { ...about(resource, name), causes: [cause] });
}

/** The body of a new object is of a type that the server does not read. */
export function unsupportedMediaType(): StatusError {
  const accepted = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
  return new StatusError(415, 'UnsupportedMediaType', message);
}

/** A patch is of a type that is none. */
export function unsupportedPatchType(): StatusError {
  return new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

/** `dryRun` with a value that it does not have. */
export function unsupportedDryRun(kind: string, values: readonly string[]): StatusError {
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`;
  const details = { group: 'meta.k8s.io', kind, causes: [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }] };
  return new StatusError(422, 'Invalid', `${kind}.meta.k8s.io "" is invalid: dryRun: ${message}`, details);
}

function about({ plural, group }: Resource, name: string | undefined): Details {
  return { ...(name === undefined ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural };
}
