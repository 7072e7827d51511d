import type { Cluster } from './cluster.ts';
import { bearer, type ClientCertificate, type CredentialSource, type Credentials } from './credentials.ts';
import type { Entry } from './entry.ts';
import { type PluginOptions, pluginCredentials } from './exec-plugin.ts';
import type { KubernetesWorld } from './world.ts';

/** How to replace the auth providers that kubectl removed in 1.26, by name. */
const successors: Readonly<Record<string, string>> = {
  gcp: 'Install gke-gcloud-auth-plugin, then run: gcloud container clusters get-credentials CLUSTER',
  azure: 'Install kubelogin (https://github.com/Azure/kubelogin), then run: kubelogin convert-kubeconfig',
  oidc: 'Install kubelogin (https://github.com/int128/kubelogin), then set it up: kubectl oidc-login setup',
};

/**
 * The credentials of a kubeconfig user. As in kubectl, a token, client certificate or password in the entry wins over a plugin.
 * @throws ConfigError when the entry cannot be used.
 */
export async function userCredentials(
  entry: Entry,
  cluster: Cluster,
  world: KubernetesWorld,
  options: PluginOptions,
): Promise<CredentialSource> {
  refuseAuthProvider(entry);
  const clientCertificate = await certificateOf(entry, world);
  const fixed: Credentials = clientCertificate === undefined ? {} : { clientCertificate };
  const [token, password] = [entry.text('token'), basic(entry)];
  const tokenFile = entry.text('tokenFile');
  if (token !== undefined && password !== undefined) {
    throw entry.error('has both a token and a username, but only one of them can be used');
  }
  if (tokenFile !== undefined) return fromTokenFile(entry, fixed, world);
  if (token !== undefined) return unchanging(entry, { ...fixed, authorization: bearer(token, entry, 'token') });
  if (password !== undefined) return unchanging(entry, { ...fixed, authorization: password });
  const plugin = entry.part('exec');
  return plugin === undefined || clientCertificate !== undefined
    ? unchanging(entry, fixed)
    : pluginCredentials(plugin, cluster, world, options);
}

function unchanging(entry: Entry, credentials: Credentials): CredentialSource {
  const none = Object.keys(credentials).length === 0;
  return {
    description: entry.where,
    remedy: none
      ? `Give the ${entry.where} credentials: it has none.`
      : `Renew the credentials of the ${entry.where}; they may have expired or been revoked.`,
    renewable: false,
    get: async () => credentials,
  };
}

/** The file is read for each request, because the token may be replaced while the program runs. */
function fromTokenFile(entry: Entry, fixed: Credentials, world: KubernetesWorld): CredentialSource {
  const token = entry.text('token');
  return {
    description: `${entry.where} (its tokenFile)`,
    remedy: `Have the tokenFile of the ${entry.where} rewritten. Its token may have expired or been revoked.`,
    renewable: true,
    async get() {
      const read = await entry.readFile('tokenFile', world).catch((error: unknown) => {
        // Like kubectl, this falls back to `token` in the same entry.
        if (token === undefined) throw error;
        return token;
      });
      return { ...fixed, authorization: bearer(read, entry, 'tokenFile') };
    },
  };
}

async function certificateOf(entry: Entry, world: KubernetesWorld): Promise<ClientCertificate | undefined> {
  const cert = await entry.dataOrFile('client-certificate', world);
  const key = await entry.dataOrFile('client-key', world);
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw entry.error('has a client-key without a client-certificate');
  if (key === undefined) throw entry.error('has a client-certificate without a client-key');
  return { cert, key };
}

function basic(entry: Entry): string | undefined {
  const [username, password] = [entry.text('username'), entry.text('password')];
  if (username === undefined && password === undefined) return undefined;
  return `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}`;
}

function refuseAuthProvider(entry: Entry): void {
  const name = entry.part('auth-provider')?.text('name');
  if (name === undefined) return;
  throw entry.error(`uses the auth-provider ${JSON.stringify(name)}, which Kubernetes has replaced by credential plugins`, {
    hints: [successors[name] ?? 'Use a credential plugin instead: see "exec" in the documentation of kubeconfig files.'],
  });
}
