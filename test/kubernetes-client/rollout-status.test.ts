import { expect, test } from 'vitest';
import { rolloutStatus, type Workload } from '../../src/kubernetes/index.ts';

const done: Workload = {
  kind: 'deployment',
  namespace: 'a',
  name: 'otel',
  uid: 'u',
  resourceVersion: '1',
  labels: {},
  annotations: {},
  createdAt: 0,
  deleting: false,
  owners: [],
  generation: 2,
  observedGeneration: 2,
  paused: false,
  strategy: 'RollingUpdate',
  partition: 0,
  desired: 3,
  current: 3,
  updated: 3,
  ready: 3,
  available: 3,
  stuck: false,
  selector: 'app=otel',
  podAnnotations: {},
};

// What `kubectl rollout status` waits for, in its order.
test.each<[Partial<Workload>, string, string]>([
  [{}, 'done', 'deployment otel: all pods are updated and ready'],
  [{ observedGeneration: 1 }, 'waiting', 'deployment otel: its controller has not seen the change yet'],
  [{ updated: 2, current: 4, available: 2 }, 'waiting', 'deployment otel: 2 of 3 pods are updated'],
  [{ updated: 1, paused: true }, 'waiting', 'deployment otel: 1 of 3 pods are updated, and its rollouts are paused'],
  [{ current: 4, available: 2 }, 'waiting', 'deployment otel: 1 old pod is still there'],
  [{ current: 5 }, 'waiting', 'deployment otel: 2 old pods are still there'],
  [{ available: 2 }, 'waiting', 'deployment otel: 2 of 3 updated pods are available'],
  [{ desired: 1, current: 1, updated: 1, available: 0 }, 'waiting', 'deployment otel: 0 of 1 updated pod is available'],
  [{ desired: 0, current: 0, updated: 0, ready: 0, available: 0 }, 'done', 'deployment otel: all pods are updated and ready'],
  [
    { stuck: true, updated: 1 },
    'failed',
    'deployment otel: the rollout made no progress within its deadline (1 of 3 pods are updated)',
  ],
  [{ stuck: true, observedGeneration: 1 }, 'waiting', 'deployment otel: its controller has not seen the change yet'],
  [{ kind: 'daemonset' }, 'done', 'daemonset otel: all pods are updated and ready'],
  [{ kind: 'daemonset', observedGeneration: 1 }, 'waiting', 'daemonset otel: its controller has not seen the change yet'],
  [{ kind: 'daemonset', updated: 1, available: 2 }, 'waiting', 'daemonset otel: 1 of 3 pods are updated'],
  [{ kind: 'daemonset', available: 2 }, 'waiting', 'daemonset otel: 2 of 3 updated pods are available'],
  [{ kind: 'daemonset', current: 4 }, 'done', 'daemonset otel: all pods are updated and ready'],
  [{ kind: 'statefulset' }, 'done', 'statefulset otel: all pods are updated and ready'],
  [
    { kind: 'statefulset', observedGeneration: 0, generation: 0 },
    'waiting',
    'statefulset otel: its controller has not seen the change yet',
  ],
  [{ kind: 'statefulset', ready: 2, updated: 1 }, 'waiting', 'statefulset otel: 2 of 3 pods are ready'],
  [{ kind: 'statefulset', updated: 1 }, 'waiting', 'statefulset otel: 1 of 3 pods are updated'],
  [{ kind: 'statefulset', updated: 1, partition: 2 }, 'done', 'statefulset otel: all pods are updated and ready'],
])('%o is %s', (difference, state, sentence) => {
  expect(rolloutStatus({ ...done, ...difference })).toEqual({ state, sentence });
});
