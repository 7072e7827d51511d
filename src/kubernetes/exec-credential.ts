import { visible } from '../escape.ts';
import type { Cluster } from './cluster.ts';
import { bearer, type Credentials } from './credentials.ts';
import { type Entry, type Fields, isFields } from './entry.ts';

/** Credentials from a plugin, and how long they are valid. */
export interface PluginCredentials {
  readonly credentials: Credentials;
  /** Milliseconds since the epoch; undefined if the credentials do not expire. */
  readonly expiresAt: number | undefined;
}

/** The value of `KUBERNETES_EXEC_INFO`. @param cluster undefined if the plugin does not get cluster information. */
export function execInfo(apiVersion: string, interactive: boolean, cluster: Cluster | undefined): string {
  return JSON.stringify({
    kind: 'ExecCredential',
    apiVersion,
    spec: { ...(cluster === undefined ? {} : { cluster: clusterInfo(cluster) }), interactive },
  });
}

function clusterInfo({ url, serverName, skipSsl, caCertificates, proxyUrl, pluginConfig }: Cluster): Fields {
  return {
    server: url.href.replace(/\/$/, ''),
    ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
    ...(skipSsl ? { 'insecure-skip-tls-verify': true } : {}),
    ...(caCertificates === undefined ? {} : { 'certificate-authority-data': Buffer.from(caCertificates).toString('base64') }),
    ...(proxyUrl === undefined ? {} : { 'proxy-url': proxyUrl }),
    ...(pluginConfig === undefined ? {} : { config: pluginConfig }),
  };
}

/**
 * Reads the stdout of a plugin: an `ExecCredential` of the requested version.
 * @param entry the entry that names the plugin, for errors. They never repeat a value.
 * @throws ConfigError when the output cannot be used.
 */
export function readExecCredential(stdout: string, apiVersion: string, entry: Entry): PluginCredentials {
  const said = parse(stdout);
  if (said === undefined || said['kind'] !== 'ExecCredential') {
    throw entry.error('has a credential plugin whose output is not an ExecCredential in JSON');
  }
  if (said['apiVersion'] !== apiVersion) {
    const found = typeof said['apiVersion'] === 'string' ? visible(said['apiVersion'].slice(0, 100)) : 'no version';
    throw entry.error(`has a credential plugin that was asked for ${apiVersion} but gave ${found}`, {
      hints: ['Set the apiVersion that the plugin gives in the exec section, or update the plugin.'],
    });
  }
  const status = entry.of(fieldsOf(said['status']));
  const token = status.text('token');
  const [cert, key] = [status.text('clientCertificateData'), status.text('clientKeyData')];
  if (token === undefined && cert === undefined && key === undefined) {
    throw entry.error('has a credential plugin that gave neither a token nor a client certificate');
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw entry.error('has a credential plugin that gave only one half of a client certificate and its key');
  }
  return {
    credentials: {
      ...(token === undefined ? {} : { authorization: bearer(token, entry, 'token from its credential plugin') }),
      ...(cert === undefined || key === undefined ? {} : { clientCertificate: { cert, key } }),
    },
    expiresAt: timeOf(status),
  };
}

function parse(stdout: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(stdout);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function timeOf(status: Entry): number | undefined {
  const text = status.text('expirationTimestamp');
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw status.error('has a credential plugin that gave an expirationTimestamp that is not a time');
  return time;
}
