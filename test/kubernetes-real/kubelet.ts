import { setTimeout as sleep } from 'node:timers/promises';
import type { Called, CallOptions, Method } from '../kubernetes/caller.ts';
import { type JsonObject, membersOf, timestamp } from '../kubernetes/objects.ts';

/** What pretends to be the scheduler and the kubelet of one node: without it all pods stay Pending, and no rollout ends. */
export interface Kubelet {
  /** Milliseconds from a pod's creation until it is ready; `never` lets rollouts get stuck. Default 0. */
  readyAfter: number | 'never';
  /** Milliseconds from a pod's deletion until it is gone; `never` lets old pods run on. Default 0. */
  goneAfter: number | 'never';
  stop(): Promise<void>;
}

type Send = (method: Method, path: string, options?: CallOptions) => Promise<Called>;

const node = 'node-a';
const everyMs = 50;

/** Registers a node, and then keeps bringing all pods where they should be. */
export async function startKubelet(send: Send): Promise<Kubelet> {
  await send('POST', '/api/v1/nodes', { body: { metadata: { name: node }, spec: {} } });
  // A new node is tainted until it is ready: no DaemonSet would run on it.
  await send('PATCH', `/api/v1/nodes/${node}/status`, { body: { status: { conditions: [holds('Ready')] } } });
  await send('PATCH', `/api/v1/nodes/${node}`, { body: { spec: { taints: null } } });
  const ending = new AbortController();
  const seen = new Map<string, number>();
  const kubelet = { readyAfter: 0, goneAfter: 0 } as Pick<Kubelet, 'readyAfter' | 'goneAfter'>;
  const since = (what: string) => {
    const first = seen.get(what) ?? Date.now();
    seen.set(what, first);
    return Date.now() - first;
  };
  const isDue = (after: number | 'never', what: string) => since(what) >= (after === 'never' ? Number.POSITIVE_INFINITY : after);

  const attend = async (pod: JsonObject): Promise<void> => {
    const metadata = membersOf(pod['metadata']);
    const path = `/api/v1/namespaces/${metadata['namespace']}/pods/${metadata['name']}`;
    if (membersOf(pod['spec'])['nodeName'] === undefined) {
      await send('POST', `${path}/binding`, {
        body: { metadata: { name: String(metadata['name']) }, target: { kind: 'Node', name: node } },
      });
    } else if (metadata['deletionTimestamp'] !== undefined) {
      if (isDue(kubelet.goneAfter, `${metadata['uid']} deleted`)) {
        await send('DELETE', path, { body: { gracePeriodSeconds: 0, preconditions: { uid: String(metadata['uid']) } } });
      }
    } else if (membersOf(pod['status'])['phase'] !== 'Running' && isDue(kubelet.readyAfter, String(metadata['uid']))) {
      await send('PATCH', `${path}/status`, { body: { status: running() } });
    }
  };
  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const { body } = await send('GET', '/api/v1/pods?resourceVersion=0').catch(() => ({ body: {} as JsonObject }));
      const pods = Array.isArray(body['items']) ? (body['items'] as readonly JsonObject[]) : [];
      await Promise.all(pods.map((pod) => attend(pod).catch(() => {})));
      await sleep(everyMs, undefined, { signal: ending.signal }).catch(() => {});
    }
  };
  const ended = loop();
  return Object.assign(kubelet, {
    async stop() {
      ending.abort();
      await ended;
    },
  });
}

function running(): JsonObject {
  const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => holds(type));
  return { phase: 'Running', startTime: timestamp(Date.now()), conditions };
}

function holds(type: string): JsonObject {
  return { type, status: 'True', lastTransitionTime: timestamp(Date.now()) };
}
