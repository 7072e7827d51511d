import type { Socket } from 'node:net';
import { type Access, mayReadPath, requirePermission } from './access.ts';
import { reviewAccess } from './access-review.ts';
import type { Cluster } from './cluster.ts';
import { discoveryOf, versionInfo } from './discovery.ts';
import { type JsonObject, resources } from './objects.ts';
import { type RouteName, type Wanted, wantedBy } from './request.ts';
import { secretHandlers } from './secret-handlers.ts';
import { failureOf, forbiddenPath, notFound, StatusError } from './status.ts';
import { type Handlers, ok } from './turn.ts';
import { workloadHandlers } from './workload-handlers.ts';

export interface Api {
  /** The route of a request; undefined where the simulated server has none. */
  routeOf(request: Request): RouteName | undefined;
  handle(request: Request, socket: Socket): Promise<Response>;
}

/** The part of the Kubernetes API that delivers keys: Secrets, workloads and their pods, reviews of access, the version. */
export function createApi(cluster: Cluster, access: Access): Api {
  const handlers: Handlers<RouteName> = {
    version: () => ok(versionInfo),
    discovery: ({ wanted }) => ok(discoveryOf(wanted.path)),
    'access-review': (turn) => reviewAccess(turn, cluster.store.now()),
    'namespace-get': ({ name }) => {
      const phase = cluster.store.namespaces.get(name);
      if (phase === undefined) throw notFound(resources.namespaces, name);
      return ok({ kind: 'Namespace', apiVersion: 'v1', metadata: { name }, status: { phase } });
    },
    ...secretHandlers(cluster.store),
    ...workloadHandlers(cluster),
  };

  const outcomeOf = async (wanted: Wanted, request: Request, socket: Socket) => {
    const user = access.authenticate(request.headers.get('authorization'), socket);
    const { plural, verb, namespace, name } = wanted;
    if (plural === undefined) {
      if (!mayReadPath(user, wanted.path)) throw forbiddenPath(user.name, verb, wanted.path);
    } else {
      const place = { ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }) };
      requirePermission(user, verb, resources[plural], place);
    }
    return handlers[wanted.route]({
      wanted,
      request,
      user,
      plural: plural ?? 'namespaces',
      namespace: namespace ?? '',
      name: name ?? '',
    });
  };

  return {
    routeOf: ({ method, url }) => wantedBy(method, url)?.route,
    async handle(request, socket) {
      const wanted = wantedBy(request.method, request.url);
      if (wanted === undefined) throw new Error(`There is no route for ${request.url}.`);
      try {
        const { code, body } = await outcomeOf(wanted, request, socket);
        return json(code, body);
      } catch (error) {
        if (error instanceof StatusError) return json(error.code, failureOf(error));
        throw error;
      }
    },
  };
}

function json(status: number, body: JsonObject): Response {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' };
  return new Response(`${JSON.stringify(body)}\n`, { status, headers });
}
