import { visible } from '../escape.ts';
import { certificatesIn } from '../http/trust.ts';
import { type Entry, isFields } from './entry.ts';
import type { KubernetesWorld } from './world.ts';

/** The address of an API server, and how to secure the connection to it. */
export interface Cluster {
  /** An http or https URL with the path under which the API is. */
  readonly url: URL;
  /** PEM text of the CA certificates, one of which must have issued the server's certificate. */
  readonly caCertificates?: string;
  /** Whether the server's certificate is accepted without verification. */
  readonly skipSsl: boolean;
  /** The host name to expect in the server's certificate, if it is not that of the URL. */
  readonly serverName?: string;
  /** The proxy to use instead of those in the environment. The URL may hold a password. */
  readonly proxyUrl?: string;
  /** The cluster's configuration for credential plugins, unchanged. */
  readonly pluginConfig?: unknown;
}

const pluginExtension = 'client.authentication.k8s.io/exec';

/** @throws ConfigError when the entry cannot be used. */
export async function readCluster(entry: Entry, world: KubernetesWorld): Promise<Cluster> {
  const skipSsl = entry.flag('insecure-skip-tls-verify');
  const caCertificates = await entry.dataOrFile('certificate-authority', world);
  if (caCertificates !== undefined && skipSsl) {
    throw entry.error('has both CA certificates and insecure-skip-tls-verify', {
      hints: ['Remove one of them; kubectl refuses both together as well.'],
    });
  }
  if (caCertificates !== undefined && !(await holdsCertificate(caCertificates))) {
    throw entry.error('has a certificate-authority that holds no PEM certificate that can be read');
  }
  const serverName = entry.text('tls-server-name');
  const proxyUrl = proxyOf(entry);
  const pluginConfig = pluginConfigOf(entry);
  return {
    url: urlOf(entry, caCertificates !== undefined || skipSsl),
    skipSsl,
    ...(caCertificates === undefined ? {} : { caCertificates }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(pluginConfig === undefined ? {} : { pluginConfig }),
  };
}

async function holdsCertificate(pem: string): Promise<boolean> {
  const { X509Certificate } = await import('node:crypto');
  return certificatesIn(pem).some((certificate) => {
    try {
      return new X509Certificate(certificate) !== undefined;
    } catch {
      return false;
    }
  });
}

/** @param secure whether to use https for a server without a scheme. kubectl does so if the entry has TLS settings. */
function urlOf(entry: Entry, secure: boolean): URL {
  const server = entry.text('server');
  if (server === undefined) throw entry.error('has no server');
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(server) ? server : `${secure ? 'https' : 'http'}://${server}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw entry.error('has a server that is not an http or https URL');
  }
  return url;
}

function proxyOf(entry: Entry): string | undefined {
  const proxyUrl = entry.text('proxy-url');
  if (proxyUrl === undefined) return undefined;
  // The message leaves out the value, because it may hold a password.
  if (!URL.canParse(proxyUrl)) throw entry.error('has a proxy-url that is not a URL');
  const { protocol } = new URL(proxyUrl);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw entry.error(`has a proxy-url with the scheme ${visible(protocol.slice(0, -1))}, which is not supported`, {
      hints: ['Use a proxy with http:// or https://.'],
    });
  }
  return proxyUrl;
}

function pluginConfigOf(entry: Entry): unknown {
  const extension = entry.list('extensions').find((item) => item['name'] === pluginExtension);
  return isFields(extension) ? extension['extension'] : undefined;
}
