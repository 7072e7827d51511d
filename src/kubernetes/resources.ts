import type { WorkloadKind } from './names.ts';

/** A kind of object of the Kubernetes API. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: '' | 'apps';
  /** The name in paths and in RBAC rules. */
  readonly plural: string;
  /** For messages: `Secret`. */
  readonly kind: string;
}

export const secrets: Resource = { group: '', plural: 'secrets', kind: 'Secret' };
export const namespaces: Resource = { group: '', plural: 'namespaces', kind: 'Namespace' };
export const pods: Resource = { group: '', plural: 'pods', kind: 'Pod' };

export const workloads: Readonly<Record<WorkloadKind, Resource>> = {
  deployment: { group: 'apps', plural: 'deployments', kind: 'Deployment' },
  daemonset: { group: 'apps', plural: 'daemonsets', kind: 'DaemonSet' },
  statefulset: { group: 'apps', plural: 'statefulsets', kind: 'StatefulSet' },
};

/** The target of a request: one object, or all objects of a kind in a namespace. */
export interface Target {
  readonly resource: Resource;
  /** Empty for objects without a namespace. */
  readonly namespace: string;
  readonly name?: string;
}

/** For messages: `the Secret monitoring/otel`, `the Pods of the namespace monitoring`. */
export function titleOf({ resource, namespace, name }: Target): string {
  if (namespace === '') return `the ${resource.kind} ${name}`;
  return name === undefined ? `the ${resource.kind}s of the namespace ${namespace}` : `the ${resource.kind} ${namespace}/${name}`;
}

/**
 * The path under that of the server. Every part is encoded, so that no name can lead to another object.
 * @param collection whether to give the path of all objects of the kind, where new ones are created.
 */
export function pathOf({ resource, namespace, name }: Target, collection: boolean): string {
  const base = resource.group === '' ? '/api/v1' : `/apis/${resource.group}/v1`;
  const within = namespace === '' ? [] : ['namespaces', namespace];
  const parts = [...within, resource.plural, ...(name === undefined || collection ? [] : [name])];
  return `${base}/${parts.map(encodeURIComponent).join('/')}`;
}
