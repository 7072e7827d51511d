import type { Journal } from '../credentials/ports.ts';
import type { JournalRecord } from '../credentials/record.ts';
import { readRecord, writeRecord } from '../credentials/record-text.ts';
import {
  DeliveryError,
  DeliveryUnknownError,
  FileReadError,
  JournalLostError,
  OutcomeUnknownError,
  StsError,
} from '../errors.ts';
import {
  ConflictError,
  type Kubernetes,
  ObjectMissingError,
  type Secret,
  type SecretChange,
  type SecretId,
} from '../kubernetes/index.ts';
import { nothingCreated } from './undelivered.ts';

/** The annotations of a Secret that this program writes. None of them holds a secret: `kubectl describe` prints them. */
export const annotations = {
  journal: 'sts.stackstate.com/journal',
  /** Present on a Secret that this program has created and that has not held a key yet. */
  created: 'sts.stackstate.com/created',
  id: 'sts.stackstate.com/credential-id',
  /** SHA-256 of the secret that the id belongs to. It tells whether somebody has changed the field by hand since. */
  digest: 'sts.stackstate.com/credential-digest',
  expires: 'sts.stackstate.com/expires',
  delivered: 'sts.stackstate.com/delivered',
} as const;

/** How often a write is tried if somebody else changes other parts of the Secret in between. */
const attempts = 10;

/**
 * The journal of a Secret is an annotation of it, and the Secret's `resourceVersion` is its lock. Each write names the version that it
 * changes, so that one of two simultaneous writes fails. The journal holds no secret. One request writes the secret to the field and the
 * new stage to the journal.
 */
export class SecretJournal implements Journal {
  readonly place: string;
  readonly remove: string;
  readonly keepsSecrets = false;
  readonly #kubernetes: Kubernetes;
  readonly #id: SecretId;
  /** The annotation as this run last saw it; undefined if there was none. */
  #seen: string | undefined;
  /** The Secret when this run last owned the journal; undefined if there was no Secret. Writes change this version. */
  #secret: Secret | undefined;

  constructor(kubernetes: Kubernetes, id: SecretId) {
    this.#kubernetes = kubernetes;
    this.#id = id;
    this.place = `the annotation ${annotations.journal} of the Secret ${id.namespace}/${id.name}`;
    this.remove = `kubectl annotate secret ${id.name} --namespace ${id.namespace} ${annotations.journal}-`;
  }

  /** Requests the Secret; undefined if there is none. @throws DeliveryError (exit 6) when its namespace does not exist. */
  async look(): Promise<Secret | undefined> {
    try {
      return await this.#kubernetes.secrets.get(this.#id);
    } catch (error) {
      if (!(error instanceof ObjectMissingError)) throw error;
      if (error.missing !== 'namespace') return undefined;
      throw new DeliveryError(error.message, { hints: error.hints, cause: error });
    }
  }

