import type { Cluster } from './cluster.ts';
import { checkPlace } from './metadata.ts';
import { membersOf, resources, type WorkloadPlural } from './objects.ts';
import { patchOf, writingOf } from './request.ts';
import { labelSelector } from './selectors.ts';
import { notFound } from './status.ts';
import { asJson, checkVersion, type Handlers, heldObject, listOf, ok, readPatched, refuseFaults, type Turn } from './turn.ts';
import { changedWorkload, workloadChangeFaults } from './workload-change.ts';

type WorkloadRoute = 'workload-list' | 'workload-get' | 'workload-patch' | 'pod-list' | 'pod-get';

/** Workloads and their pods. Whoever looks at them sees what the controllers have done by then. */
export function workloadHandlers(cluster: Cluster): Handlers<WorkloadRoute> {
  const { store } = cluster;
  const synced = (turn: Turn) => cluster.sync(turn.plural as WorkloadPlural, heldObject(store, turn));
  return {
    'workload-list': (turn) => {
      const plural = turn.plural as WorkloadPlural;
      const objects = store.list(plural, turn.wanted.namespace).map((object) => cluster.sync(plural, object));
      return ok(listOf(turn, store.version, objects));
    },

    'workload-get': (turn) => {
      const object = synced(turn);
      cluster.countRead(turn.plural as WorkloadPlural, object);
      return ok(asJson(object));
    },

    async 'workload-patch'(turn) {
      const by = writingOf(turn.request, turn.wanted.query, 'PatchOptions');
      const apply = await patchOf(turn.request);
      const held = synced(turn);
      const result = apply(asJson(held));
      checkPlace(result, turn.namespace, turn.name);
      const changed = readPatched(result, () => changedWorkload(held, result));
      checkVersion(turn, held, membersOf(result['metadata'])['resourceVersion']);
      refuseFaults(turn, turn.name, workloadChangeFaults(held, changed));
      const plural = turn.plural as WorkloadPlural;
      const written = store.replace(plural, held, changed, by);
      if (!by.dryRun) cluster.noteChange(plural, written);
      return ok(asJson(written));
    },

    'pod-list': (turn) => {
      const matches = labelSelector(turn.wanted.query.get('labelSelector') ?? '');
      const found = cluster.podsByWorkload(turn.wanted.namespace);
      const pods = found.flatMap((workload) => workload.pods);
      for (const { plural, object, ...workload } of found) {
        if (workload.pods.some(({ metadata }) => matches(metadata.labels ?? {}))) cluster.countRead(plural, object);
      }
      return ok(listOf(turn, store.version, pods));
    },

    'pod-get': ({ namespace, name }) => {
      const pods = cluster.podsByWorkload(namespace).flatMap((workload) => workload.pods);
      const pod = pods.find(({ metadata }) => metadata.name === name);
      if (pod === undefined) throw notFound(resources.pods, name);
      return ok(asJson(pod));
    },
  };
}
