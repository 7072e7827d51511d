import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import { visible } from '../escape.ts';
import type { RequestHeaders } from '../http/connection.ts';
import { type Cluster, readCluster } from './cluster.ts';
import type { CredentialSource } from './credentials.ts';
import { quoted } from './entry.ts';
import type { PluginOptions } from './exec-plugin.ts';
import { impersonationHeaders } from './impersonation.ts';
import { inPod, podCluster, podCredentials, podNamespace } from './in-cluster.ts';
import { type MergedKubeconfig, pathsIn, pickContext, readKubeconfigs } from './kubeconfig.ts';
import { userCredentials } from './user.ts';
import type { KubernetesWorld } from './world.ts';

/** How to reach an API server, and with which credentials. */
export interface Access {
  /** For messages: `context "prod" in /home/u/.kube/config`. */
  readonly origin: string;
  readonly cluster: Cluster;
  readonly credentials: CredentialSource;
  /** Impersonation headers, sent with every request. */
  readonly headers: RequestHeaders;
  /** The namespace for objects that are given without one. */
  readonly namespace: string;
  /** Warnings for the user, one sentence each. */
  readonly warnings: readonly string[];
}

export interface AccessOptions extends PluginOptions {
  /** Value of `--kubeconfig`. */
  readonly kubeconfig?: string;
  /** Value of `--kube-context`. */
  readonly context?: string;
}

const giveOne = 'Give a kubeconfig file with --kubeconfig PATH or in KUBECONFIG.';

/**
 * Finds out how to reach the API server: with `--kubeconfig`, else KUBECONFIG, else `~/.kube/config` if it has any entries, else as the
 * service account of the pod in which this runs. The credentials themselves are fetched at the first request.
 * @throws ConfigError when no access is configured, or its configuration cannot be used.
 */
export async function loadAccess(world: KubernetesWorld, options: AccessOptions = {}): Promise<Access> {
  const config = await configOf(world, options);
  return config === undefined ? podAccess(world) : contextAccess(config, world, options);
}

/** The kubeconfig to use; undefined for the pod's own service account. */
async function configOf(world: KubernetesWorld, options: AccessOptions): Promise<MergedKubeconfig | undefined> {
  if (options.kubeconfig !== undefined) {
    const path = world.resolvePath(options.kubeconfig);
    const config = await readKubeconfigs([path], world);
    if (config.files.length === 0) throw new ConfigError(`The kubeconfig file ${visible(path)} does not exist.`);
    return config;
  }
  const listed = pathsIn(world.env['KUBECONFIG'], world);
  if (listed.length > 0) {
    const config = await readKubeconfigs(listed, world);
    if (config.files.length > 0) return config;
    throw new ConfigError(`No file that KUBECONFIG names exists: ${listed.map(visible).join(', ')}.`, {
      hints: ['Correct KUBECONFIG, or unset it to use ~/.kube/config or the service account of the pod.'],
    });
  }
  const own = world.home === undefined ? undefined : join(world.home, '.kube', 'config');
  const config = await readKubeconfigs(own === undefined ? [] : [own], world);
  const saysSomething = config.clusters.size + config.users.size + config.contexts.size > 0;
  if (saysSomething) return config;
  if (options.context !== undefined) {
    throw new ConfigError(`There is no context ${quoted(options.context)}, because there is no kubeconfig file.`, {
      hints: [giveOne],
    });
  }
  if (inPod(world)) return undefined;
  const where =
    own === undefined ? 'no home folder is known' : `${visible(own)} ${config.files.length > 0 ? 'is empty' : 'does not exist'}`;
  throw new ConfigError(`No access to a Kubernetes cluster is configured: ${where}, and this is not running in a pod.`, {
    hints: [giveOne],
  });
}

async function podAccess(world: KubernetesWorld): Promise<Access> {
  return {
    origin: 'service account of this pod',
    cluster: await podCluster(world),
    credentials: await podCredentials(world),
    headers: {},
    namespace: (await podNamespace(world)) ?? 'default',
    warnings: [],
  };
}

const nobody: CredentialSource = {
  description: 'its context names no user',
  remedy: 'Name a user in the context: kubectl config set-context NAME --user=USER',
  renewable: false,
  get: async () => ({}),
};

async function contextAccess(config: MergedKubeconfig, world: KubernetesWorld, options: AccessOptions): Promise<Access> {
  const { context, user, ...picked } = pickContext(config, options.context);
  const cluster = await readCluster(picked.cluster, world);
  const plain = cluster.url.protocol === 'http:';
  const warnings: string[] = [];
  if (cluster.skipSsl)
    warnings.push(`The certificate of the Kubernetes API server ${cluster.url.host} is not verified (${picked.cluster.where}).`);
  return {
    origin: context.where,
    cluster,
    // Like kubectl, this sends no credentials over plain HTTP.
    credentials: user === undefined ? nobody : plain ? unsent(user.where) : await userCredentials(user, cluster, world, options),
    headers: user === undefined ? {} : impersonationHeaders(user),
    namespace: picked.namespace ?? (await podNamespace(world)) ?? 'default',
    warnings,
  };
}

function unsent(where: string): CredentialSource {
  return {
    description: `${where}, whose credentials are not sent because the server's URL begins with http://`,
    remedy: 'Give the cluster a server URL that begins with https://.',
    renewable: false,
    get: async () => ({}),
  };
}
