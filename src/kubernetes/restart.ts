import { DeliveryError, OutcomeUnknownError } from '../errors.ts';
import type { Kubernetes } from './client.ts';
import { ConflictError } from './errors.ts';
import type { CallOptions } from './secrets.ts';
import type { Workload, WorkloadId } from './workloads.ts';

/** The annotation of a workload's pods with the id of the credential for which they were started, without the name of its Secret. */
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
 * Checks, before a new credential is created, that a workload can be restarted. It must exist, its controller must replace its pods, and
 * the credentials must be allowed to change it (tried with a dry run).
 * @throws DeliveryError with hints; ObjectMissingError, ForbiddenError and other errors of a request.
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
      'Set the update strategy RollingUpdate, or leave out --restart and delete the pods yourself after the rotation.',
    );
  }
  if (workload.partition > 0) {
    throw refuse(
      `its update strategy has the partition ${workload.partition}, so the pods below that number keep the old key`,
      'Set the partition to 0, or leave out --restart and restart the pods yourself after the rotation.',
    );
  }
  await kubernetes.workloads.annotatePods(id, { [restartAnnotation]: 'dry run' }, { ...options, dryRun: true });
  return workload;
}

/**
 * Restarts a workload as `kubectl rollout restart` does, but only once for each marker. If the pods already have the marker, nothing is
 * sent. So a run that continues after a crash restarts nothing twice.
 * @returns whether this call has set the marker.
 * @throws the errors of a request; OutcomeUnknownError only after the same change was tried again.
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
      // Setting the same value twice has no further effect, so the change can be repeated after a look at the workload.
      const again = error instanceof OutcomeUnknownError || error instanceof ConflictError;
      if (!again || attempt === attempts) throw error;
    }
  }
}
