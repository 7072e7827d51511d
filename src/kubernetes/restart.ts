import { DeliveryError, OutcomeUnknownError } from '../errors.ts';
import type { Kubernetes } from './client.ts';
import { ConflictError } from './errors.ts';
import type { CallOptions } from './secrets.ts';
import type { Workload, WorkloadId } from './workloads.ts';

/** The annotation of a workload's pods that says for which credential they were started, without the Secret that holds it. */
export const restartAnnotation = 'sts.stackstate.com/restarted-for';

/** What tells the pods that were started for a credential from others. */
export interface RestartMarker {
  readonly annotation: string;
  /** The id of the credential. */
  readonly value: string;
}

/** The most characters that Kubernetes takes behind the slash of an annotation's name. */
const longestName = 63;

/** @param secret whose consumers are restarted. One workload may read several: a restart for one must not hide that for another. */
export function restartMarker({ name }: { readonly name: string }, value: string): RestartMarker {
  const [prefix = '', own = ''] = restartAnnotation.split('/');
  // The last character has to be a letter or a digit.
  const short = `${own}-${name}`.slice(0, longestName).replace(/[^a-z0-9]+$/, '');
  return { annotation: `${prefix}/${short}`, value };
}

const attempts = 3;

/**
 * Makes sure, before there is a new credential, that a workload can be restarted: it exists, its controller will replace its pods, and
 * the credentials may change it (tried with a dry run).
 * @throws DeliveryError that says what to do; ObjectMissingError, ForbiddenError and what else a request throws.
 */
export async function checkRestartable(kubernetes: Kubernetes, id: WorkloadId, options: CallOptions = {}): Promise<Workload> {
  const workload = await kubernetes.workloads.get(id, options);
  const name = `${id.kind}/${id.name}`;
  const command = (text: string) => `${text} --namespace ${id.namespace}`;
  const refuse = (problem: string, ...hints: readonly string[]) =>
    new DeliveryError(`${name} in the namespace ${id.namespace} cannot be restarted: ${problem}.`, { hints });
  if (workload.deleting) throw refuse('it is being deleted');
  if (workload.paused) throw refuse('its rollouts are paused', `Resume them: ${command(`kubectl rollout resume ${name}`)}`);
  if (workload.strategy === 'OnDelete') {
    throw refuse(
      'its update strategy is OnDelete, so its pods are replaced only when somebody deletes them',
      'Set the update strategy RollingUpdate, or leave --restart away and delete the pods yourself after the rotation.',
    );
  }
  if (workload.partition > 0) {
    throw refuse(
      `its update strategy has the partition ${workload.partition}, so the pods below that number keep the old key`,
      'Set the partition to 0, or leave --restart away and restart the pods yourself after the rotation.',
    );
  }
  await kubernetes.workloads.annotatePods(id, { [restartAnnotation]: 'dry run' }, { ...options, dryRun: true });
  return workload;
}

/**
 * Restarts a workload as `kubectl rollout restart` does, but once for each marker: where its pods have that marker already, nothing is
 * sent, so a run that goes on after a crash restarts nothing twice.
 * @returns whether the marker was set just now.
 * @throws what a request throws; OutcomeUnknownError only after the same change was tried again.
 */
export async function restart(
  kubernetes: Kubernetes,
  id: WorkloadId,
  { annotation, value }: RestartMarker,
  options: CallOptions = {},
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const { podAnnotations } = await kubernetes.workloads.get(id, options);
    if (podAnnotations[annotation] === value) return attempt > 1;
    try {
      await kubernetes.workloads.annotatePods(id, { [annotation]: value }, options);
      return true;
    } catch (error) {
      // The same value again changes nothing more than once, so a look at the workload decides.
      const again = error instanceof OutcomeUnknownError || error instanceof ConflictError;
      if (!again || attempt === attempts) throw error;
    }
  }
}
