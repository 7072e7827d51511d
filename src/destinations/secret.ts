import { digestOf } from '../credentials/digest.ts';
import type { Destination, Issued, Journal } from '../credentials/ports.ts';
import type { JournalRecord } from '../credentials/record.ts';
import { writeRecord } from '../credentials/record-text.ts';
import { usableSecret } from '../documents/usable.ts';
import { DeliveryError, NotReadyError, StsError, UsageError } from '../errors.ts';
import {
  checkRestartable,
  type Kubernetes,
  ObjectMissingError,
  parseWorkload,
  type RestartMarker,
  restart,
  restartMarker,
  type Secret,
  type SecretId,
  type WorkloadId,
  waitForRollouts,
} from '../kubernetes/index.ts';
import { checkChangeable, fieldOf, missingSecret, otherWriters, textOf } from './secret-check.ts';
import { annotations, SecretJournal } from './secret-journal.ts';
import { nothingCreated, undelivered } from './undelivered.ts';

/** How long the kubelet needs to update the mounted files of running pods after a change of the Secret, in milliseconds. */
const kubeletNeedsMs = 120_000;
const placeholder = 'dry run';

export interface SecretOptions {
  readonly kubernetes: Kubernetes;
  readonly id: SecretId;
  /** Undefined: the only field of the Secret, or API_KEY if it has none. */
  readonly field: string | undefined;
  /** The flags that name the cluster, for hints: ` --kube-context prod`. Without them a hint would name another cluster. */
  readonly clusterFlags?: string;
  /** Whether the field must already hold a key, as for `rotate`. */
  readonly isReplaced: boolean;
  /** Whether a missing Secret may be created. */
  readonly mayCreate: boolean;
  /** Whether `create` may replace a key that is there, and `rotate` fill a field that holds none. */
  readonly force: boolean;
  readonly restart: readonly WorkloadId[];
  readonly restartTimeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Stops the wait for a restart. */
  readonly interrupt: AbortSignal;
  readonly warn: (sentence: string) => Promise<void>;
  /** Receives a sentence about what is not ready yet, during the wait for a restart. */
  readonly onProgress: (sentence: string) => void;
}

/**
 * A field of a Kubernetes Secret. The Secret keeps its other fields, labels and annotations. Each change is one request that names its
 * `resourceVersion`.
 */
export class SecretDestination implements Destination {
  readonly description: string;
  readonly flags: string;
  readonly journal: Journal;
  readonly readersNeedMs: number;
  readonly consumers: readonly string[];
  readonly #options: SecretOptions;
  readonly #journal: SecretJournal;
  #field: string | undefined;

  constructor(options: SecretOptions) {
    const { id, field, clusterFlags = '', restart: workloads } = options;
    this.#options = options;
    this.#journal = new SecretJournal(options.kubernetes, id);
    this.journal = this.#journal;
    this.description = `the Secret ${id.namespace}/${id.name}`;
    this.consumers = workloads.map(({ kind, name }) => `${kind}/${name}`);
    const restarts = this.consumers.map((name) => ` --restart ${name}`).join('');
    this.flags = `--kubernetes-secret ${id.namespace}/${id.name}${field === undefined ? '' : ` --key-var ${field}`}${clusterFlags}${restarts}`;
    this.readersNeedMs = workloads.length === 0 ? kubeletNeedsMs : 0;
  }

  async open(): Promise<void> {
    for (const warning of this.#options.kubernetes.access.warnings) await this.#options.warn(warning);
  }

  async prove(): Promise<void> {
    const { kubernetes, id, mayCreate, restart: workloads } = this.#options;
    await nothingCreated(async () => {
      // Another run may have started since the journal was read.
      const secret = await this.#journal.refresh();
      if (secret !== undefined) await this.#proveChange(secret);
      else if (mayCreate) await this.#proveCreation();
      else throw missingSecret(id);
      for (const workload of workloads) await checkRestartable(kubernetes, workload);
    });
  }

  async #proveChange(secret: Secret): Promise<void> {
    const { kubernetes, id, isReplaced, warn } = this.#options;
    checkChangeable(secret);
    const field = this.#fieldIn(secret);
    this.#refuseTaken(secret, field);
    if (isReplaced) this.#refuseNoKey(secret, field);
    const change = { data: { [field]: placeholder }, annotations: { [annotations.journal]: placeholder } };
    await kubernetes.secrets.patch(id, change, { dryRun: true, resourceVersion: secret.resourceVersion });
    const others = otherWriters(secret);
    if (others !== undefined) await warn(others);
  }

