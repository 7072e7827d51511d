import type { Journal } from '../credentials/ports.ts';
import type { JournalRecord } from '../credentials/record.ts';
import { readRecord, writeRecord } from '../credentials/record-text.ts';
import { DeliveryUnknownError, FileReadError, JournalLostError, OutcomeUnknownError, StsError } from '../errors.ts';
import {
  ConflictError,
  type Kubernetes,
  ObjectMissingError,
  type Secret,
  type SecretChange,
  type SecretId,
} from '../kubernetes/index.ts';

/** The annotations of a Secret that this program writes. None of them holds a secret: `kubectl describe` prints them. */
export const annotations = {
  journal: 'sts.stackstate.com/journal',
  /** Present on a Secret that this program created and that has not had a key yet. */
  created: 'sts.stackstate.com/created',
  id: 'sts.stackstate.com/credential-id',
  /** SHA-256 of the secret that the id belongs to: somebody may have changed the field by hand since. */
  digest: 'sts.stackstate.com/credential-digest',
  expires: 'sts.stackstate.com/expires',
  delivered: 'sts.stackstate.com/delivered',
} as const;

/** How often a write is tried again because somebody changed something else of the Secret in between. */
const attempts = 10;

/**
 * The journal of a Secret is an annotation of it, and the Secret's `resourceVersion` is its lock: each write says which version it is
 * about, so that of two runs that write at the same time one fails. It holds facts alone; the secret arrives in one request together
 * with the stage.
 */
export class SecretJournal implements Journal {
  readonly place: string;
  readonly remove: string;
  readonly keepsSecrets = false;
  readonly #kubernetes: Kubernetes;
  readonly #id: SecretId;
  /** The annotation as this run last saw it; undefined: there was none. */
  #seen: string | undefined;
  /** The Secret as this run last saw it; undefined: there was none. */
  secret: Secret | undefined;

  constructor(kubernetes: Kubernetes, id: SecretId) {
    this.#kubernetes = kubernetes;
    this.#id = id;
    this.place = `the annotation ${annotations.journal} of the Secret ${id.namespace}/${id.name}`;
    this.remove = `kubectl annotate secret ${id.name} --namespace ${id.namespace} ${annotations.journal}-`;
  }

  /** The Secret as it is now; undefined where there is none. */
  async look(): Promise<Secret | undefined> {
    try {
      return await this.#kubernetes.secrets.get(this.#id);
    } catch (error) {
      if (error instanceof ObjectMissingError && error.missing !== 'namespace') return undefined;
      throw error;
    }
  }

  async read(): Promise<JournalRecord | undefined> {
    this.secret = await this.look();
    this.#seen = this.secret?.annotations[annotations.journal];
    if (this.#seen === undefined) return undefined;
    const record = readRecord(this.#seen);
    if (record !== undefined) return record;
    throw new FileReadError(`An earlier run was broken off, and ${this.place} is no journal of this program.`, {
      hints: ['See which credentials there are, and delete the ones nobody uses.', `Then remove the journal: ${this.remove}`],
    });
  }

  async write(record: JournalRecord): Promise<void> {
    await this.change({}, writeRecord(record));
  }

  async confirm(): Promise<void> {
    const secret = await this.look();
    if (secret?.annotations[annotations.journal] !== this.#seen) throw this.#lost();
    this.secret = secret;
  }

  async drop(): Promise<void> {
    if (this.#seen === undefined) return;
    const { secret } = this;
    if (secret !== undefined && secret.data.size === 0 && annotations.created in secret.annotations) return this.#remove(secret);
    await this.change({}, undefined);
  }

  /**
   * Changes the Secret and its journal in one request.
   * @param journal the new annotation; undefined removes it.
   * @throws JournalLostError when another run has taken the journal over; DeliveryUnknownError when the response was lost, and it cannot
   * be found out what became of the request.
   */
  async change(change: SecretChange, journal: string | undefined): Promise<void> {
    const written = { ...change, annotations: { ...change.annotations, [annotations.journal]: journal ?? null } };
    for (let attempt = 1; ; attempt++) {
      try {
        this.secret = await this.#send(written);
        break;
      } catch (error) {
        if (!(error instanceof ConflictError || error instanceof OutcomeUnknownError)) throw error;
        if (await this.#wasDone(journal, error)) break;
        if (attempt === attempts) throw error;
      }
    }
    this.#seen = journal;
  }

  async #send(change: SecretChange & { readonly annotations: Readonly<Record<string, string | null>> }): Promise<Secret> {
    const { secret } = this;
    if (secret !== undefined)
      return this.#kubernetes.secrets.patch(this.#id, change, { resourceVersion: secret.resourceVersion });
    const set = Object.entries(change.annotations).filter((entry): entry is [string, string] => entry[1] !== null);
    const data = Object.entries(change.data ?? {}).filter((entry): entry is [string, string] => entry[1] !== null);
    return this.#kubernetes.secrets.create(this.#id, {
      data: Object.fromEntries(data),
      annotations: { ...Object.fromEntries(set), [annotations.created]: 'true' },
    });
  }

  /** After a conflict or a lost response: whether the Secret holds what was to be written. Somebody's label is no other run. */
  async #wasDone(journal: string | undefined, error: StsError): Promise<boolean> {
    let secret: Secret | undefined;
    try {
      secret = await this.look();
    } catch (trouble) {
      if (!(error instanceof OutcomeUnknownError) || !(trouble instanceof StsError)) throw trouble;
      throw new DeliveryUnknownError(`${error.message} It could not be found out either: ${trouble.message}`, {
        hints: ['Run the same command again: it finishes or undoes what was begun.', ...trouble.hints],
        cause: error,
      });
    }
    const found = secret?.annotations[annotations.journal];
    this.secret = secret;
    // A journal names its run, so that the same text is the same write.
    if (error instanceof OutcomeUnknownError && found === journal && journal !== this.#seen) return true;
    if (found !== this.#seen) throw this.#lost();
    return false;
  }

  /** A Secret that was created for a key which never came. */
  async #remove({ resourceVersion }: Secret): Promise<void> {
    try {
      await this.#kubernetes.secrets.delete(this.#id, { resourceVersion });
      this.#seen = undefined;
    } catch (error) {
      if (!(error instanceof StsError)) throw error;
      // Few service accounts may delete: an empty Secret without a journal does no harm.
      await this.change({}, undefined);
    }
  }

  #lost(): JournalLostError {
    return new JournalLostError(`Another run of sts has taken over ${this.place}. This one stops.`, {
      hints: ['See what the other run says, then run the same command again if it is still needed.'],
    });
  }
}
