import type { IngestionApiKey, StackStateApi } from '../api/model.ts';
import type { StepHook } from '../delivery/effects.ts';

/** What a rotation works with. */
export interface RotationContext {
  readonly api: StackStateApi;
  /** Aborted by the first SIGHUP, SIGINT or SIGTERM. */
  readonly interrupt: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Rejects with the signal's reason once it is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Runs something slow, showing that it is waited for. */
  readonly waiting: <T>(label: string, work: () => Promise<T>) => Promise<T>;
  readonly report: (event: RotationEvent) => Promise<void>;
  readonly step: StepHook | undefined;
}

/** What happens on the way and somebody may want to hear of. */
export type RotationEvent =
  /** Rows of the server's list that are no keys: one of them may be a key of that name. */
  | { readonly kind: 'rejected'; readonly rows: readonly string[] }
  /** The server has no way to verify a key; the rotation goes on. */
  | { readonly kind: 'unverifiable' }
  /** An earlier rotation of this file was broken off while it created a key, which may still be on its way for so many milliseconds. */
  | { readonly kind: 'searching'; readonly remainingMs: number }
  /** An earlier rotation of this file had delivered its key and is finished now. */
  | { readonly kind: 'finished'; readonly newId: bigint; readonly oldId: bigint; readonly deleted: boolean }
  /** An earlier rotation of this file had not delivered its key; what it had made is deleted. */
  | { readonly kind: 'undone'; readonly deletedId: bigint | undefined }
  /** The rotation is done, and its journal could not be removed: the next rotation finds it and has nothing left to do. */
  | { readonly kind: 'journal-left'; readonly path: string; readonly reason: string }
  /** The old key is left alone for so many milliseconds more; the last event has 0. */
  | { readonly kind: 'keeping'; readonly oldId: bigint; readonly remainingMs: number };

/** Which key is to be replaced. */
export type RotationTarget = { readonly name: string } | { readonly id: bigint };

export interface RotationPlan {
  readonly target: RotationTarget;
  /** Name of the new key; undefined: the old one's. */
  readonly newName: string | undefined;
  /** When the new key ends, milliseconds since the epoch; undefined: it lives as long from now as the old one was given. */
  readonly expiration: bigint | undefined;
  readonly verify: boolean;
  readonly deleteOld: boolean;
  /** How long the old key is kept after the delivery, in milliseconds. */
  readonly afterMs: number;
}

export interface RotationResult {
  readonly issued: IngestionApiKey;
  readonly old: IngestionApiKey;
  /** Whether the old key is gone. */
  readonly deleted: boolean;
}
