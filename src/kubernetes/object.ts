import { ServerError } from '../errors.ts';
import { type Fields, isFields } from './entry.ts';

/** What every object of the Kubernetes API says of itself, as far as it is needed here. */
export interface Metadata {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Changes with every write; says nothing else. */
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number | undefined;
  /** It is being deleted. */
  readonly deleting: boolean;
  readonly owners: readonly Owner[];
}

/** An object that another one belongs to. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  /** It is the one that makes and changes the object. */
  readonly controller: boolean;
}

/** @throws ServerError when the object is not one of the Kubernetes API. */
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

/** A member that is an object; an empty one where it is absent. */
export function fieldsOf(object: Fields, key: string): Fields {
  const value = object[key];
  return isFields(value) ? value : {};
}

/** A member that is text; empty where it is absent. */
export function textOf(object: Fields, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}

/** A member that is a number; undefined where it is absent, which often means the default and not 0. */
export function numberOf(object: Fields, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' ? value : undefined;
}

/** The members of a member that are text, such as labels. */
export function textsOf(object: Fields, key: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fieldsOf(object, key)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** A member that is a list of objects; an empty one where it is absent. */
export function listOf(object: Fields, key: string): readonly Fields[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter(isFields) : [];
}
