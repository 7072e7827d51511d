import type { NewCredential } from './ports.ts';

/** What the journal records in every stage. */
export interface Facts {
  /** Kind of the new credential, as its noun on the command line: `ingestion-api-key`. */
  readonly kind: string;
  /** Kind of the old credential. It differs from `kind` in a migration. */
  readonly oldKind: string;
  /** URL of the server's API. */
  readonly server: string;
  /** Id of the run that owns the journal. A run that takes over writes its own id. */
  readonly run: string;
  /** The properties that the new credential is created with. */
  readonly wanted: NewCredential;
  /** The server's clock before the creation, milliseconds since the epoch. */
  readonly startedAt: number;
  /** How long the request that creates the credential may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Ids of the credentials that had the new one's name before it was created. */
  readonly before: readonly bigint[];
  /** SHA-256 of the secret that the destination held before the creation, in hexadecimal; undefined if it held none. */
  readonly held: string | undefined;
  /** The credential that is replaced; undefined if the new one is the first. */
  readonly old: { readonly id: bigint; readonly name: string } | undefined;
  /** Whether the run leaves the deletion of the old credential to a later run (`--no-wait`). */
  readonly noWait?: boolean | undefined;
  readonly deleteOld: boolean;
  /**
   * The consumers that get the new secret after the delivery (`Destination.consumers`). A run that finishes this one need not name them
   * again.
   */
  readonly consumers?: readonly string[] | undefined;
  /** How long the old credential is kept after the delivery, in milliseconds. */
  readonly afterMs: number;
}

/** The stages in order. A record is written before the next request that depends on it, so what it says is true whenever it is read. */
export type JournalRecord =
  /** The creation may have been sent. */
  | (Facts & { readonly stage: 'creating' })
  /** The credential exists; the destination holds `secret` if it was delivered. */
  | (Facts & { readonly stage: 'created'; readonly newId: bigint | undefined; readonly secret: string })
  /** The destination holds the new secret, or held it. The old credential is deleted at `deleteAt`, by the server's clock. */
  | DeliveredRecord;

export type DeliveredRecord = Facts & {
  readonly stage: 'delivered';
  readonly newId: bigint | undefined;
  /** SHA-256 of the secret, hexadecimal. */
  readonly digest: string;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly deleteAt: number;
  /** Whether the consumers have the new secret (`Destination.settle`). */
  readonly settled: boolean;
};
