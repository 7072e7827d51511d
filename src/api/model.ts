import type { Token } from '../config/model.ts';

/** An ingestion API key as the server lists it, without the secret. Ids and times are int64, so they are never numbers. */
export interface IngestionApiKey {
  readonly id: bigint;
  /** Milliseconds since the epoch. */
  readonly lastUpdateTimestamp: bigint;
  readonly name: string;
  readonly description?: string;
  /** Milliseconds since the epoch; absent if the key never expires. */
  readonly expiration?: bigint;
}

/** A new key. The server shows the secret only this once. */
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
  /** One sentence for each row that is not a key. The valid rows are in `keys` all the same. */
  readonly rejected: readonly string[];
  /** The server's clock (its `Date` header) when it responded, in milliseconds since the epoch. */
  readonly serverTime?: number;
}

/** A service token as the server lists it, without the secret. */
export interface ServiceToken {
  readonly id: bigint;
  /** Milliseconds since the epoch. Some platforms leave it out. */
  readonly lastUpdateTimestamp?: bigint;
  readonly name: string;
  readonly description?: string;
  /** Milliseconds since the epoch; absent if the token never expires. */
  readonly expiration?: bigint;
  readonly roles: readonly string[];
  /** The subject that was created only for this token. The server removes it together with the token. */
  readonly dedicatedSubject?: string;
}

/** A new service token. The response has no id; only the list tells it. */
export interface IssuedServiceToken {
  readonly name: string;
  /** The secret, which the server shows only this once. */
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
  /** One sentence for each row that is not a token. The valid rows are in `tokens` all the same. */
  readonly rejected: readonly string[];
  /** The server's clock (its `Date` header) when it responded, in milliseconds since the epoch. */
  readonly serverTime?: number;
}

/** What the server says about a service token. `unverifiable` means that the server has no way to check it. */
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
  /**
   * Cancels the request when aborted; the reason of the abort is thrown. A create or delete is not cancelled once it was sent, because its
   * outcome must be known.
   */
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
   * @throws NotFoundError when the server has no such key (exit 8). After a 404 the list of keys is requested to confirm that.
   */
  delete(id: bigint, call?: CallOptions): Promise<void>;
  /** `POST /security/ingestion/authorize?withReceiverKey=`: true on 204, false on 403 (unless the 403 is a web page). */
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
   * @throws NotFoundError when the server has no such token (exit 8). After a 404 the list of tokens is requested to confirm that.
   */
  delete(id: bigint, call?: CallOptions): Promise<void>;
  /**
   * Whether a service token is accepted: `GET /server/info` with it, then the receiver's `GET /receiver/stsAgent/api/v1/validate`, if the
   * platform has a receiver. The client's own token is not sent.
   */
  validate(token: string, call?: CallOptions): Promise<TokenVerdict>;
}

/**
 * The StackState API by resource. Every method sends one request unless its comment says otherwise. A GET is repeated after a temporary
 * failure.
 */
export interface StackStateApi {
  readonly server: ServerResource;
  readonly keys: KeyResource;
  readonly tokens: TokenResource;
  /** Makes all further requests carry this token. For a command that replaces the token with which it is authenticated. */
  useToken(token: Token): void;
  /** Closes every connection, so that the process can end. */
  close(): Promise<void>;
}
