import { randomBytes } from 'node:crypto';

/** A key as the server stores it. Ids and times are int64. Times are milliseconds since the epoch. */
export interface StoredKey {
  readonly id: bigint;
  readonly lastUpdateTimestamp: bigint;
  readonly name: string;
  readonly description?: string;
  readonly expiration?: bigint;
  readonly apiKey: string;
}

export interface NewKey {
  readonly name: string;
  readonly description?: string | undefined;
  readonly expiration?: bigint | undefined;
}

export interface KeyStoreOptions {
  /** The current time in milliseconds since the epoch; default: the real clock. */
  readonly now?: () => number;
  /** The id of the first key. The following ids count up, or down once the largest int64 is reached. */
  readonly firstId?: bigint;
  /** Whether a second key with the same name is allowed; default `allow`. */
  readonly duplicateNames?: 'allow' | 'refuse';
}

export type CreateResult =
  | { readonly outcome: 'created'; readonly key: StoredKey }
  | { readonly outcome: 'invalid-expiry'; readonly message: string }
  | { readonly outcome: 'duplicate-name'; readonly message: string };

export const largestId = 9_223_372_036_854_775_807n;
const defaultFirstId = 250_558_013_078_953n;

/** The keys of one StackState, in memory. */
export class KeyStore {
  /** Every key that ever existed here, deleted ones included, oldest first. */
  readonly history: StoredKey[] = [];
  readonly now: () => number;
  readonly #keys = new Map<bigint, StoredKey>();
  readonly #duplicateNames: 'allow' | 'refuse';
  readonly #step: bigint;
  #nextId: bigint;

  constructor(options: KeyStoreOptions = {}) {
    this.now = options.now ?? Date.now;
    this.#duplicateNames = options.duplicateNames ?? 'allow';
    this.#nextId = options.firstId ?? defaultFirstId;
    this.#step = this.#nextId > largestId - 1_000_000n ? -1n : 1n;
  }

  /** Creates a key as the API does. The expiration must lie in the future, and the name may have to be unused. */
  create(wanted: NewKey): CreateResult {
    if (wanted.expiration !== undefined && wanted.expiration <= BigInt(this.now())) {
      return { outcome: 'invalid-expiry', message: 'Expiration date must be in the future.' };
    }
    if (this.#duplicateNames === 'refuse' && this.byName(wanted.name).length > 0) {
      return { outcome: 'duplicate-name', message: `An ingestion API key named '${wanted.name}' already exists.` };
    }
    return { outcome: 'created', key: this.seed(wanted) };
  }

  /** Adds a key without the rules of `create`. Missing fields are generated. */
  seed(wanted: NewKey & { readonly id?: bigint; readonly lastUpdateTimestamp?: bigint; readonly apiKey?: string }): StoredKey {
    const key: StoredKey = {
      id: wanted.id ?? this.#takeId(),
      lastUpdateTimestamp: wanted.lastUpdateTimestamp ?? BigInt(this.now()),
      name: wanted.name,
      ...(wanted.description === undefined ? {} : { description: wanted.description }),
      ...(wanted.expiration === undefined ? {} : { expiration: wanted.expiration }),
      apiKey: wanted.apiKey ?? `iapikeyok-${randomBytes(24).toString('base64url')}`,
    };
    this.#keys.set(key.id, key);
    this.history.push(key);
    return key;
  }

  /** All keys that are not deleted, expired ones included, in order of creation. */
  list(): readonly StoredKey[] {
    return [...this.#keys.values()];
  }

  byName(name: string): readonly StoredKey[] {
    return this.list().filter((key) => key.name === name);
  }

  /** Deletes a key. @returns false if there is no such key. */
  delete(id: bigint): boolean {
    return this.#keys.delete(id);
  }

  /** Whether data with this key is accepted: the key exists and has not expired. */
  isLive(apiKey: string): boolean {
    const key = this.list().find((candidate) => candidate.apiKey === apiKey);
    return key !== undefined && (key.expiration === undefined || key.expiration > BigInt(this.now()));
  }

  #takeId(): bigint {
    while (this.#keys.has(this.#nextId)) this.#nextId += this.#step;
    const id = this.#nextId;
    this.#nextId += this.#step;
    return id;
  }
}
