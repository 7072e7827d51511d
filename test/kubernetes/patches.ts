import { isObject, type Json, type JsonObject } from './objects.ts';

/** JSON merge patch, RFC 7386: null removes a member, everything but an object replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: Record<string, Json | undefined> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** Lists that a strategic merge patch merges by the member named here; it replaces all others. */
const listKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
  imagePullSecrets: 'name',
  ownerReferences: 'uid',
};

/** Kubernetes' strategic merge patch, as far as Secrets and pod templates need it. */
export function strategicMergePatch(target: Json | undefined, patch: JsonObject): JsonObject {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  const merged: Record<string, Json | undefined> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(withoutDirectives(patch))) {
    if (value === undefined) continue;
    if (value === null) delete merged[name];
    else if (isObject(value)) merged[name] = strategicMergePatch(merged[name], value);
    else if (Array.isArray(value) && name in listKeys) merged[name] = mergeList(merged[name], value, listKeys[name] ?? '');
    else merged[name] = value;
  }
  return merged;
}

function mergeList(target: Json | undefined, patch: readonly Json[], key: string): Json {
  const items: Json[] = Array.isArray(target) ? [...target] : [];
  for (const change of patch) {
    if (!isObject(change)) continue;
    const index = items.findIndex((item) => isObject(item) && item[key] === change[key]);
    if (change['$patch'] === 'delete') {
      if (index >= 0) items.splice(index, 1);
    } else if (index < 0) items.push(change);
    else items[index] = strategicMergePatch(items[index], change);
  }
  return items;
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([name]) => !name.startsWith('$')));
}
