import { randomBytes } from 'node:crypto';

/** A service token as the server stores it. Ids and times are int64. Times are milliseconds since the epoch. */
export interface StoredToken {
  readonly id: bigint;
  readonly lastUpdateTimestamp: bigint;
  readonly name: string;
  readonly description?: string;
  readonly expiration?: bigint;
  readonly roles: readonly string[];
  readonly dedicatedSubject?: string;
  readonly token: string;
}

export interface NewToken {
  readonly name: string;
  readonly roles: readonly string[];
  readonly expiration?: bigint | undefined;
  readonly dedicatedSubject?: string | undefined;
}

export interface TokenStoreOptions {
  /** The current time in milliseconds since the epoch; default: the real clock. */
  readonly now?: () => number;
  /** The id of the first service token. The following ids count up. */
  readonly firstTokenId?: bigint;
  /** The roles with their permissions; default `defaultRoles`. A token with any other role is refused. */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /** Whether a token may name a dedicated subject that was created for another one; default `share`. */
  readonly takenSubjects?: 'share' | 'refuse';
}

export type CreateTokenResult =
  | { readonly outcome: 'created'; readonly token: StoredToken }
  | { readonly outcome: 'invalid-expiry' | 'unknown-role' | 'subject-taken'; readonly message: string };

const defaultRoles: Readonly<Record<string, readonly string[]>> = {
  'stackstate-admin': ['manage-service-tokens', 'manage-ingestion-api-keys', 'update-metrics'],
  'stackstate-power-user': [],
  'stackstate-guest': [],
  // The roles for agents and collectors in the platform's charts.
  'stackstate-ingest-telemetry': ['update-metrics'],
  'suse-observability-ingest-all': ['update-metrics', 'update-permissions', 'update-scoped-permissions'],
  ingestion: ['update-metrics'],
};

const defaultFirstId = 271_730_201_945_117n;

/** The service tokens of one StackState, in memory, and the subjects that were created for them. */
export class TokenStore {
  /** Every token that ever existed here, deleted ones included, oldest first. */
  readonly history: StoredToken[] = [];
  readonly now: () => number;
  readonly roles: Map<string, readonly string[]>;
  readonly #tokens = new Map<bigint, StoredToken>();
  /** The dedicated subjects. Deleting one of the tokens also deletes its subject. */
  readonly #subjects = new Set<string>();
  readonly #takenSubjects: 'share' | 'refuse';
  #nextId: bigint;

  constructor(options: TokenStoreOptions = {}) {
    this.now = options.now ?? Date.now;
    this.roles = new Map(Object.entries(options.roles ?? defaultRoles));
    this.#takenSubjects = options.takenSubjects ?? 'share';
    this.#nextId = options.firstTokenId ?? defaultFirstId;
  }

  /** Creates a token as the API does. Its roles must exist, and its expiration must lie in the future. */
  create(wanted: NewToken): CreateTokenResult {
    if (wanted.expiration !== undefined && wanted.expiration <= BigInt(this.now())) {
      return { outcome: 'invalid-expiry', message: 'Expiration date must be in the future.' };
    }
    const unknown = wanted.roles.find((role) => !this.roles.has(role));
    if (unknown !== undefined) return { outcome: 'unknown-role', message: `Role '${unknown}' does not exist.` };
    const { dedicatedSubject: subject } = wanted;
    if (this.#takenSubjects === 'refuse' && subject !== undefined && this.#subjects.has(subject)) {
      return { outcome: 'subject-taken', message: `Subject '${subject}' already exists.` };
    }
    return { outcome: 'created', token: this.seed(wanted) };
  }

  /** Adds a token without the rules of `create`. Missing fields are generated. */
  seed(wanted: NewToken & Partial<Pick<StoredToken, 'id' | 'lastUpdateTimestamp' | 'description' | 'token'>>): StoredToken {
    const token: StoredToken = {
      id: wanted.id ?? this.#takeId(),
      lastUpdateTimestamp: wanted.lastUpdateTimestamp ?? BigInt(this.now()),
      name: wanted.name,
      ...(wanted.description === undefined ? {} : { description: wanted.description }),
      ...(wanted.expiration === undefined ? {} : { expiration: wanted.expiration }),
      roles: [...wanted.roles],
      ...(wanted.dedicatedSubject === undefined ? {} : { dedicatedSubject: wanted.dedicatedSubject }),
      token: wanted.token ?? `svctok-${randomBytes(24).toString('base64url')}`,
    };
    if (token.dedicatedSubject !== undefined) this.#subjects.add(token.dedicatedSubject);
    this.#tokens.set(token.id, token);
    this.history.push(token);
    return token;
  }

  /** All tokens that are not deleted, expired ones included, in order of creation. */
  list(): readonly StoredToken[] {
    return [...this.#tokens.values()];
  }

  /** Deletes a token and its dedicated subject, even if other tokens use the subject. @returns false if there is no such token. */
  delete(id: bigint): boolean {
    const subject = this.#tokens.get(id)?.dedicatedSubject;
    if (subject !== undefined) this.#subjects.delete(subject);
    return this.#tokens.delete(id);
  }

  hasSubject(name: string): boolean {
    return this.#subjects.has(name);
  }

  /** The accepted token with this value: it exists, has not expired, and its subject still exists. */
  live(value: string): StoredToken | undefined {
    const token = this.list().find((candidate) => candidate.token === value);
    if (token === undefined || (token.expiration !== undefined && token.expiration <= BigInt(this.now()))) return undefined;
    return token.dedicatedSubject === undefined || this.hasSubject(token.dedicatedSubject) ? token : undefined;
  }

  /** The permissions of a token's roles. */
  permissionsOf({ roles }: StoredToken): readonly string[] {
    return roles.flatMap((role) => this.roles.get(role) ?? []);
  }

  #takeId(): bigint {
    while (this.#tokens.has(this.#nextId)) this.#nextId += 1n;
    const id = this.#nextId;
    this.#nextId += 1n;
    return id;
  }
}
