import type { Workload } from './workloads.ts';

/** The progress of a workload in replacing its pods. */
export interface RolloutStatus {
  /** `failed` means that waiting does not help. */
  readonly state: 'done' | 'waiting' | 'failed';
  /** A sentence for the user, without a full stop: `deployment otel: 2 of 3 pods are updated`. */
  readonly sentence: string;
}

/** Tells the state of a rollout by the rules of `kubectl rollout status`. When it is done, old pods may still be terminating. */
export function rolloutStatus(workload: Workload): RolloutStatus {
  const { kind, name, generation, observedGeneration } = workload;
  const status = (state: RolloutStatus['state'], sentence: string): RolloutStatus => ({
    state,
    sentence: `${kind} ${name}: ${sentence}`,
  });
  if (observedGeneration < generation || observedGeneration === 0)
    return status('waiting', 'its controller has not seen the change yet');
  const missing = { deployment, daemonset, statefulset }[kind](workload);
  if (kind === 'deployment' && workload.stuck) {
    return status('failed', `the rollout made no progress within its deadline${missing === undefined ? '' : ` (${missing})`}`);
  }
  return missing === undefined ? status('done', 'all pods are updated and ready') : status('waiting', missing);
}

// What is missing, for each kind of workload, checked in kubectl's order; undefined if nothing is.

function deployment({ desired, updated, current, available, paused }: Workload): string | undefined {
  if (updated < desired) return `${updated} of ${pods(desired)} updated${paused ? ', and its rollouts are paused' : ''}`;
  if (current > updated) return `${current - updated} old ${current - updated === 1 ? 'pod is' : 'pods are'} still there`;
  if (available < updated) return `${available} of ${updated} updated ${updated === 1 ? 'pod is' : 'pods are'} available`;
  return undefined;
}

function daemonset({ desired, updated, available }: Workload): string | undefined {
  if (updated < desired) return `${updated} of ${pods(desired)} updated`;
  if (available < desired) return `${available} of ${desired} updated ${desired === 1 ? 'pod is' : 'pods are'} available`;
  return undefined;
}

function statefulset({ desired, updated, ready, partition }: Workload): string | undefined {
  if (ready < desired) return `${ready} of ${pods(desired)} ready`;
  const wanted = Math.max(0, desired - partition);
  if (updated < wanted) return `${updated} of ${pods(wanted)} updated`;
  return undefined;
}

function pods(count: number): string {
  return count === 1 ? '1 pod is' : `${count} pods are`;
}
