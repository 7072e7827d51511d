import type { Entry } from './entry.ts';

/** PEM text of a certificate, with those between it and its CA, and of its private key. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What a request is authenticated with; both, one of them or none. Never logged. */
export interface Credentials {
  /** Value of the `Authorization` header. */
  readonly authorization?: string;
  readonly clientCertificate?: ClientCertificate;
}

/** Where the credentials of requests come from. */
export interface CredentialSource {
  /** For messages: `user "admin" in /home/u/.kube/config`. */
  readonly description: string;
  /** What to do when the API server does not accept them. */
  readonly remedy: string;
  /** Whether `get` may give others than before. */
  readonly renewable: boolean;
  /**
   * The credentials for one request.
   * @param renew whether those given last are known to be refused.
   * @throws StsError when they cannot be had; the signal's reason.
   */
  get(renew: boolean, signal?: AbortSignal): Promise<Credentials>;
}

/**
 * The `Authorization` header for a bearer token; blanks at its ends are dropped.
 * @param key of the entry, for messages: `tokenFile`.
 * @throws ConfigError, without repeating the token, when it is empty or cannot stand in a header.
 */
export function bearer(token: string, entry: Entry, key: string): string {
  const value = token.trim();
  if (value === '') throw entry.error(`has an empty ${key}`);
  if (!/^[\x21-\x7e]+$/.test(value)) throw entry.error(`has a ${key} with a blank, a control or a non-ASCII character`);
  return `Bearer ${value}`;
}
