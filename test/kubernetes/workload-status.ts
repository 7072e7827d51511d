import { type JsonObject, type KubeObject, timestamp, type WorkloadPlural } from './objects.ts';
import type { Situation } from './workloads.ts';

/** The status that a controller would write. Counts that are nought are left out where the API leaves them out. */
export function statusOf(plural: WorkloadPlural, object: KubeObject, situation: Situation, now: number): JsonObject {
  const generation = object.metadata.generation ?? 1;
  const observed = { observedGeneration: situation.phase === 'unobserved' ? generation - 1 : generation };
  if (plural === 'deployments') return { ...observed, ...deploymentStatus(situation, now) };
  return { ...observed, ...(plural === 'statefulsets' ? statefulSetStatus(object, situation) : daemonSetStatus(situation)) };
}

function deploymentStatus(situation: Situation, now: number): JsonObject {
  const { phase, wanted, held } = situation;
  const progressing = phase === 'progressing' && held === 0 && wanted > 0;
  const surge = progressing ? 1 : 0;
  const updated = phase === 'unobserved' ? wanted : progressing ? 1 : wanted - held;
  return {
    ...withoutNoughts({
      replicas: wanted + surge,
      updatedReplicas: updated,
      readyReplicas: wanted,
      availableReplicas: wanted,
      unavailableReplicas: surge,
    }),
    conditions: [
      condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now),
      progressOf(situation, now),
    ],
  };
}

function progressOf({ phase, paused, overdue, hash }: Situation, now: number): JsonObject {
  if (paused) return condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now);
  if (overdue) {
    return condition('Progressing', 'False', 'ProgressDeadlineExceeded', `ReplicaSet "${hash}" has timed out progressing.`, now);
  }
  return phase === 'progressing'
    ? condition('Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "${hash}" is progressing.`, now)
    : condition('Progressing', 'True', 'NewReplicaSetAvailable', `ReplicaSet "${hash}" has successfully progressed.`, now);
}

function condition(type: string, status: string, reason: string, message: string, now: number): JsonObject {
  return { type, status, reason, message, lastUpdateTime: timestamp(now), lastTransitionTime: timestamp(now) };
}

/** Pods that are replaced one after the other, each once the old one is gone. */
function replacing({ phase, wanted, held }: Situation): {
  readonly ready: number;
  readonly updated: number;
  readonly old: number;
} {
  if (phase === 'unobserved') return { ready: wanted, updated: wanted, old: wanted };
  if (phase === 'done' || held === wanted) return { ready: wanted, updated: wanted - held, old: held };
  // One pod is on its way: the new one not ready yet, or the old one, which ends, still ready.
  return phase === 'progressing'
    ? { ready: wanted - 1, updated: 1, old: wanted - 1 }
    : { ready: wanted, updated: 0, old: wanted - 1 };
}

function statefulSetStatus(object: KubeObject, situation: Situation): JsonObject {
  const { phase, wanted, held, oldHash, hash } = situation;
  const { ready, updated, old } = replacing(situation);
  const complete = phase === 'done' && held === 0;
  const revision = (of: string) => `${object.metadata.name}-${of}`;
  return {
    replicas: wanted,
    availableReplicas: ready,
    ...withoutNoughts({ readyReplicas: ready, updatedReplicas: updated, currentReplicas: complete ? wanted : old }),
    currentRevision: revision(complete ? hash : oldHash),
    updateRevision: revision(phase === 'unobserved' ? oldHash : hash),
    collisionCount: 0,
  };
}

function daemonSetStatus(situation: Situation): JsonObject {
  const { wanted } = situation;
  const { ready, updated } = replacing(situation);
  return {
    currentNumberScheduled: wanted,
    desiredNumberScheduled: wanted,
    numberMisscheduled: 0,
    numberReady: ready,
    ...withoutNoughts({ updatedNumberScheduled: updated, numberAvailable: ready, numberUnavailable: wanted - ready }),
  };
}

function withoutNoughts(counts: Readonly<Record<string, number>>): JsonObject {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}
