import type { SecureContext } from 'node:tls';
import { ConfigError } from '../errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Trust {
  /**
   * PEM text of the CA certificates to trust in addition to those of Node and the system. An intermediate certificate or the server's own
   * certificate is accepted, too.
   */
  readonly caCertificates?: string;
  /** Whether to trust only `caCertificates`; default false. */
  readonly onlyGiven?: boolean;
  /** Whether to accept any certificate. */
  readonly skipSsl: boolean;
  /** PEM texts of the client certificate and its key, for a server that asks for one. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** The name to expect in the server's certificate, if it is not the host name of the URL. */
  readonly serverName?: string;
}

/** The trusted CA certificates. The store starts with those that are cheap to read, and is widened as long as they are not enough. */
export interface TrustStore {
  /** The context for the next connection; undefined for Node's defaults. */
  readonly current: SecureContext | undefined;
  readonly rejectUnauthorized: boolean;
  /** Reads more CA certificates into `current`. @returns whether there were any. */
  widen(): Promise<boolean>;
}

/**
 * The trust stores that several connections of one run share. Each set of CA certificates is read only once, because reading those of the
 * system's store takes as long as the rest of a renewal.
 */
export class TrustStores {
  readonly #stores = new Map<string, Promise<TrustStore>>();

  /** As `openTrust`. All calls must have the same environment. */
  open(trust: Trust, env: Environment, warn: (line: string) => void): Promise<TrustStore> {
    const { caCertificates, onlyGiven = false, skipSsl, clientCertificate } = trust;
    const key = JSON.stringify([caCertificates, onlyGiven, skipSsl, clientCertificate?.cert, clientCertificate?.key]);
    const known = this.#stores.get(key) ?? openTrust(trust, env, warn);
    this.#stores.set(key, known);
    return known;
  }
}

/**
 * Opens the store with the given certificates alone, because parsing Node's roots, about 150, takes a quarter of a short run.
 * @param warn receives a sentence about certificates that are left out.
 * @throws ConfigError when `caCertificates` holds no readable certificate, or the client certificate cannot be used.
 */
export async function openTrust(trust: Trust, env: Environment, warn: (line: string) => void): Promise<TrustStore> {
  const { caCertificates, skipSsl, clientCertificate } = trust;
  // Passed even if true. Otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 would switch off the verification.
  const rejectUnauthorized = !skipSsl;
  const own = caCertificates === undefined || skipSsl ? [] : await readable(certificatesIn(caCertificates), warn);
  let current = await firstContext(own, clientCertificate);
  let wider: AsyncIterator<SecureContext> | undefined;
  return {
    get current() {
      return current;
    },
    rejectUnauthorized,
    async widen() {
      if (skipSsl || (trust.onlyGiven && own.length > 0)) return false;
      const { widerContexts } = await import('./trust-sources.ts');
      wider ??= widerContexts(own, clientCertificate ?? {}, env);
      const { value, done } = await wider.next();
      if (!done) current = value;
      return !done;
    },
  };
}

async function firstContext(own: readonly string[], client: Trust['clientCertificate']): Promise<SecureContext | undefined> {
  if (own.length === 0 && client === undefined) return undefined;
  const { createSecureContext } = await import('node:tls');
  try {
    return createSecureContext({ ...client, ...(own.length === 0 ? {} : { ca: [...own], allowPartialTrustChain: true }) });
  } catch (cause) {
    throw new ConfigError('The client certificate and its key cannot be used together.', {
      cause,
      hints: ['Both must be PEM texts and belong together. The key must have no passphrase.'],
    });
  }
}

/** The certificates in a PEM text, each as a separate text. */
export function certificatesIn(pem: string): readonly string[] {
  return pem.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [A-Z0-9 ]+-----/g) ?? [];
}

/**
 * Keeps the certificates that can be read and warns about the others. OpenSSL would skip a damaged one silently, and the user would only
 * see that the server is not trusted.
 */
async function readable(certificates: readonly string[], warn: (line: string) => void): Promise<string[]> {
  const { X509Certificate } = await import('node:crypto');
  const damaged: number[] = [];
  let cause: unknown;
  const good = certificates.filter((certificate, index) => {
    try {
      return new X509Certificate(certificate);
    } catch (error) {
      cause = error;
      damaged.push(index + 1);
      return false;
    }
  });
  if (good.length === 0) {
    throw new ConfigError('The CA certificate data holds no readable PEM certificate.', {
      cause,
      hints: [
        'Check --ca-cert-path (STS_CA_CERT_PATH) or --ca-cert-base64-data (STS_CA_CERT_BASE64_DATA): PEM text is expected.',
      ],
    });
  }
  if (damaged.length > 0) {
    const which = damaged.length === 1 ? `Certificate ${damaged[0]}` : `Certificates ${damaged.join(', ')}`;
    warn(
      `${which} of the ${certificates.length} CA certificates given cannot be read and ${damaged.length === 1 ? 'is' : 'are'} left out.`,
    );
  }
  return good;
}
