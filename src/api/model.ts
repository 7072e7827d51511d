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
  /** The server's clock (its `Date` header) when it answered, in milliseconds since the epoch. */
  readonly serverTime?: number;
}

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

/** What StackState can do with ingestion API keys. Every method sends one request, a GET is repeated on trouble. */
export interface StackStateApi {
  /** `GET /server/info` */
  serverInfo(options?: CallOptions): Promise<ServerInfo>;
  /** `GET /security/ingestion/api_keys` */
  listKeys(options?: CallOptions): Promise<KeyListing>;
  /**
   * `POST /security/ingestion/api_keys`, at most once.
   * @throws OutcomeUnknownError (api/errors.ts) when the request may have reached the server and no answer says what it did.
   */
  createKey(key: NewIngestionApiKey, options?: CallOptions): Promise<IssuedIngestionApiKey>;
  /**
   * `DELETE /security/ingestion/api_keys/{id}`
   * @throws NotFoundError when the server has no such key (exit 8): after a 404 the list of keys is asked as well.
   */
  deleteKey(id: bigint, options?: CallOptions): Promise<void>;
  /** `POST /security/ingestion/authorize?withReceiverKey=`: true on 204, false on 403 (where that is no web page). */
  authorize(apiKey: string, options?: CallOptions & { readonly withReceiverKey?: boolean }): Promise<boolean>;
  /** Closes every connection, so that the process can end. */
  close(): Promise<void>;
}
