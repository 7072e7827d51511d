/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** Who wrote which fields last. `fieldsV1` is a tree of `f:NAME`. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: JsonObject;
  readonly subresource?: string;
}

export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFields[];
  readonly deletionTimestamp?: string;
}

/** An object as the server stores it: never changed in place, only replaced. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [name: string]: unknown;
}

export interface Secret extends KubeObject {
  readonly kind: 'Secret';
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>;
  readonly type: string;
  readonly immutable?: boolean;
}

/** What a resource is called, in its path, in messages about it and in its objects. */
export interface Resource {
  /** As in paths: `secrets`. */
  readonly plural: string;
  /** API group, empty for the core. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The resources that the simulated server has. */
export const resources = {
  secrets: { plural: 'secrets', group: '', version: 'v1', kind: 'Secret' },
  pods: { plural: 'pods', group: '', version: 'v1', kind: 'Pod' },
  namespaces: { plural: 'namespaces', group: '', version: 'v1', kind: 'Namespace' },
  deployments: { plural: 'deployments', group: 'apps', version: 'v1', kind: 'Deployment' },
  statefulsets: { plural: 'statefulsets', group: 'apps', version: 'v1', kind: 'StatefulSet' },
  daemonsets: { plural: 'daemonsets', group: 'apps', version: 'v1', kind: 'DaemonSet' },
  selfsubjectaccessreviews: {
    plural: 'selfsubjectaccessreviews',
    group: 'authorization.k8s.io',
    version: 'v1',
    kind: 'SelfSubjectAccessReview',
  },
} as const satisfies Readonly<Record<string, Resource>>;

export type Plural = keyof typeof resources;
export const workloadPlurals = ['deployments', 'statefulsets', 'daemonsets'] as const;
export type WorkloadPlural = (typeof workloadPlurals)[number];

/** `apps/v1`, or `v1` in the core group. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `deployments.apps`, or `secrets` in the core group: how messages name a resource. */
export function qualifiedName({ plural, group }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** `Deployment.apps`, or `Secret` in the core group: how messages about invalid objects name a kind. */
export function qualifiedKind({ kind, group }: Resource): string {
  return group === '' ? kind : `${kind}.${group}`;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value's members; none where it is no object. */
export function membersOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** Whether two JSON values are the same, whatever the order of members; an undefined member is one that is missing. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return a === b;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => sameJson(a[name], b[name]));
}

/** RFC 3339 with whole seconds, as the API writes times. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
