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
  /** Undefined where the response had none, and the list could not tell it. */
  readonly id?: bigint;
  /** Ids of which one is its own, where that is all that can be told. */
  readonly candidates?: readonly bigint[];
  /** Milliseconds since the epoch. */
  readonly lastUpdateTimestamp?: bigint;
  readonly secret: string;
}

export interface Listing {
  readonly credentials: readonly Credential[];
  /** One sentence for each row that is no credential. */
  readonly rejected: readonly string[];
  /** The server's clock when it responded, in milliseconds since the epoch. */
  readonly serverTime?: number;
}

export interface Call {
  /** Gives the request up when aborted. One that changes something is not given up once it was sent. */
  readonly signal?: AbortSignal;
}

/** How a kind of credential is called. */
export interface Words {
  /** The noun of the command line: `ingestion-api-key`. */
  readonly command: string;
  /** The flags that name the server of this run in a hint, with a blank in front: ` --context prod-eu`. */
  readonly server?: string;
  /** What `create` demands beside a name, in a hint: ` --roles ROLE`. */
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

/** What the platform can do with one kind of credential. */
export interface CredentialKind {
  readonly words: Words;
  /** URL of the API that the credentials belong to: a journal of another server's is left alone. */
  readonly server: string;
  /** How long one request may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether the id of a new credential has to be looked for in the list. */
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
  /** Why a credential cannot be replaced without harm; undefined: it can. */
  readonly refuseRotation?: (old: Credential) => string | undefined;
  /**
   * Told once a new secret is verified: where the old one authenticates this very program, the new one is used from then on. Told the
   * other way round when the new one is taken back.
   * @param held what the destination held before.
   */
  readonly adopt?: (held: string | undefined, secret: string) => void;
}

export type Verdict = 'valid' | 'invalid' | 'unverifiable';

/** Where a secret goes. The order is open, prove, deliver, close. */
export interface Destination {
  /** For messages: `the key file PATH`, `the Secret NAMESPACE/NAME`. */
  readonly description: string;
  /** The flags that name this destination on a command line: `--key-file PATH`. */
  readonly flags: string;
  /** Where the destination can keep one; it survives this process. */
  readonly journal?: Journal;
  /** How long its readers need to take a new secret over, in milliseconds: the default of `--after`. */
  readonly readersNeedMs: number;
  /**
   * Makes this process the only one that works on the destination where that is possible, and sweeps what killed ones left.
   * @throws DeliveryError (exit 6) when another process works on it.
   */
  open(): Promise<void>;
  /**
   * Makes as sure as can be that a delivery will succeed, before there is a secret.
   * @throws DeliveryError (exit 6), FileReadError (exit 5)
   */
  prove(): Promise<void>;
  /**
   * The secret it holds now; undefined where it holds none, or cannot be read at all.
   * @throws FileReadError (exit 5), UsageError (exit 3) when it holds something, and it cannot be told which secret: nothing may be deleted
   * then that it may hold.
   */
  current(): Promise<string | undefined>;
  /** The id of the credential whose secret it holds, where it remembers that. */
  currentId?(): Promise<bigint | undefined>;
  /**
   * Hands the secret over, whole or not at all, and moves the journal to `record` in the same step where it can, else right after.
   * @param record undefined where no journal is kept.
   * @throws DeliveryError (exit 6) when the secret did not arrive; DeliveryUnknownError when that cannot be told.
   */
  deliver(issued: Issued, record?: JournalRecord): Promise<void>;
  /** Who is restarted after a delivery, for the journal: `deployment/collector`. Absent: nobody. */
  readonly consumers?: readonly string[];
  /**
   * Brings the new secret to its consumers (a restart) and waits until they have it. May be called again after a break.
   * @param consumers as this destination or the one of an earlier run names them.
   * @throws NotReadyError (exit 13) when they have not taken it over in time.
   */
  settle?(newId: bigint | undefined, consumers: readonly string[]): Promise<void>;
  /** Removes what `prove` left behind and lets others work on the destination. Harmless when called twice. Never throws. */
  close(): Promise<void>;
}

/**
 * What a rotation must remember from its first request to its last one, kept by its destination. One run at a time owns it: a write by a
 * run that does not own it any more fails.
 */
export interface Journal {
  /** For messages: where it is. */
  readonly place: string;
  /** How a user gets rid of it, as a command. */
  readonly remove: string;
  /** Whether a secret may be kept in it. */
  readonly keepsSecrets: boolean;
  /** @throws FileReadError when there is one that cannot be read, DeliveryError when it is not believed. */
  read(): Promise<JournalRecord | undefined>;
  /**
   * Writes the record, durable when this returns. The first write of a run makes the journal its own: `read` comes before it.
   * @throws JournalLostError when another run has taken it since; DeliveryError when it cannot be written; DeliveryUnknownError when
   * that cannot be told.
   */
  write(record: JournalRecord): Promise<void>;
  /** Right before something that cannot be taken back. @throws JournalLostError when it is not this run's any more. */
  confirm(): Promise<void>;
  /** There is nothing left to finish or undo. @throws the error of what could not be removed. */
  drop(): Promise<void>;
}
