import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** Where a cluster is, and whom to trust. */
export interface Reachable {
  readonly url: string;
  /** Empty without TLS. */
  readonly caPem: string;
}

export interface KubeconfigOptions {
  /** Of the cluster, the user and the context; default `test`. */
  readonly name?: string;
  /** Default namespace of the context; default none. */
  readonly namespace?: string;
  /** The user's credentials as a kubeconfig has them: `token`, `tokenFile`, `client-certificate-data`, `exec` ... */
  readonly user: Readonly<Record<string, unknown>>;
  /** More members of the cluster: `tls-server-name`, `proxy-url`, `insecure-skip-tls-verify`. An undefined one takes the member out. */
  readonly cluster?: Readonly<Record<string, unknown>>;
}

/** A kubeconfig, as YAML, that leads to a cluster, by default over its CA certificate as data. */
export function kubeconfigText({ url, caPem }: Reachable, options: KubeconfigOptions): string {
  const name = options.name ?? 'test';
  const trust = caPem === '' ? {} : { 'certificate-authority-data': base64(caPem) };
  const cluster = Object.entries({ server: url, ...trust, ...options.cluster }).filter(([, value]) => value !== undefined);
  const namespace = options.namespace === undefined ? {} : { namespace: options.namespace };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: Object.fromEntries(cluster) }],
    users: [{ name, user: options.user }],
    contexts: [{ name, context: { cluster: name, user: name, ...namespace } }],
    'current-context': name,
  });
}

/** Writes a kubeconfig into a folder, readable by its owner alone; gives its path. */
export function writeKubeconfig(folder: string, cluster: Reachable, options: KubeconfigOptions): string {
  const path = join(folder, 'kubeconfig.yaml');
  writeFileSync(path, kubeconfigText(cluster, options), { mode: 0o600 });
  return path;
}

/** A client certificate as a kubeconfig's user has it. */
export function certificateUser({ cert, key }: { readonly cert: string; readonly key: string }): Record<string, string> {
  return { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
