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
export interface Issued extends Credential {
  readonly secret: string;
}

/** What the platform says to a creation: without an id where only the list tells it. */
export type Created = Omit<Issued, 'id'> & { readonly id?: bigint };

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
  /** In a sentence: `ingestion API key`. */
  readonly noun: string;
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
  list(call?: Call): Promise<Listing>;
  /**
   * Sends the request at most once.
   * @throws OutcomeUnknownError when the credential may have been created and the response does not say which one.
   */
  create(wanted: NewCredential, call?: Call): Promise<Created>;
  /** @throws NotFoundError when the platform lists no such credential. */
  delete(id: bigint, call?: Call): Promise<void>;
  verify(secret: string, call?: Call): Promise<Verdict>;
  /** Why a credential cannot be replaced without harm; undefined: it can. */
  readonly refuseRotation?: (old: Credential) => string | undefined;
  /** Told once a new secret is verified: a token that authenticates this very program has to be used from then on. */
  readonly adopt?: (old: Credential, secret: string) => Promise<void>;
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
  /** The secret it holds now; undefined where it holds none, or that cannot be told. @throws FileReadError */
  current(): Promise<string | undefined>;
  /**
   * Hands the secret over, whole or not at all, and moves the journal to `record` in the same step where it can, else right after.
   * @param record undefined where no journal is kept.
   * @throws DeliveryError (exit 6) when the secret did not arrive; DeliveryUnknownError when that cannot be told.
   */
  deliver(issued: Issued, record?: JournalRecord): Promise<void>;
  /**
   * Brings the new secret to whoever uses it (a restart) and waits until they have it. May be called again after a break.
   * @throws NotReadyError (exit 13) when they have not taken it over in time.
   */
  settle?(issued: Pick<Credential, 'id'>): Promise<void>;
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
  /** @throws FileReadError when there is one that cannot be read or believed. */
  read(): Promise<JournalRecord | undefined>;
  /**
   * Writes the record, durable when this returns. The first write of a run makes the journal its own.
   * @throws JournalLostError when another run has taken it since; DeliveryError when it cannot be written.
   */
  write(record: JournalRecord): Promise<void>;
  /** Right before something that cannot be taken back. @throws JournalLostError when it is not this run's any more. */
  confirm(): Promise<void>;
  /** There is nothing left to finish or undo. @throws the error of what could not be removed. */
  drop(): Promise<void>;
}
