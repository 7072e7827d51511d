import { isObject, type JsonObject, type ManagedFields, sameJson } from './objects.ts';

/** What the server itself writes, and so belongs to no manager. */
const serverFields = new Set(['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'generation', 'managedFields']);

/** Fields that belong to a manager as a whole; all others belong by their members. */
const separator = '\u0000';

/**
 * The managers of an object after a change: whoever writes a field owns it from then on, and fields that are gone belong to nobody.
 * @param before undefined where the object is new.
 */
export function managersAfter(
  before: JsonObject | undefined,
  after: JsonObject,
  held: readonly ManagedFields[],
  by: { readonly manager: string; readonly apiVersion: string; readonly time: string; readonly subresource?: string },
): readonly ManagedFields[] {
  const [old, now] = [leavesOf(before ?? {}), leavesOf(after)];
  const changed = [...now].filter(([path, value]) => !sameJson(old.get(path), value)).map(([path]) => path);
  const gone = [...old.keys()].filter((path) => !now.has(path));
  if (changed.length === 0 && gone.length === 0) return held;
  const isOwn = (entry: ManagedFields) =>
    entry.manager === by.manager && entry.operation === 'Update' && entry.subresource === by.subresource;
  const own = held.find(isOwn);
  const lost = new Set([...changed, ...gone]);
  const others = held
    .filter((entry) => !isOwn(entry))
    .map((entry) => ({ ...entry, fieldsV1: treeOf(pathsOf(entry.fieldsV1).filter((path) => !lost.has(path))) }));
  const kept = own === undefined ? [] : pathsOf(own.fieldsV1).filter((path) => !lost.has(path));
  const mine: ManagedFields = {
    manager: by.manager,
    operation: 'Update',
    apiVersion: by.apiVersion,
    time: by.time,
    fieldsType: 'FieldsV1',
    fieldsV1: treeOf([...kept, ...changed]),
    ...(by.subresource === undefined ? {} : { subresource: by.subresource }),
  };
  return [...others, mine].filter((entry) => Object.keys(entry.fieldsV1).length > 0);
}

/** The fields of a tree of `f:NAME`, each as one path. A map itself, which belongs to whoever made it, is `.` beside its members. */
export function pathsOf(tree: JsonObject, prefix: readonly string[] = []): string[] {
  return Object.entries(tree).flatMap(([name, below]) => {
    if (name === '.') return [prefix.join(separator)];
    const path = [...prefix, name.slice(2)];
    const members = isObject(below) ? pathsOf(below, path) : [];
    return members.length > 0 ? members : [path.join(separator)];
  });
}

function treeOf(paths: readonly string[]): JsonObject {
  type Tree = { [name: string]: Tree };
  const root: Tree = {};
  const placeOf = (path: string) => {
    let place = root;
    for (const name of path.split(separator)) {
      place[`f:${name}`] ??= {};
      place = place[`f:${name}`] ?? {};
    }
    return place;
  };
  for (const path of [...paths].sort().reverse()) {
    const place = placeOf(path);
    if (Object.keys(place).length > 0) place['.'] = {};
  }
  return root;
}

/** The fields of an object that belong to somebody. */
function leavesOf(object: JsonObject): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const walk = (value: unknown, path: readonly string[]) => {
    if (!isObject(value) || Object.keys(value).length === 0) {
      if (value !== undefined) leaves.set(path.join(separator), value);
      return;
    }
    if (!isStruct(path)) leaves.set(path.join(separator), 'a map');
    for (const [name, member] of Object.entries(value)) if (!isServers(path, name)) walk(member, [...path, name]);
  };
  walk(object, []);
  return leaves;
}

/** Parts of an object that are always there, and so are made by nobody. */
function isStruct(path: readonly string[]): boolean {
  return path.length === 0 || (path.length === 1 && ['metadata', 'spec', 'status'].includes(path[0] ?? ''));
}

function isServers(path: readonly string[], name: string): boolean {
  if (path.length === 0) return ['apiVersion', 'kind', 'status'].includes(name);
  return path.length === 1 && path[0] === 'metadata' && serverFields.has(name);
}
