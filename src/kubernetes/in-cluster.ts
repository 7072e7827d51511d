import { isIPv6 } from 'node:net';
import { ConfigError } from '../errors.ts';
import type { Cluster } from './cluster.ts';
import { bearer, type CredentialSource } from './credentials.ts';
import { Entry, whyUnreadable } from './entry.ts';
import { type KubernetesWorld, readText } from './world.ts';

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
const tokenFile = `${folder}/token`;

/** Whether this runs in a pod whose environment names the API server. */
export function inPod({ env }: KubernetesWorld): boolean {
  return Boolean(env['KUBERNETES_SERVICE_HOST'] && env['KUBERNETES_SERVICE_PORT']);
}

/** The API server of the pod's own cluster. @throws ConfigError when the variables that name it do not make a valid URL. */
export async function podCluster(world: KubernetesWorld): Promise<Cluster> {
  const [host = '', port = ''] = [world.env['KUBERNETES_SERVICE_HOST'], world.env['KUBERNETES_SERVICE_PORT']];
  const text = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(text)) {
    throw new ConfigError('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT do not make a URL.');
  }
  const caCertificates = await readIfThere(`${folder}/ca.crt`, world);
  return { url: new URL(text), skipSsl: false, ...(caCertificates === undefined ? {} : { caCertificates }) };
}

/**
 * The credentials of the pod's own service account. Its token is replaced from time to time, so it is read for each request.
 * @throws ConfigError when the pod has no service-account token.
 */
export async function podCredentials(world: KubernetesWorld): Promise<CredentialSource> {
  const entry = new Entry('service account of this pod', '', tokenFile, { token: tokenFile });
  const read = async () => {
    const token = await readText(world, tokenFile).catch((cause: unknown) => {
      throw new ConfigError(`The token of this pod's service account cannot be read: ${tokenFile} (${whyUnreadable(cause)}).`, {
        cause,
        hints: ['Give the pod a service account, and do not set automountServiceAccountToken: false.'],
      });
    });
    return { authorization: bearer(token, entry, 'token') };
  };
  await read();
  return {
    description: `the service account of this pod (${tokenFile})`,
    remedy: 'Check that the service account of this pod still exists. Its token is bound to it.',
    renewable: true,
    get: read,
  };
}

/** The namespace of the pod, found in the same way as kubectl does; undefined outside a pod. */
export async function podNamespace(world: KubernetesWorld): Promise<string | undefined> {
  if (!inPod(world)) return undefined;
  const variable = world.env['POD_NAMESPACE']?.trim();
  return variable || (await readIfThere(`${folder}/namespace`, world))?.trim() || undefined;
}

async function readIfThere(path: string, world: KubernetesWorld): Promise<string | undefined> {
  return readText(world, path).catch(() => undefined);
}
