import type { SecureContext } from 'node:tls';
import { certificatesIn, type Environment, type Trust } from './trust.ts';

type Tls = typeof import('node:tls');
type ClientCertificate = NonNullable<Trust['clientCertificate']> | Record<string, never>;

/** The files in which systems keep the CA certificates that they trust. Go looks in the same places. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/etc/ssl/cert.pem',
];
/** The folders of systems that keep each certificate in its own file. */
const folders = ['/etc/ssl/certs', '/etc/pki/tls/certs'];

const largestFile = 4 * 1024 * 1024;

/**
 * Yields contexts that trust more and more certificates: Node's roots and `NODE_EXTRA_CA_CERTS`, then `SSL_CERT_FILE`, `SSL_CERT_DIR` and
 * the system's store, then the system's folders. A source without new certificates is skipped.
 * @param own the given CA certificates, which are already in use. If there are none, Node's roots are already in use.
 */
export async function* widerContexts(
  own: readonly string[],
  client: ClientCertificate,
  env: Environment,
): AsyncGenerator<SecureContext, undefined> {
  const tls = await import('node:tls');
  const known = new Set(tls.rootCertificates.map(withoutBlanks));
  const added: string[] = [];
  const add = (texts: readonly string[]): boolean => {
    const before = added.length;
    for (const certificate of texts.flatMap(certificatesIn)) {
      const bare = withoutBlanks(certificate);
      if (known.has(bare)) continue;
      known.add(bare);
      added.push(certificate);
    }
    return added.length > before;
  };
  add(own);
  add(await configuredForNode(tls, env));
  if (own.length > 0) yield contextWith(tls, added, client);
  if (add([...(await namedByEnvironment(env)), ...(await systemStore(tls))])) yield contextWith(tls, added, client);
  if (add((await Promise.all(folders.map(filesIn))).flat())) yield contextWith(tls, added, client);
  return undefined;
}

/**
 * Makes a context with Node's roots and more certificates. The option `ca` would replace the roots, and passing the roots in it would parse
 * them again. So `addCACert` is used, an undocumented method of Node. If it is missing, the roots are passed and parsed.
 */
function contextWith(tls: Tls, certificates: readonly string[], client: ClientCertificate): SecureContext {
  const options = { ...client, allowPartialTrustChain: true };
  const secureContext = tls.createSecureContext(options);
  const { context } = secureContext as { context?: { addCACert?: (pem: string) => void } };
  if (typeof context?.addCACert !== 'function') {
    return tls.createSecureContext({ ...options, ca: [...tls.rootCertificates, ...certificates] });
  }
  for (const certificate of certificates) {
    try {
      context.addCACert(certificate);
    } catch {
      // A damaged certificate of the system is skipped. The given ones were checked before.
    }
  }
  return secureContext;
}

/** The certificates that Node is configured to trust in addition to its roots. `addCACert` would drop them from the context. */
async function configuredForNode(tls: Tls, env: Environment): Promise<readonly string[]> {
  // Node has this function from 22.15 on. The result includes the system's certificates if Node is configured to use them.
  const newer = tls as { getCACertificates?: (type: 'default') => readonly string[] };
  if (newer.getCACertificates !== undefined) return newer.getCACertificates('default');
  const file = env['NODE_EXTRA_CA_CERTS'];
  return file ? textOf(file) : [];
}

async function namedByEnvironment(env: Environment): Promise<readonly string[]> {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: list } = env;
  const { delimiter } = await import('node:path');
  const named = (list ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...(file ? await textOf(file) : []), ...(await Promise.all(named.map(filesIn))).flat()];
}

async function systemStore(tls: Tls): Promise<readonly string[]> {
  for (const bundle of bundles) {
    const text = await textOf(bundle);
    if (text.length > 0) return text;
  }
  // From Node 22.15 on, this gives the certificates of the macOS keychain and the Windows store.
  const newer = tls as { getCACertificates?: (type: 'system') => readonly string[] };
  try {
    return newer.getCACertificates?.('system') ?? [];
  } catch {
    return [];
  }
}

/** The text of a file as a list of one; empty if it cannot be read. */
async function textOf(path: string): Promise<readonly string[]> {
  const { default: fs } = await import('node:fs/promises');
  try {
    const status = await fs.stat(path);
    // Only regular files are read: reading a pipe could wait for ever.
    return status.isFile() && status.size <= largestFile ? [await fs.readFile(path, 'utf8')] : [];
  } catch {
    return [];
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const [{ default: fs }, { join }] = await Promise.all([import('node:fs/promises'), import('node:path')]);
  const names = await fs.readdir(folder).catch(() => []);
  return (await Promise.all(names.map((name) => textOf(join(folder, name))))).flat();
}

function withoutBlanks(pem: string): string {
  return pem.replace(/\s/g, '');
}
