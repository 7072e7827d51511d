import type { ApiCall, Caller } from './caller.ts';
import type { Fields } from './entry.ts';
import { fieldsOf, listOf, type Metadata, readMetadata, textOf, textsOf } from './object.ts';
import { secrets } from './resources.ts';

/** The name of a Secret. */
export interface SecretId {
  readonly namespace: string;
  readonly name: string;
}

export interface Secret extends Metadata {
  /** `Opaque`, `kubernetes.io/tls` ... */
  readonly type: string;
  /** Whether the data can never be changed. */
  readonly immutable: boolean;
  /** The decoded fields. It is a Map because any name is possible. Never logged. */
  readonly data: ReadonlyMap<string, Buffer>;
  /** The names of the other programs that write the Secret: `helm`, `argocd-controller`, `external-secrets`. */
  readonly managers: readonly string[];
}

/** The content of a new Secret. */
export interface NewSecret {
  /** Default `Opaque`. */
  readonly type?: string;
  readonly data: Readonly<Record<string, string | Uint8Array>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A change of a Secret. Null removes a field; fields that are not named stay. */
export interface SecretChange {
  readonly data?: Readonly<Record<string, string | Uint8Array | null>>;
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
}

export interface CallOptions {
  /** Cancels the request. A request that changes something is not cancelled once it was sent. */
  readonly signal?: AbortSignal;
}

export interface ChangeOptions extends CallOptions {
  /** The server checks the change, but does not store it. */
  readonly dryRun?: boolean;
}

export interface VersionedOptions extends ChangeOptions {
  /** The version to change. If the server has another version, the request fails with a conflict. */
  readonly resourceVersion: string;
}

/** Requests for Secrets: `/api/v1/namespaces/{namespace}/secrets`. They throw the errors described at `Caller.call`. */
export interface Secrets {
  /** `GET`. */
  get(id: SecretId, options?: CallOptions): Promise<Secret>;
  /** `POST`. @throws ConflictError of the kind `exists` when a Secret with the name exists. */
  create(id: SecretId, secret: NewSecret, options?: ChangeOptions): Promise<Secret>;
  /** `PATCH` (a merge patch). @throws ConflictError of the kind `changed` when the Secret has another resourceVersion now. */
  patch(id: SecretId, change: SecretChange, options: VersionedOptions): Promise<Secret>;
  /** `DELETE`. @throws ConflictError of the kind `changed` when the Secret has another resourceVersion now. */
  delete(id: SecretId, options: VersionedOptions): Promise<void>;
}

/** The name under which the API server records the changes of this program. */
export const fieldManager = 'sts';
export const mergePatch = { 'content-type': 'application/merge-patch+json' };

/** @param caller sends the requests. */
export function secretsOf(caller: Caller): Secrets {
  const about = (id: SecretId, options: ChangeOptions = {}) => ({
    resource: secrets,
    namespace: id.namespace,
    name: id.name,
    signal: options.signal,
    dryRun: options.dryRun === true,
  });
  const write = (call: Omit<ApiCall, 'query'>) => caller.call({ ...call, query: { fieldManager } });
  return {
    async get(id, options) {
      return readSecret(await caller.call({ verb: 'get', ...about(id, options) }));
    },
    async create(id, secret, options) {
      const { type = 'Opaque', data, labels, annotations } = secret;
      const metadata = { name: id.name, namespace: id.namespace, labels, annotations };
      const body = { apiVersion: 'v1', kind: 'Secret', metadata, type, data: encoded(data) };
      return readSecret(await write({ verb: 'create', ...about(id, options), body, secrets: hiddenOf(data) }));
    },
    async patch(id, { data, labels, annotations }, options) {
      const metadata = { resourceVersion: options.resourceVersion, labels, annotations };
      const body = { metadata, ...(data === undefined ? {} : { data: encoded(data) }) };
      const call = { verb: 'patch', ...about(id, options), headers: mergePatch, body } as const;
      return readSecret(await write({ ...call, secrets: hiddenOf(data ?? {}) }));
    },
    async delete(id, options) {
      const { resourceVersion, dryRun } = options;
      // If there is a body, the API server ignores `dryRun` in the query.
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { resourceVersion },
        ...(dryRun ? { dryRun: ['All'] } : {}),
      };
      await caller.call({ verb: 'delete', ...about(id, options), body });
    },
  };
}

function readSecret(object: Fields): Secret {
  return {
    ...readMetadata(object),
    type: textOf(object, 'type'),
    immutable: object['immutable'] === true,
    data: new Map(Object.entries(textsOf(object, 'data')).map(([field, value]) => [field, Buffer.from(value, 'base64')])),
    managers: managersOf(object),
  };
}

function managersOf(object: Fields): readonly string[] {
  const entries = listOf(fieldsOf(object, 'metadata'), 'managedFields');
  return [...new Set(entries.map((entry) => textOf(entry, 'manager')))].filter((name) => name !== '' && name !== fieldManager);
}

function encoded(data: Readonly<Record<string, string | Uint8Array | null>>): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    Object.entries(data).map(([field, value]) => [field, value === null ? null : Buffer.from(value).toString('base64')]),
  );
}

/** The values as they are sent (base64) and in plain text. */
function hiddenOf(data: Readonly<Record<string, string | Uint8Array | null>>): readonly string[] {
  return Object.values(data).flatMap((value) =>
    value === null ? [] : [Buffer.from(value).toString('base64'), Buffer.from(value).toString('utf8')],
  );
}
