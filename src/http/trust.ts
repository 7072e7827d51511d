import type { SecureContext } from 'node:tls';
import { ConfigError } from '../errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Trust {
  /** PEM text of the CA certificates to trust besides those of Node and of the system; intermediate ones and a server's own will do. */
  readonly caCertificates?: string;
  /** Trusts no CA certificates but `caCertificates`, as a program does that was given those of one server; default false. */
  readonly onlyGiven?: boolean;
  /** Takes any certificate. */
  readonly skipSsl: boolean;
  /** PEM texts to show to a server that asks who connects. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** The name to expect in the server's certificate, where it is not that of the URL. */
  readonly serverName?: string;
}

/** The trusted CA certificates. It starts with those that are cheap to read and is widened while they are not enough. */
export interface TrustStore {
  /** The context to connect with now; undefined for Node's defaults. */
  readonly current: SecureContext | undefined;
  readonly rejectUnauthorized: boolean;
  /** Reads more CA certificates. @returns whether there were any; `current` trusts them then. */
  widen(): Promise<boolean>;
}

/**
 * The CA certificates that are trusted for several connections of one run, each set read once: with those of the system's store that takes
 * as long as all the rest of a renewal.
 */
export class TrustStores {
  readonly #stores = new Map<string, Promise<TrustStore>>();

  /** As `openTrust`; what concerns the environment is the same for all. */
  open(trust: Trust, env: Environment, warn: (line: string) => void): Promise<TrustStore> {
    const { caCertificates, onlyGiven = false, skipSsl, clientCertificate } = trust;
    const key = JSON.stringify([caCertificates, onlyGiven, skipSsl, clientCertificate?.cert, clientCertificate?.key]);
    const known = this.#stores.get(key) ?? openTrust(trust, env, warn);
    this.#stores.set(key, known);
    return known;
  }
}

/**
 * Reads only the given certificates: parsing Node's own roots, some 150, takes a quarter of a short run.
 * @param warn takes a sentence about a certificate that is left out.
 * @throws ConfigError when `caCertificates` holds no certificate that can be read, or the client's own cannot be used.
 */
export async function openTrust(trust: Trust, env: Environment, warn: (line: string) => void): Promise<TrustStore> {
  const { caCertificates, skipSsl, clientCertificate } = trust;
  // Given even when true: otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 would switch verification off.
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
      hints: ['Both are PEM texts, the key without a passphrase, and belong together.'],
    });
  }
}

/** The certificates in PEM text, each as a text of its own. */
export function certificatesIn(pem: string): readonly string[] {
  return pem.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [A-Z0-9 ]+-----/g) ?? [];
}

/** The certificates that can be read. OpenSSL skips a damaged one silently, and the server would then be reported as not trusted. */
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