  async #proveCreation(): Promise<void> {
    const { secrets } = this.#options.kubernetes;
    const { id } = this.#options;
    const data = { [this.#fieldIn(undefined)]: placeholder };
    await secrets.create(id, { data }, { dryRun: true });
    // The Secret is first created with the journal alone and then patched with the key. This request shows whether the credentials may
    // patch it.
    await secrets.patch(id, { data }, { dryRun: true, resourceVersion: '1' }).catch((error: unknown) => {
      if (!(error instanceof ObjectMissingError)) throw error;
    });
  }

  async current(): Promise<string | undefined> {
    return this.#heldIn(await this.#journal.look());
  }

  async currentId(): Promise<bigint | undefined> {
    const secret = await this.#journal.look();
    const held = this.#heldIn(secret);
    const { [annotations.id]: id, [annotations.digest]: digest } = secret?.annotations ?? {};
    return held === undefined || id === undefined || digest !== (await digestOf(held)) || !/^\d{1,19}$/.test(id)
      ? undefined
      : BigInt(id);
  }

  #heldIn(secret: Secret | undefined): string | undefined {
    if (secret === undefined) return undefined;
    return textOf(secret.data.get(this.#field ?? fieldOf(secret, this.#options.field, false)));
  }

  async deliver(issued: Issued, record?: JournalRecord): Promise<void> {
    const { secret } = this.#journal;
    const field = this.#field ?? this.#fieldIn(secret);
    const facts = {
      [annotations.id]: issued.id === undefined ? null : String(issued.id),
      [annotations.digest]: issued.id === undefined ? null : await digestOf(issued.secret),
      [annotations.expires]: issued.expiration === undefined ? null : new Date(Number(issued.expiration)).toISOString(),
      [annotations.delivered]: new Date(this.#options.now()).toISOString(),
      ...(secret !== undefined && annotations.created in secret.annotations ? { [annotations.created]: null } : {}),
    };
    const text = record === undefined ? undefined : writeRecord(record);
    try {
      const change = { data: { [field]: issued.secret }, annotations: facts };
      await this.#journal.change(change, text, (found) => this.#refuseTaken(found, field));
    } catch (error) {
      throw error instanceof StsError ? undelivered(error) : error;
    }
  }

  /** The pods are marked with the id of the new credential, so that a run that continues after an interruption restarts nothing twice. */
  async settle(newId: bigint | undefined, consumers: readonly string[]): Promise<void> {
    if (consumers.length === 0) return;
    const { kubernetes, restartTimeoutMs, interrupt, warn, onProgress } = this.#options;
    const marker = restartMarker(this.#options.id, newId === undefined ? await this.#markerWithoutId() : String(newId));
    const workloads: WorkloadId[] = [];
    for (const consumer of consumers) {
      const workload = { ...parseWorkload(consumer), namespace: this.#options.id.namespace };
      if (await this.#restarted(workload, marker)) workloads.push(workload);
    }
    const { notReady, warnings } = await waitForRollouts(kubernetes, workloads, marker, {
      timeoutMs: restartTimeoutMs,
      signal: interrupt,
      onProgress: (sentences) => onProgress(sentences.join('; ')),
    });
    for (const warning of warnings) await warn(warning);
    if (notReady.length === 0) return;
    throw new NotReadyError(`The restart was not done within ${Math.round(restartTimeoutMs / 1000)} s: ${notReady.join('; ')}.`, {
      hints: workloads.map(
        ({ kind, name, namespace }) => `See why: kubectl rollout status ${kind}/${name} --namespace ${namespace}`,
      ),
    });
  }

  /** @returns false for a workload that only an earlier run named and that no longer exists. It does not use the old secret. */
  async #restarted(workload: WorkloadId, marker: RestartMarker): Promise<boolean> {
    const { kubernetes, warn } = this.#options;
    const name = `${workload.kind}/${workload.name}`;
    try {
      await restart(kubernetes, workload, marker);
      return true;
    } catch (error) {
      if (!(error instanceof ObjectMissingError) || this.consumers.includes(name)) throw error;
      await warn(`${name}, which an earlier run was to restart, is gone: it is not waited for.`);
      return false;
    }
  }

  async close(): Promise<void> {
    await this.#options.kubernetes.close().catch(() => undefined);
  }

  #fieldIn(secret: Secret | undefined): string {
    this.#field = fieldOf(
      secret,
      this.#options.field,
      this.#options.isReplaced && !this.#options.mayCreate && secret !== undefined,
    );
    return this.#field;
  }

  /** `create` does not put a new key over one that may be in use. */
  #refuseTaken({ data }: Secret, field: string): void {
    const { isReplaced, mayCreate, force, id } = this.#options;
    if (isReplaced || !mayCreate || force || !data.get(field)?.length) return;
    throw new UsageError(`The field ${field} of ${this.description} holds a key already.`, {
      hints: [
        `Replace the key with: rotate --name NAME --kubernetes-secret ${id.namespace}/${id.name}`,
        'Or write over it with --force, or name another field with --key-var.',
      ],
    });
  }

  /** Protects a field that was named by mistake, such as that of a certificate. */
  #refuseNoKey({ data }: Secret, field: string): void {
    const { mayCreate, force } = this.#options;
    const value = textOf(data.get(field));
    const why = value === undefined ? 'it is empty' : usableSecret(value);
    // If the whole Secret may be missing, an empty field is fine too.
    if (why === undefined || force || (value === undefined && mayCreate)) return;
    const hint =
      value === undefined
        ? 'To put the first key into it, use create, not rotate.'
        : 'Name the field that holds the key: --key-var NAME';
    throw new DeliveryError(`The field ${field} of ${this.description} holds no key: ${why}.`, { hints: [hint] });
  }

  /** The marker is the same for every run that continues this delivery. */
  async #markerWithoutId(): Promise<string> {
    const secret = await this.#journal.look();
    return `delivered-${secret?.annotations[annotations.delivered] ?? ''}`;
  }
}