  async read(): Promise<JournalRecord | undefined> {
    this.#secret = await nothingCreated(() => this.look());
    this.#seen = this.#secret?.annotations[annotations.journal];
    if (this.#seen === undefined) return undefined;
    const record = readRecord(this.#seen);
    if (record !== undefined) return record;
    throw new FileReadError(`An earlier run was interrupted, and ${this.place} is not a journal of this program.`, {
      hints: ['See which credentials exist, and delete those that nobody uses.', `Then remove the journal: ${this.remove}`],
    });
  }

  async write(record: JournalRecord): Promise<void> {
    try {
      await this.change({}, writeRecord(record));
    } catch (error) {
      if (!(error instanceof StsError) || error instanceof JournalLostError) throw error;
      // This write would only have created the journal. Nothing depends on it, so its unknown outcome counts as a failed delivery.
      throw new DeliveryError(error.message, { hints: error.hints, cause: error });
    }
  }

  async confirm(): Promise<void> {
    await this.refresh();
  }

  /** Requests the Secret again. @throws JournalLostError when another run has taken over the journal since it was read. */
  async refresh(): Promise<Secret | undefined> {
    const secret = await this.look();
    const found = secret?.annotations[annotations.journal];
    if (found !== this.#seen) throw this.#lost(found);
    this.#secret = secret;
    return secret;
  }

  /** The Secret as this run knows it. */
  get secret(): Secret | undefined {
    return this.#secret;
  }

  async drop(): Promise<void> {
    if (this.#seen === undefined) return;
    const secret = this.#secret;
    const isEmpty = secret !== undefined && secret.data.size === 0 && annotations.created in secret.annotations;
    if (isEmpty && (await this.#isRemoved(secret))) return;
    try {
      await this.change({}, undefined);
    } catch (error) {
      // Somebody has deleted the Secret, and with it the journal.
      if (!(error instanceof ObjectMissingError)) throw error;
      this.#seen = undefined;
    }
  }

  /**
   * Changes the Secret and its journal in one request.
   * @param journal the new annotation; undefined removes it.
   * @param check checks the Secret that is about to be changed. An error that it throws stops the change.
   * @throws JournalLostError when another run has taken over the journal; DeliveryUnknownError when a response was lost and the state of
   * the Secret cannot be determined.
   */
  async change(change: SecretChange, journal: string | undefined, check?: (secret: Secret) => void): Promise<void> {
    const written = { ...change, annotations: { ...change.annotations, [annotations.journal]: journal ?? null } };
    for (let attempt = 1; ; attempt++) {
      if (this.#secret !== undefined) check?.(this.#secret);
      try {
        this.#secret = await this.#send(written);
        break;
      } catch (error) {
        if (!(error instanceof ConflictError || error instanceof OutcomeUnknownError)) throw error;
        if (await this.#wasDone(journal, error)) break;
        if (attempt === attempts) throw error instanceof OutcomeUnknownError ? unknown(error) : error;
      }
    }
    this.#seen = journal;
  }

  async #send(change: SecretChange & { readonly annotations: Readonly<Record<string, string | null>> }): Promise<Secret> {
    const secret = this.#secret;
    if (secret !== undefined)
      return this.#kubernetes.secrets.patch(this.#id, change, { resourceVersion: secret.resourceVersion });
    const set = Object.entries(change.annotations).filter((entry): entry is [string, string] => entry[1] !== null);
    const data = Object.entries(change.data ?? {}).filter((entry): entry is [string, string] => entry[1] !== null);
    return this.#kubernetes.secrets.create(this.#id, {
      data: Object.fromEntries(data),
      annotations: { ...Object.fromEntries(set), ...(data.length === 0 ? { [annotations.created]: 'true' } : {}) },
    });
  }

  /**
   * Called after a conflict or a lost response: whether the Secret already holds what was to be written. A conflict need not come from
   * another run: somebody may have changed a label.
   */
  async #wasDone(journal: string | undefined, error: StsError): Promise<boolean> {
    let secret: Secret | undefined;
    try {
      secret = await this.look();
    } catch (trouble) {
      if (!(error instanceof OutcomeUnknownError) || !(trouble instanceof StsError)) throw trouble;
      throw unknown(error, trouble);
    }
    const found = secret?.annotations[annotations.journal];
    // A journal names its run. So the same text means that this write, or the previous one whose response was lost, has been done.
    const wasDone = found === journal && journal !== this.#seen;
    // If another run has written the journal, `#secret` keeps the old version. This run's next write must fail as well.
    if (!wasDone && found !== this.#seen) throw this.#lost(found);
    this.#secret = secret;
    return wasDone;
  }

  /**
   * Deletes a Secret that was created for a key, if the key could not be delivered. Most service accounts lack the permission to delete a
   * Secret. In that case the empty Secret stays, which does no harm.
   */
  async #isRemoved({ resourceVersion }: Secret): Promise<boolean> {
    try {
      await this.#kubernetes.secrets.delete(this.#id, { resourceVersion });
    } catch (error) {
      if (!(error instanceof StsError)) throw error;
      if (!(error instanceof ObjectMissingError)) return false;
    }
    this.#secret = undefined;
    this.#seen = undefined;
    return true;
  }

  /** @param found the present annotation. */
  #lost(found: string | undefined): JournalLostError {
    const what =
      found === undefined
        ? `Somebody has removed ${this.place}, or another run of sts has taken it over and ended.`
        : `Another run of sts has taken over ${this.place}.`;
    return new JournalLostError(`${what} This run stops.`, {
      hints: ['See what the other run says, then run the same command again if it is still needed.'],
    });
  }
}

/** The error for a request with an unknown outcome. @param trouble the error of the request that was to find out the outcome. */
function unknown(error: OutcomeUnknownError, trouble?: StsError): DeliveryUnknownError {
  const why = trouble === undefined ? '' : ` It could not be found out: ${trouble.message}`;
  return new DeliveryUnknownError(`${error.message}${why}`, {
    hints: ['Run the same command again: it finishes or undoes the interrupted run.', ...(trouble?.hints ?? [])],
    cause: error,
  });
}
