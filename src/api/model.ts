import type { Token } from '../config/model.ts';

/** An ingestion API key as the server lists it: everything but the secret. Ids and times are int64, so never numbers. */
export interface IngestionApiKey {
  readonly id: bigint;
  /** Milliseconds since the epoch. */
  readonly lastUpdateTimestamp: bigint;
  readonly name: string;
  readonly description?: string;
  /** Milliseconds since the epoch; absent: the key never expires. */
  readonly expiration?: bigint;
}

/** A key just created: the only time the server shows the secret. */
export interface IssuedIngestionApiKey extends IngestionApiKey {
  readonly apiKey: string;
  /** The server's clock (its `Date` header) when it responded, in milliseconds since the epoch. */
  readonly serverTime?: number;
}

export interface NewIngestionApiKey {
  readonly name: string;
  readonly description?: string;
  /** Milliseconds since the epoch. */
  readonly expiration?: bigint;
}

export interface KeyListing {
  readonly keys: readonly IngestionApiKey[];
  /** One sentence for each row the server sent that is no key; the good rows stand in `keys` all the same. */
  readonly rejected: readonly string[];
  /** The server's clock (its `Date` header) when it responded, in milliseconds since the epoch. */
  readonly serverTime?: number;
}

/** A service token as the server lists it: everything but the secret. */
export interface ServiceToken {
  readonly id: bigint;
  /** Milliseconds since the epoch; some platforms do not tell it. */
  readonly lastUpdateTimestamp?: bigint;
  readonly name: string;
  readonly description?: string;
  /** Milliseconds since the epoch; absent: the token never expires. */
  readonly expiration?: bigint;
  readonly roles: readonly string[];
  /** The subject that was made for this token alone, and that the server removes together with it. */
  readonly dedicatedSubject?: string;
}

/** A service token just created. The response carries no id: the list tells it. */
export interface IssuedServiceToken {
  readonly name: string;
  /** The secret, shown this once. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiration?: bigint;
  /** The server's clock (its `Date` header) when it responded, in milliseconds since the epoch. */
  readonly serverTime?: number;
}

export interface NewServiceToken {
  readonly name: string;
  readonly roles: readonly string[];
  /** Milliseconds since the epoch; sent as `expiryDate`. */
  readonly expiration?: bigint;
  readonly dedicatedSubject?: string;
}

export interface TokenListing {
  readonly tokens: readonly ServiceToken[];
  /** One sentence for each row the server sent that is no token; the good rows stand in `tokens` all the same. */
  readonly rejected: readonly string[];
  /** The server's clock (its `Date` header) when it responded, in milliseconds since the epoch. */
  readonly serverTime?: number;
}

/** What the server says of a service token: `unverifiable` where it has nothing that could tell. */
export type TokenVerdict = 'valid' | 'invalid' | 'unverifiable';

export interface ServerInfo {
  readonly version: {
    readonly major: number;
    readonly minor: number;
    readonly patch: number;
    readonly diff: string;
    readonly commit: string;
    readonly isDev: boolean;
  };
  readonly deploymentMode: string;
  readonly platformVersion?: string;
}

export interface CallOptions {
  /** Gives the request up when aborted; the abort's reason is thrown. A create or delete that was sent is not given up: how it ends must be known. */
  readonly signal?: AbortSignal;
}

export interface ServerResource {
  /** `GET /server/info` */
  info(call?: CallOptions): Promise<ServerInfo>;
}

/** Ingestion API keys. */
export interface KeyResource {
  /** `GET /security/ingestion/api_keys` */
  list(call?: CallOptions): Promise<KeyListing>;
  /**
   * `POST /security/ingestion/api_keys`, at most once.
   * @throws OutcomeUnknownError when the request may have reached the server and no response says what it did.
   */
  create(key: NewIngestionApiKey, call?: CallOptions): Promise<IssuedIngestionApiKey>;
  /**
   * `DELETE /security/ingestion/api_keys/{id}`
   * @throws NotFoundError when the server has no such key (exit 8): after a 404 the list of keys is asked as well.
   */
  delete(id: bigint, call?: CallOptions): Promise<void>;
  /** `POST /security/ingestion/authorize?withReceiverKey=`: true on 204, false on 403 (where that is no web page). */
  authorize(apiKey: string, call?: CallOptions & { readonly withReceiverKey?: boolean }): Promise<boolean>;
}

/** Service tokens. */
export interface TokenResource {
  /** `GET /security/tokens` */
  list(call?: CallOptions): Promise<TokenListing>;
  /**
   * `POST /security/tokens`, at most once. The response has no id.
   * @throws OutcomeUnknownError when the request may have reached the server and no response says what it did.
   */
  create(token: NewServiceToken, call?: CallOptions): Promise<IssuedServiceToken>;
  /**
   * `DELETE /security/tokens/{id}`
   * @throws NotFoundError when the server has no such token (exit 8): after a 404 the list of tokens is asked as well.
   */
  delete(id: bigint, call?: CallOptions): Promise<void>;
  /**
   * Whether a service token is accepted: `GET /server/info` with it, then the receiver's `GET /receiver/stsAgent/api/v1/validate`,
   * where there is one. The client's own token is not sent.
   */
  validate(token: string, call?: CallOptions): Promise<TokenVerdict>;
}

/** What StackState can do, by resource. Every method sends one request unless it says otherwise; a GET is repeated on trouble. */
export interface StackStateApi {
  readonly server: ServerResource;
  readonly keys: KeyResource;
  readonly tokens: TokenResource;
  /** From now on requests carry this token: for a command that replaces the very token it is authenticated with. */
  useToken(token: Token): void;
  /** Closes every connection, so that the process can end. */
  close(): Promise<void>;
}
