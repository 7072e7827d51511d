import type { Entry } from './entry.ts';

/** PEM texts of a certificate (with its intermediate certificates) and of its private key. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The credentials of a request: a header, a certificate, both or none. Never logged. */
export interface Credentials {
  /** Value of the `Authorization` header. */
  readonly authorization?: string;
  readonly clientCertificate?: ClientCertificate;
}

/** A source of credentials for requests. */
export interface CredentialSource {
  /** For messages: `user "admin" in /home/u/.kube/config`. */
  readonly description: string;
  /** What to do if the API server does not accept the credentials. */
  readonly remedy: string;
  /** Whether `get` may give different credentials than before. */
  readonly renewable: boolean;
  /**
   * The credentials for one request.
   * @param renew whether the API server has refused the last credentials.
   * @throws StsError when there are none to be had; the signal's reason.
   */
  get(renew: boolean, signal?: AbortSignal): Promise<Credentials>;
}

/**
 * The `Authorization` header for a bearer token. Blanks at its ends are dropped.
 * @param key the key of the entry, for messages: `tokenFile`.
 * @throws ConfigError when the token is empty or cannot be sent in a header. The message does not repeat the token.
 */
export function bearer(token: string, entry: Entry, key: string): string {
  const value = token.trim();
  if (value === '') throw entry.error(`has an empty ${key}`);
  if (!/^[\x21-\x7e]+$/.test(value)) throw entry.error(`has a ${key} with a blank, a control or a non-ASCII character`);
  return `Bearer ${value}`;
}
