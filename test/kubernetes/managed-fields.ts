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

/** The fields of a tree of `f:NAME`, each as one path. */
export function pathsOf(tree: JsonObject, prefix: readonly string[] = []): string[] {
  return Object.entries(tree).flatMap(([name, below]) => {
    if (!name.startsWith('f:')) return [];
    const path = [...prefix, name.slice(2)];
    const members = isObject(below) ? pathsOf(below, path) : [];
    return members.length > 0 ? members : [path.join(separator)];
  });
}

function treeOf(paths: readonly string[]): JsonObject {
  type Tree = { [name: string]: Tree };
  const root: Tree = {};
  for (const path of [...paths].sort()) {
    let place = root;
    for (const name of path.split(separator)) {
      place[`f:${name}`] ??= {};
      place = place[`f:${name}`] ?? {};
    }
  }
  return root;
}

function leavesOf(object: JsonObject): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const walk = (value: unknown, path: readonly string[]) => {
    if (isObject(value) && Object.keys(value).length > 0) {
      for (const [name, member] of Object.entries(value)) {
        const isServers = path.length === 0 ? ['apiVersion', 'kind', 'status'].includes(name) : path[0] === 'metadata';
        if (isServers && (path.length === 0 || (path.length === 1 && serverFields.has(name)))) continue;
        walk(member, [...path, name]);
      }
    } else if (value !== undefined) leaves.set(path.join(separator), value);
  };
  walk(object, []);
  return leaves;
}
