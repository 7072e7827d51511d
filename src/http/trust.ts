import type { SecureContext } from 'node:tls';
import { ConfigError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Trust {
  /** PEM text of the authorities to trust besides the public roots. */
  readonly caCertificates?: string;
  readonly skipSsl: boolean;
}

/** How both the server and an https proxy are verified. */
export interface TlsSettings {
  readonly secureContext?: SecureContext;
  readonly rejectUnauthorized: boolean;
}

function certificatesIn(pem: string): readonly string[] {
  return pem.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END [A-Z0-9 ]+-----/g) ?? [];
}

function withoutBlanks(pem: string): string {
  return pem.replace(/\s/g, '');
}

type Tls = typeof import('node:tls');

/**
 * TLS settings for one client.
 * @throws ConfigError when `caCertificates` holds no certificate that can be read.
 */
export async function tlsSettings({ caCertificates, skipSsl }: Trust, env: Environment): Promise<TlsSettings> {
  // Said even when true: otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 would switch verification off unseen.
  const rejectUnauthorized = !skipSsl;
  if (caCertificates === undefined || skipSsl) return { rejectUnauthorized };
  const own = certificatesIn(caCertificates);
  try {
    if (own.length === 0) throw new Error('no certificate found');
    const [tls, { X509Certificate }] = await Promise.all([import('node:tls'), import('node:crypto')]);
    // Damaged ones would only be passed over, and the server called unknown.
    for (const certificate of own) new X509Certificate(certificate);
    return { rejectUnauthorized, secureContext: (await added(tls, own, env)) ?? (await joined(tls, own, env)) };
  } catch (cause) {
    throw new ConfigError('The CA certificate data holds no readable PEM certificate.', {
      cause,
      hints: [
        'Check --ca-cert-path (STS_CA_CERT_PATH) or --ca-cert-base64-data (STS_CA_CERT_BASE64_DATA): PEM text is expected.',
      ],
    });
  }
}

// What makes Node trust the system's authorities, which are not in its list.
const systemAuthorities = ['NODE_USE_SYSTEM_CA', 'NODE_OPTIONS'];

/**
 * Node's built-in authorities with ours added. `ca` would replace them, and to join them by hand is to parse 150 certificates,
 * which takes a quarter of a short run. The method is Node's own but undocumented; it forgets the extra authorities of the environment.
 */
async function added(tls: Tls, own: readonly string[], env: Environment): Promise<SecureContext | undefined> {
  if (systemAuthorities.some((name) => env[name])) return undefined;
  const secureContext = tls.createSecureContext();
  const { context } = secureContext as { context?: { addCACert?: (pem: string) => void } };
  if (typeof context?.addCACert !== 'function') return undefined;
  for (const certificate of own) context.addCACert(certificate);
  const extra = await extraAuthorities(env);
  if (extra.length === 0) return secureContext;
  // Often this is the system's bundle, and to parse the same 150 certificates a second time takes 15 ms.
  const known = new Set(tls.rootCertificates.map(withoutBlanks));
  for (const certificate of extra.flatMap(certificatesIn)) {
    if (known.has(withoutBlanks(certificate))) continue;
    try {
      context.addCACert(certificate);
    } catch {
      // Node has warned about it already.
    }
  }
  return secureContext;
}

/** The same by documented means. */
async function joined(tls: Tls, own: readonly string[], env: Environment): Promise<SecureContext> {
  return tls.createSecureContext({ ca: [...(await defaultAuthorities(tls, env)), ...own] });
}

async function defaultAuthorities(tls: Tls, env: Environment): Promise<readonly string[]> {
  // From Node 22.15 on; knows the extra and, where enabled, the system's certificates as well.
  const newer = tls as { getCACertificates?: (type: 'default') => readonly string[] };
  if (newer.getCACertificates !== undefined) return newer.getCACertificates('default');
  return [...tls.rootCertificates, ...(await extraAuthorities(env))];
}

/** The PEM text of the file that `NODE_EXTRA_CA_CERTS` names; where it cannot be read, Node has warned already and goes on. */
async function extraAuthorities(env: Environment): Promise<readonly string[]> {
  const file = env['NODE_EXTRA_CA_CERTS'];
  if (!file) return [];
  const { readFile } = await import('node:fs/promises');
  return readFile(file, 'utf8').then(
    (text) => [text],
    () => [],
  );
}
