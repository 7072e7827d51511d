import { apiVersionOf, type JsonObject, type Resource, resources } from './objects.ts';

/** What `GET /version` tells. */
export const versionInfo: JsonObject = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.4',
  gitCommit: 'c0ffee1',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const groups = ['apps', 'authorization.k8s.io'] as const;

/** The discovery documents, as far as `kubectl get` and `kubectl patch` need them. */
export function discoveryOf(path: string): JsonObject {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts[0] === 'openapi') return { swagger: '2.0', paths: {} };
  if (parts.length === 1 && parts[0] === 'api') return { kind: 'APIVersions', versions: ['v1'] };
  if (parts.length === 1) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) };
  const group = parts[0] === 'api' ? '' : (parts[1] ?? '');
  const found = Object.values(resources).filter((resource) => resource.group === group);
  const groupVersion = group === '' ? 'v1' : `${group}/v1`;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: found.map(resourceOf) };
}

function groupOf(name: string): JsonObject {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

function resourceOf(resource: Resource): JsonObject {
  const { plural, kind } = resource;
  const clusterWide: readonly string[] = ['namespaces', 'selfsubjectaccessreviews'];
  return {
    name: plural,
    singularName: kind.toLowerCase(),
    namespaced: !clusterWide.includes(plural),
    kind,
    version: apiVersionOf(resource).split('/').at(-1) ?? '',
    verbs: ['get', 'list', 'create', 'patch', 'delete'],
  };
}
