import type { NewCredential } from './ports.ts';

/** What every stage of a rotation knows. */
export interface Facts {
  /** Noun of the new credential on the command line: `ingestion-api-key`. */
  readonly kind: string;
  /** The same of the one that is replaced: another one in a migration. */
  readonly oldKind: string;
  /** URL of the server's API. */
  readonly server: string;
  /** The run that owns the journal; another one that goes on writes its own. */
  readonly run: string;
  /** The new credential as it was or will be asked for. */
  readonly wanted: NewCredential;
  /** The server's clock before the creation, milliseconds since the epoch. */
  readonly startedAt: number;
  /** How long the request that creates the credential may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Ids of the credentials that had the new one's name before it was created. */
  readonly before: readonly bigint[];
  /** SHA-256 of what the destination held then, hexadecimal; undefined: nothing. */
  readonly held: string | undefined;
  /** What is replaced; undefined for a first credential. */
  readonly old: { readonly id: bigint; readonly name: string } | undefined;
  /** Whether the run was meant to leave the deletion of the old one to a later run. */
  readonly noWait?: boolean | undefined;
  readonly deleteOld: boolean;
  /** Who gets the new secret after the delivery (`Destination.consumers`): a run that finishes this one need not name them again. */
  readonly consumers?: readonly string[] | undefined;
  /** How long the old credential is kept after the delivery, in milliseconds. */
  readonly afterMs: number;
}

/** The stages in their order. What each says is true from before the next outside effect on. */
export type JournalRecord =
  /** The creation may have been sent. */
  | (Facts & { readonly stage: 'creating' })
  /** The credential exists; the destination holds `secret` if it was delivered. */
  | (Facts & { readonly stage: 'created'; readonly newId: bigint | undefined; readonly secret: string })
  /** The destination holds the new secret, or did. The old credential goes at `deleteAt`, by the server's clock. */
  | DeliveredRecord;

export type DeliveredRecord = Facts & {
  readonly stage: 'delivered';
  readonly newId: bigint | undefined;
  /** SHA-256 of the secret, hexadecimal. */
  readonly digest: string;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly deleteAt: number;
  /** Whether the consumers have it (`Destination.settle`). */
  readonly settled: boolean;
};
