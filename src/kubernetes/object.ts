import { ServerError } from '../errors.ts';
import { type Fields, isFields } from './entry.ts';

/** The metadata of a Kubernetes object that this program needs. */
export interface Metadata {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Changes with every write. It has no other meaning. */
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number | undefined;
  /** Whether the object is being deleted. */
  readonly deleting: boolean;
  readonly owners: readonly Owner[];
}

/** The owner of an object. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  /** Whether this owner creates and changes the object. */
  readonly controller: boolean;
}

/** @throws ServerError when the object has no name. */
export function readMetadata(object: Fields): Metadata {
  const fields = fieldsOf(object, 'metadata');
  const [name, resourceVersion] = [textOf(fields, 'name'), textOf(fields, 'resourceVersion')];
  if (name === '') throw new ServerError('The Kubernetes API server gave an object without a name.');
  const createdAt = Date.parse(textOf(fields, 'creationTimestamp'));
  return {
    namespace: textOf(fields, 'namespace'),
    name,
    uid: textOf(fields, 'uid'),
    resourceVersion,
    labels: textsOf(fields, 'labels'),
    annotations: textsOf(fields, 'annotations'),
    createdAt: Number.isNaN(createdAt) ? undefined : createdAt,
    deleting: textOf(fields, 'deletionTimestamp') !== '',
    owners: listOf(fields, 'ownerReferences').map((owner) => ({
      kind: textOf(owner, 'kind'),
      name: textOf(owner, 'name'),
      uid: textOf(owner, 'uid'),
      controller: owner['controller'] === true,
    })),
  };
}

/** A member that is an object; an empty object if it is absent. */
export function fieldsOf(object: Fields, key: string): Fields {
  const value = object[key];
  return isFields(value) ? value : {};
}

/** A member that is text; empty if it is absent. */
export function textOf(object: Fields, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}

/** A member that is a number; undefined if it is absent. Absent often means the default, not 0. */
export function numberOf(object: Fields, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' ? value : undefined;
}

/** The text members of a member, such as labels. */
export function textsOf(object: Fields, key: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fieldsOf(object, key)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** A member that is a list of objects; an empty list if it is absent. */
export function listOf(object: Fields, key: string): readonly Fields[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter(isFields) : [];
}
