import { isObject, type Json, type JsonObject, type Plural, type Resource, resources, workloadPlurals } from './objects.ts';
import { mergePatch, strategicMergePatch } from './patches.ts';
import { badRequest, unsupportedDryRun, unsupportedMediaType, unsupportedPatchType } from './status.ts';

export type RouteName =
  | 'version'
  | 'discovery'
  | 'access-review'
  | 'namespace-get'
  | 'secret-list'
  | 'secret-get'
  | 'secret-create'
  | 'secret-patch'
  | 'secret-delete'
  | 'workload-list'
  | 'workload-get'
  | 'workload-patch'
  | 'pod-list'
  | 'pod-get';

/** A request as its path and query say what it wants. */
export interface Wanted {
  readonly route: RouteName;
  readonly path: string;
  readonly query: URLSearchParams;
  /** RBAC's verb. */
  readonly verb: string;
  readonly plural?: Plural;
  readonly namespace?: string;
  readonly name?: string;
}

const verbs: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PATCH: 'patch', DELETE: 'delete' };

const routes: Readonly<Record<string, RouteName>> = {
  'create selfsubjectaccessreviews': 'access-review',
  'get namespaces': 'namespace-get',
  'list secrets': 'secret-list',
  'get secrets': 'secret-get',
  'create secrets': 'secret-create',
  'patch secrets': 'secret-patch',
  'delete secrets': 'secret-delete',
  'list pods': 'pod-list',
  'get pods': 'pod-get',
  ...Object.fromEntries(
    workloadPlurals.flatMap((plural) =>
      ['list', 'get', 'patch'].map((verb): [string, RouteName] => [`${verb} ${plural}`, `workload-${verb}` as RouteName]),
    ),
  ),
};

/** What a request wants; undefined where the simulated server has no such route, a watch included. */
export function wantedBy(method: string, url: string): Wanted | undefined {
  const { pathname: path, searchParams: query } = new URL(url);
  if (['1', 'true'].includes(query.get('watch') ?? '')) return undefined;
  if (method === 'GET' && path === '/version') return { route: 'version', path, query, verb: 'get' };
  if (method === 'GET' && isDiscovery(path)) return { route: 'discovery', path, query, verb: 'get' };
  const found = /^\/(?:api|apis\/([^/]+))\/v1(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/.exec(path);
  const [, group = '', namespace, plural = '', name] = found?.map((part) => part && decodeURIComponent(part)) ?? [];
  const resource: Resource | undefined = Object.hasOwn(resources, plural) ? resources[plural as Plural] : undefined;
  const isNamespace = plural === 'namespaces' && namespace === undefined && name !== undefined;
  if (found === null || resource === undefined || resource.group !== group) return undefined;
  const verb = method === 'GET' && name === undefined ? 'list' : verbs[method];
  const selected = verb === 'list' ? /^metadata\.name==?(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1] : undefined;
  const route = routes[`${verb} ${plural}`];
  if (verb === undefined || route === undefined) return undefined;
  const place = isNamespace ? { namespace: name } : namespace === undefined ? {} : { namespace };
  const named = name ?? selected;
  return {
    route,
    path,
    query,
    verb,
    plural: resource.plural as Plural,
    ...place,
    ...(named === undefined ? {} : { name: named }),
  };
}

function isDiscovery(path: string): boolean {
  return /^\/(?:api|apis|api\/v1|apis\/(?:apps|authorization\.k8s\.io)\/v1|openapi\/v[23])\/?$/.test(path);
}

/** Who writes and whether it is a dry run, as the query and the user agent say. @throws StatusError for a `dryRun` that there is not. */
export function writingOf(request: Request, query: URLSearchParams, optionsKind: string): { manager: string; dryRun: boolean } {
  const dryRun = query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All')) throw unsupportedDryRun(optionsKind, dryRun);
  const agent = request.headers.get('user-agent')?.split('/', 1)[0] ?? '';
  return { manager: query.get('fieldManager') ?? (agent === '' ? 'unknown' : agent), dryRun: dryRun.length > 0 };
}

/** The object that was sent to be created. @throws StatusError when it is none, or of another kind. */
export async function sentObject(request: Request, resource: Resource): Promise<JsonObject> {
  const type = request.headers.get('content-type') ?? 'application/json';
  if (!/^application\/json\b/i.test(type)) throw unsupportedMediaType();
  const text = await request.text();
  const body = parsed(text);
  if (!isObject(body)) {
    const told = text === '' ? '<empty>' : text;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; json parse error: unexpected end of JSON input (${told})`,
    );
  }
  if ((body['kind'] ?? resource.kind) !== resource.kind) {
    throw badRequest(`${body['kind']} in version "${body['apiVersion']}" cannot be handled as a ${resource.kind}`);
  }
  return body;
}

/**
 * Reads the patch that was sent, as a function that applies it.
 * @throws StatusError when it is none, or of another type than merge and strategic merge.
 */
export async function patchOf(request: Request): Promise<(held: JsonObject) => JsonObject> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim();
  if (type !== 'application/merge-patch+json' && type !== 'application/strategic-merge-patch+json') throw unsupportedPatchType();
  const patch = parsed(await request.text());
  if (patch === undefined) throw badRequest('error decoding patch: unexpected end of JSON input');
  if (!isObject(patch)) {
    throw badRequest('error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}');
  }
  return (held) => (type === 'application/merge-patch+json' ? merged(held, patch) : strategicMergePatch(held, patch));
}

/** The options of a deletion; none where there is no body. */
export async function deleteOptions(request: Request): Promise<JsonObject> {
  const body = parsed(await request.text());
  return isObject(body) ? body : {};
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function merged(held: JsonObject, patch: JsonObject): JsonObject {
  const result = mergePatch(held, patch);
  return isObject(result) ? result : {};
}
