import { ConnectionError, ForbiddenError, ServerError } from '../errors.ts';
import type { Kubernetes } from './client.ts';
import { ObjectMissingError } from './errors.ts';
import type { Metadata } from './object.ts';
import type { RestartMarker } from './restart.ts';
import { type RolloutStatus, rolloutStatus } from './rollout-status.ts';
import type { Workload, WorkloadId } from './workloads.ts';

export interface RolloutOptions {
  /** How long to wait for all workloads together, in milliseconds. A request that has begun may take its own deadline longer. */
  readonly timeoutMs: number;
  /** Between two looks, in milliseconds; default 2000. */
  readonly pollMs?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Takes what is not ready yet, one sentence for each workload, whenever that has changed. */
  readonly onProgress?: (sentences: readonly string[]) => void;
}

export interface RolloutOutcome {
  /** What is not ready, one sentence for each workload; empty when all are. */
  readonly notReady: readonly string[];
  /** What could not be made sure of, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Waits until restarted workloads run with nothing but new pods: each is done as `kubectl rollout status` judges it, and then its old
 * pods are gone, with which `rollout status` does not concern itself. An API server that fails for a while is asked again.
 * @param marker what `restart` was called with.
 * @returns early, with what is not ready, when waiting is of no use any more.
 * @throws the signal's reason; ForbiddenError, UnauthorizedError and what else a request throws that waiting does not mend.
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
    // One after the other: they share a connection.
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

/** Looks at workloads that were restarted with one marker. */
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
        `Old pods may still be ending: these credentials may not list pods in the namespace ${namespace}, so only the rollout itself was waited for.`,
      );
      return done;
    }
  }
}

function markerGone({ kind, name }: Workload, { annotation }: RestartMarker): RolloutStatus {
  const sentence = `${kind} ${name}: another program has taken its annotation ${annotation} away or changed it, so its pods may not be new`;
  return { state: 'failed', sentence };
}

/** Whether a pod is one of the workload's: selectors may overlap. */
function owns({ kind, name }: Workload, pod: Metadata): boolean {
  const owner = pod.owners.find(({ controller }) => controller);
  if (kind !== 'deployment') return owner?.name === name && owner.kind.toLowerCase() === kind;
  // Its pods belong to ReplicaSets, which are named by the Deployment and the hash of the template.
  return owner?.kind === 'ReplicaSet' && owner.name === `${name}-${pod.labels['pod-template-hash']}`;
}

/** Whether a request that failed may succeed later. */
function mayPass(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ServerError && (error.status === 429 || (error.status ?? 0) >= 500);
}
