import type { User } from './access.ts';
import type { Cause } from './causes.ts';
import { DecodeError } from './metadata.ts';
import { apiVersionOf, type JsonObject, type KubeObject, type Plural, resources } from './objects.ts';
import type { Wanted } from './request.ts';
import { fieldSelector, labelSelector } from './selectors.ts';
import { invalid, modified, notFound, unexpected, unreadablePatch } from './status.ts';
import type { ObjectStore } from './store.ts';

/** One request, after it was authenticated and allowed. What the path does not name is empty. */
export interface Turn {
  readonly wanted: Wanted;
  readonly request: Request;
  readonly user: User;
  readonly plural: Plural;
  readonly namespace: string;
  readonly name: string;
}

export interface Outcome {
  readonly code: number;
  readonly body: JsonObject;
}

/** A handler throws StatusError for a request that fails. What it changes, it changes in one go, without waiting. */
export type Handler = (turn: Turn) => Outcome | Promise<Outcome>;
export type Handlers<Route extends string> = Readonly<Record<Route, Handler>>;

export function ok(body: JsonObject): Outcome {
  return { code: 200, body };
}

/** An object as JSON: the store's types say more than JSON knows. */
export function asJson(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}

/** The object that the path names. @throws StatusError 404 when there is none. */
export function heldObject(store: ObjectStore, { plural, namespace, name }: Turn): KubeObject {
  const object = store.get(plural, namespace, name);
  if (object === undefined) throw notFound(resources[plural], name);
  return object;
}

/** A list of the objects that the request selects. As in the real API, the items do not say their kind. */
export function listOf({ plural, wanted }: Turn, version: string, objects: readonly KubeObject[]): JsonObject {
  const matches = labelSelector(wanted.query.get('labelSelector') ?? '');
  const selected = fieldSelector(wanted.query.get('fieldSelector') ?? '', plural);
  const items = objects
    .filter((object) => matches(object.metadata.labels ?? {}) && selected(object))
    .map(({ kind: _, apiVersion: __, ...item }) => asJson(item as KubeObject));
  const resource = resources[plural];
  return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata: { resourceVersion: version }, items };
}

/** Reads a patched object. @throws StatusError 422, with the whole object in its message, when a field is not of its type. */
export function readPatched<Value>(result: JsonObject, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) throw unreadablePatch(JSON.stringify(result), error.message);
    throw error;
  }
}

/** Optimistic locking. @throws StatusError 409 when the object to be written bears another version than the one that is held, 500 when it bears none at all. */
export function checkVersion({ plural, name }: Turn, held: KubeObject, version: unknown): void {
  if (version === undefined || version === '' || version === held.metadata.resourceVersion) return;
  if (!/^\d+$/.test(String(version))) throw unexpected(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
  throw modified(resources[plural], name);
}

/** @throws StatusError 422 when there are any. */
export function refuseFaults({ plural }: Turn, name: string, faults: readonly Cause[]): void {
  if (faults.length > 0) throw invalid(resources[plural], name, faults);
}
