import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Called, type CallOptions, call, type Method } from '../kubernetes/caller.ts';
import { kubeconfigText } from '../kubernetes/kubeconfig.ts';
import type { JsonObject } from '../kubernetes/objects.ts';
import { createCertificate, createClientCertificate, type KeyPair } from '../stackstate/certificates.ts';
import { buildKubernetes } from './build.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';
import { freePorts, Processes } from './processes.ts';

/** Bearer tokens that a real API server of ours knows. */
export const realTokens = { admin: 'real-admin-token', limited: 'real-limited-token', nobody: 'real-nobody-token' } as const;

const controllers = ['deployment', 'replicaset', 'statefulset', 'daemonset', 'namespace', 'serviceaccount', 'garbagecollector'];

/** A real Kubernetes control plane on loopback: etcd, API server and controllers, no scheduler, and a pretended kubelet. */
export interface RealKubernetes {
  readonly url: string;
  /** The CA certificate to trust; it signs client certificates, too. */
  readonly caPem: string;
  readonly kubelet: Kubelet;
  /** Sends one request, as the administrator unless another token is given. */
  call(method: Method, path: string, options?: CallOptions): Promise<Called>;
  /** Creates an object. @throws Error when the server does not. */
  create(path: string, object: JsonObject): Promise<JsonObject>;
  /** A service account with a role of these rules in its namespace, which is made if need be; gives a token of its. */
  serviceAccount(namespace: string, name: string, rules: readonly object[]): Promise<string>;
  clientCertificate(user: string): Promise<KeyPair>;
  close(): Promise<void>;
}

/** Starts one, ready to be used; some five seconds. The binary is built first if it is not there. */
export async function startRealKubernetes(): Promise<RealKubernetes> {
  const binary = await buildKubernetes((text) => process.stderr.write(text));
  const folder = mkdtempSync(join(tmpdir(), 'sts-kubernetes-'));
  const processes = new Processes(folder, binary);
  const certificate = await createCertificate({ hosts: ['kubernetes.default.svc'] });
  const [etcd = 0, peers = 0, secure = 0] = await freePorts(3);
  const server = { url: `https://127.0.0.1:${secure}`, caPem: certificate.caPem };
  writeFiles(folder, certificate, server);
  const close = async (): Promise<void> => {
    await processes.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    startEtcd(processes, etcd, peers);
    startApiServer(processes, etcd, secure);
    await until(processes, async () => (await call(server, 'GET', '/readyz', { token: realTokens.admin })).status === 200);
    startControllers(processes);
    const send = (method: Method, path: string, options: CallOptions = {}) =>
      call(server, method, path, { token: realTokens.admin, ...options });
    await until(processes, async () => (await send('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200);
    const kubelet = await startKubelet(send);
    return {
      ...server,
      kubelet,
      ...handsOn(send),
      clientCertificate: (user) => createClientCertificate(certificate.authority, user),
      async close() {
        await kubelet.stop();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Asks again every 50 ms until the server says yes. @throws Error after a minute, or when a process has ended. */
async function until(processes: Processes, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds().catch(() => false))) {
    processes.expectAlive();
    if (Date.now() > deadline) throw new Error('The Kubernetes API server was not ready within a minute.');
    await sleep(50);
  }
}

function writeFiles(
  folder: string,
  certificate: KeyPair & { readonly caPem: string },
  server: { url: string; caPem: string },
): void {
  const accounts = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const files: Readonly<Record<string, string>> = {
    'ca.crt': certificate.caPem,
    'server.crt': certificate.cert,
    'server.key': certificate.key,
    'accounts.key': accounts.export({ type: 'pkcs1', format: 'pem' }).toString(),
    'tokens.csv': `${realTokens.admin},admin,admin,system:masters\n${realTokens.limited},limited,limited\n${realTokens.nobody},nobody,nobody\n`,
    'controllers.yaml': kubeconfigText(server, { user: { token: realTokens.admin } }),
  };
  mkdirSync(join(folder, 'etcd'), { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
}

function startEtcd(processes: Processes, port: number, peers: number): void {
  processes.start('etcd', {
    'data-dir': 'etcd',
    'listen-client-urls': `http://127.0.0.1:${port}`,
    'advertise-client-urls': `http://127.0.0.1:${port}`,
    'listen-peer-urls': `http://127.0.0.1:${peers}`,
    'unsafe-no-fsync': 'true',
    'log-level': 'error',
  });
}

function startApiServer(processes: Processes, etcd: number, port: number): void {
  processes.start('kube-apiserver', {
    'etcd-servers': `http://127.0.0.1:${etcd}`,
    'bind-address': '127.0.0.1',
    'secure-port': String(port),
    'tls-cert-file': 'server.crt',
    'tls-private-key-file': 'server.key',
    'client-ca-file': 'ca.crt',
    'token-auth-file': 'tokens.csv',
    'authorization-mode': 'RBAC',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': 'accounts.key',
    'service-account-signing-key-file': 'accounts.key',
    'service-cluster-ip-range': '10.0.0.0/24',
    'endpoint-reconciler-type': 'none',
  });
}

function startControllers(processes: Processes): void {
  processes.start('kube-controller-manager', {
    kubeconfig: 'controllers.yaml',
    'leader-elect': 'false',
    'service-account-private-key-file': 'accounts.key',
    'root-ca-file': 'ca.crt',
    'secure-port': '0',
    controllers: controllers.join(','),
  });
}

/** What tests prepare with. */
function handsOn(send: RealKubernetes['call']): Pick<RealKubernetes, 'call' | 'create' | 'serviceAccount'> {
  const create = async (path: string, object: JsonObject): Promise<JsonObject> => {
    const { status, text, body } = await send('POST', path, { body: object });
    if (status !== 201) throw new Error(`POST ${path}: ${status} ${text}`);
    return body;
  };
  return {
    call: send,
    create,
    async serviceAccount(namespace, name, rules) {
      const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
      const apiGroup = 'rbac.authorization.k8s.io';
      await send('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
      await create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
      await create(`${rbac}/roles`, { metadata: { name }, rules: rules as never });
      await create(`${rbac}/rolebindings`, {
        metadata: { name },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
        roleRef: { apiGroup, kind: 'Role', name },
      });
      const { body } = await send('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
        body: { spec: {} },
      });
      return String((body['status'] as JsonObject | undefined)?.['token'] ?? '');
    },
  };
}
