/**
 * How a workload takes over a changed pod template: how many reads of the workload or of its pods, or how many milliseconds, after the
 * change each stage begins. `never` is a stage that does not come.
 */
export interface Rollout {
  readonly unit: 'reads' | 'ms';
  /** The controller has seen the change: `observedGeneration`. */
  readonly observed: number;
  /** All new pods are ready. */
  readonly ready: number | 'never';
  /** The old pods, which have a `deletionTimestamp` from `ready` on, are gone. */
  readonly gone: number | 'never';
  /** A Deployment that is not ready by then says `ProgressDeadlineExceeded`; default never. */
  readonly deadline?: number;
}

export type Phase = 'unobserved' | 'progressing' | 'terminating' | 'done';

/** Usual rollouts. */
export const rollouts = {
  instant: { unit: 'reads', observed: 0, ready: 0, gone: 0 },
  /** Observed at the second read, ready at the one after `reads` more, old pods gone with that. */
  afterReads: (reads: number): Rollout => ({ unit: 'reads', observed: 1, ready: 1 + reads, gone: 1 + reads }),
  afterMs: (ms: number): Rollout => ({ unit: 'ms', observed: 0, ready: ms, gone: ms }),
  /** The new pods never get ready. */
  stuck: { unit: 'reads', observed: 0, ready: 'never', gone: 'never' },
  /** The new pods are ready at once; the old ones still run for so many reads. */
  slowToEnd: (reads: number | 'never'): Rollout => ({ unit: 'reads', observed: 0, ready: 0, gone: reads }),
} as const satisfies Readonly<Record<string, Rollout | ((count: number) => Rollout)>>;

/** How far one change has come. */
export class Progress {
  readonly rollout: Rollout;
  readonly #startedAt: number;
  #reads = 0;

  constructor(rollout: Rollout, now: number) {
    this.rollout = rollout;
    this.#startedAt = now;
  }

  /** One more read has been answered. */
  count(): void {
    this.#reads += 1;
  }

  phase(now: number): Phase {
    const { observed, ready, gone } = this.rollout;
    const reached = (stage: number | 'never') => stage !== 'never' && this.#passed(now) >= stage;
    if (!reached(observed)) return 'unobserved';
    if (!reached(ready)) return 'progressing';
    return reached(gone) ? 'done' : 'terminating';
  }

  isOverdue(now: number): boolean {
    const { deadline } = this.rollout;
    return this.phase(now) === 'progressing' && deadline !== undefined && this.#passed(now) >= deadline;
  }

  #passed(now: number): number {
    return this.rollout.unit === 'reads' ? this.#reads : now - this.#startedAt;
  }
}
