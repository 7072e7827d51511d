import type { JournalRecord } from './record.ts';

/** A credential as the platform lists it: everything but the secret. Ids and times are int64, so never numbers. */
export interface Credential {
  readonly id: bigint;
  readonly name: string;
  readonly description?: string;
  /** Milliseconds since the epoch; absent: it never expires. */
  readonly expiration?: bigint;
  /** Milliseconds since the epoch; absent where the platform does not tell. */
  readonly lastUpdateTimestamp?: bigint;
  /** Service tokens only. */
  readonly roles?: readonly string[];
  readonly dedicatedSubject?: string;
}

export type NewCredential = Omit<Credential, 'id' | 'lastUpdateTimestamp'>;

/** A credential with its secret, which the platform shows once. */
export interface Issued extends NewCredential {
  /** Undefined if the response had no id and the list could not tell it either. */
  readonly id?: bigint;
  /** The ids that the credential may have, if the list shows several. */
  readonly candidates?: readonly bigint[];
  /** Milliseconds since the epoch. */
  readonly lastUpdateTimestamp?: bigint;
  readonly secret: string;
}

export interface Listing {
  readonly credentials: readonly Credential[];
  /** One sentence for each row that is not a credential. */
  readonly rejected: readonly string[];
  /** The server's clock when it responded, in milliseconds since the epoch. */
  readonly serverTime?: number;
}

export interface Call {
  /** Cancels the request when aborted. A request that changes something is not cancelled once it was sent. */
  readonly signal?: AbortSignal;
}

/** The words for a kind of credential in messages and hints. */
export interface Words {
  /** The noun of the command line: `ingestion-api-key`. */
  readonly command: string;
  /** The flags that name the server of this run in a hint, with a blank in front: ` --context prod-eu`. */
  readonly server?: string;
  /** The flags that `create` requires besides the name, for a hint: ` --roles ROLE`. */
  readonly createNeeds?: string;
  /** In a sentence: `ingestion API key`. */
  readonly noun: string;
  /** With its article: `an ingestion API key`. */
  readonly aNoun: string;
  /** Its short name in a sentence: `key`, `token`. */
  readonly short: string;
  /** At the beginning of a sentence: `Ingestion API key`. */
  readonly title: string;
}

/** The requests that the platform offers for one kind of credential. */
export interface CredentialKind {
  readonly words: Words;
  /** URL of the API that the credentials belong to. A journal about another server is left alone. */
  readonly server: string;
  /** How long one request may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether the id of a new credential has to be looked up in the list. */
  readonly listTellsId: boolean;
  list(call?: Call): Promise<Listing>;
  /**
   * Sends the request at most once. The response has no id where `listTellsId` is true.
   * @throws OutcomeUnknownError when the credential may have been created and the response does not say which one.
   */
  create(wanted: NewCredential, call?: Call): Promise<Issued>;
  /** @throws NotFoundError when the platform lists no such credential. */
  delete(id: bigint, call?: Call): Promise<void>;
  verify(secret: string, call?: Call): Promise<Verdict>;
  /** The words of another kind that a secret looks to be of; undefined if nothing speaks for one. */
  readonly otherKindOf?: (secret: string) => Words | undefined;
  /** The reason why replacing a credential would do harm; undefined if it does none. */
  readonly refuseRotation?: (old: Credential) => string | undefined;
  /**
   * Called once a new secret is verified. If the old secret authenticates this very program, requests use the new one from then on. Called
   * with both arguments swapped when the new secret is taken back.
   * @param held the secret that the destination held before.
   */
  readonly adopt?: (held: string | undefined, secret: string) => void;
}

export type Verdict = 'valid' | 'invalid' | 'unverifiable';

/** Where a secret is delivered. The methods are called in the order open, prove, deliver, close. */
export interface Destination {
  /** For messages: `the key file PATH`, `the Secret NAMESPACE/NAME`. */
  readonly description: string;
  /** The flags that name this destination on a command line: `--key-file PATH`. */
  readonly flags: string;
  /** The journal, if the destination can keep one that survives this process. */
  readonly journal?: Journal;
  /** How long the readers of the destination need to pick up a new secret, in milliseconds. This is the default of `--after`. */
  readonly readersNeedMs: number;
  /**
   * Makes this process the only one that works on the destination, where that is possible, and removes what killed processes left behind.
   * @throws DeliveryError (exit 6) when another process works on it.
   */
  open(): Promise<void>;
  /**
   * Checks, before a secret is created, that a delivery will succeed.
   * @throws DeliveryError (exit 6), FileReadError (exit 5)
   */
  prove(): Promise<void>;
  /**
   * The secret that the destination holds now. Undefined if it holds none, or if a destination of this kind can never be read.
   * @throws FileReadError (exit 5), UsageError (exit 3) when the destination holds something but it is not clear which secret. No
   * credential that it may hold can be deleted then.
   */
  current(): Promise<string | undefined>;
  /** The id of the credential whose secret the destination holds, if the destination records it. */
  currentId?(): Promise<bigint | undefined>;
  /**
   * Delivers the secret, whole or not at all, and writes `record` to the journal: in the same step if the destination can do that,
   * otherwise right after.
   * @param record undefined if no journal is kept.
   * @throws DeliveryError (exit 6) when the secret did not arrive; DeliveryUnknownError (exit 11) when it is not known whether it arrived.
   */
  deliver(issued: Issued, record?: JournalRecord): Promise<void>;
  /** The workloads to restart after a delivery, as the journal records them: `deployment/collector`. Absent if there are none. */
  readonly consumers?: readonly string[];
  /**
   * Brings the new secret to its consumers by a restart, and waits until they have it. May be called again after an interruption.
   * @param consumers the workloads, named as in `consumers`. They may come from the journal of an earlier run.
   * @throws NotReadyError (exit 13) when the consumers do not have the new secret in time.
   */
  settle?(newId: bigint | undefined, consumers: readonly string[]): Promise<void>;
  /** Removes what `prove` left behind, and lets other processes work on the destination. Calling it twice is harmless. Never throws. */
  close(): Promise<void>;
}

/**
 * What a rotation must remember from its first request to its last. The destination keeps it. One run at a time owns the journal: a write
 * by a run that no longer owns it fails.
 */
export interface Journal {
  /** For messages: where it is. */
  readonly place: string;
  /** The command with which a user removes it. */
  readonly remove: string;
  /** Whether the journal may hold a secret. */
  readonly keepsSecrets: boolean;
  /**
   * @throws FileReadError when there is a journal that cannot be read; DeliveryError when it cannot be trusted, because others may have
   * written it.
   */
  read(): Promise<JournalRecord | undefined>;
  /**
   * Writes the record. It is durable when this returns. The first write of a run makes the run the owner; `read` must come before it.
   * @throws JournalLostError when another run has taken over the journal; DeliveryError when it cannot be written; DeliveryUnknownError
   * when it is not known whether it was written.
   */
  write(record: JournalRecord): Promise<void>;
  /**
   * Confirms that this run still owns the journal. Called right before a step that cannot be undone.
   * @throws JournalLostError when another run owns it.
   */
  confirm(): Promise<void>;
  /** Removes the journal, because nothing is left to finish or undo. @throws the error that kept it from being removed. */
  drop(): Promise<void>;
}
