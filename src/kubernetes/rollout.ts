import { ConnectionError, ForbiddenError, ServerError } from '../errors.ts';
import type { Kubernetes } from './client.ts';
import { ObjectMissingError } from './errors.ts';
import type { Metadata } from './object.ts';
import type { RestartMarker } from './restart.ts';
import { type RolloutStatus, rolloutStatus } from './rollout-status.ts';
import type { Workload, WorkloadId } from './workloads.ts';

export interface RolloutOptions {
  /** How long to wait for all workloads together, in milliseconds. The last request may exceed this by its own deadline. */
  readonly timeoutMs: number;
  /** The pause between two checks, in milliseconds; default 2000. */
  readonly pollMs?: number;
  /** Stops the wait. */
  readonly signal?: AbortSignal;
  /** Receives one sentence for each workload that is not ready yet, whenever that changes. */
  readonly onProgress?: (sentences: readonly string[]) => void;
}

export interface RolloutOutcome {
  /** One sentence for each workload that is not ready; empty if all are. */
  readonly notReady: readonly string[];
  /** One sentence for each fact that could not be checked. */
  readonly warnings: readonly string[];
}

/**
 * Waits until restarted workloads have only new pods. Each rollout must be done by the rules of `kubectl rollout status`, and then its old
 * pods must be gone, which `rollout status` does not check. If the API server fails for a while, the requests are repeated.
 * @param marker the marker with which `restart` was called.
 * @returns what is not ready. Returns early if waiting longer does not help.
 * @throws the signal's reason; ForbiddenError, UnauthorizedError and other errors that do not go away by waiting.
 */
export async function waitForRollouts(
  kubernetes: Kubernetes,
  ids: readonly WorkloadId[],
  marker: RestartMarker,
  options: RolloutOptions,
): Promise<RolloutOutcome> {
  const { timeoutMs, pollMs = 2000, signal, onProgress } = options;
  const end = kubernetes.monotonic() + timeoutMs;
  const look = new Look(kubernetes, marker, signal);
  let open = ids;
  let failed: readonly string[] = [];
  let told = '';
  for (;;) {
    const waiting: string[] = [];
    const stillOpen: WorkloadId[] = [];
    // One after the other, because they share a connection.
    for (const id of open) {
      const { state, sentence } = await look.at(id);
      if (state === 'failed') failed = [...failed, sentence];
      if (state !== 'waiting') continue;
      waiting.push(sentence);
      stillOpen.push(id);
    }
    open = stillOpen;
    const left = end - kubernetes.monotonic();
    if (open.length === 0 || left <= 0) return { notReady: [...failed, ...waiting], warnings: look.warnings };
    if (waiting.join('\n') !== told) onProgress?.(waiting);
    told = waiting.join('\n');
    await kubernetes.sleep(Math.min(pollMs, left), signal);
  }
}

/** Checks workloads that were restarted with a certain marker. */
class Look {
  readonly #kubernetes: Kubernetes;
  readonly #marker: RestartMarker;
  readonly #call: { readonly signal?: AbortSignal };
  readonly #warnings = new Set<string>();

  constructor(kubernetes: Kubernetes, marker: RestartMarker, signal: AbortSignal | undefined) {
    this.#kubernetes = kubernetes;
    this.#marker = marker;
    this.#call = signal === undefined ? {} : { signal };
  }

  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  async at(id: WorkloadId): Promise<RolloutStatus> {
    const title = `${id.kind} ${id.name}`;
    try {
      const workload = await this.#kubernetes.workloads.get(id, this.#call);
      if (!this.#isMarked(workload.podAnnotations)) return markerGone(workload, this.#marker);
      const status = rolloutStatus(workload);
      return status.state === 'done' ? await this.#oldPods(workload, status) : status;
    } catch (error) {
      if (error instanceof ObjectMissingError) return { state: 'failed', sentence: `${title}: it no longer exists` };
      if (!mayPass(error)) throw error;
      return { state: 'waiting', sentence: `${title}: ${(error as Error).message.replace(/\.$/, '')}` };
    }
  }

  #isMarked(annotations: Readonly<Record<string, string>>): boolean {
    return annotations[this.#marker.annotation] === this.#marker.value;
  }

  async #oldPods(workload: Workload, done: RolloutStatus): Promise<RolloutStatus> {
    const { kind, name, namespace, selector } = workload;
    if (selector === undefined) return done;
    try {
      const pods = await this.#kubernetes.pods.list(namespace, selector, this.#call);
      const old = pods.filter((pod) => owns(workload, pod) && (pod.deleting || !this.#isMarked(pod.annotations)));
      if (old.length === 0) return done;
      const names = old.slice(0, 3).map((pod) => pod.name);
      const more = old.length > names.length ? ' ...' : '';
      const what = old.length === 1 ? '1 old pod has' : `${old.length} old pods have`;
      return { state: 'waiting', sentence: `${kind} ${name}: ${what} not ended yet (${names.join(', ')}${more})` };
    } catch (error) {
      if (!(error instanceof ForbiddenError)) throw error;
      this.#warnings.add(
        `Old pods may still be terminating. These credentials may not list pods in the namespace ${namespace}, so only the rollout itself could be waited for.`,
      );
      return done;
    }
  }
}

function markerGone({ kind, name }: Workload, { annotation }: RestartMarker): RolloutStatus {
  const sentence = `${kind} ${name}: another program has removed or changed its annotation ${annotation}, so its pods may not be new`;
  return { state: 'failed', sentence };
}

/** Whether a pod belongs to the workload. The selector alone does not tell, because selectors may overlap. */
function owns({ kind, name }: Workload, pod: Metadata): boolean {
  const owner = pod.owners.find(({ controller }) => controller);
  if (kind !== 'deployment') return owner?.name === name && owner.kind.toLowerCase() === kind;
  // The pods of a Deployment belong to ReplicaSets. The name of a ReplicaSet is made of the Deployment's name and the hash of the template.
  return owner?.kind === 'ReplicaSet' && owner.name === `${name}-${pod.labels['pod-template-hash']}`;
}

/** Whether a request that failed may succeed later. */
function mayPass(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ServerError && (error.status === 429 || (error.status ?? 0) >= 500);
}
