import { type CertificateOptions, createCertificate, createClientCertificate, type KeyPair } from '../stackstate/certificates.ts';
import type { FaultOptions as ChoiceOptions } from '../stackstate/fault-choice.ts';
import { type Front, type FrontOptions, type SeenRequest as Seen, startFront } from '../stackstate/front.ts';
import { Access, everything, type Rule, type User } from './access.ts';
import { Cluster, type NewWorkload, type WorkloadKind } from './cluster.ts';
import { createApi } from './handlers.ts';
import type { KubeObject, Metadata, Secret } from './objects.ts';
import { mergePatch } from './patches.ts';
import type { RouteName } from './request.ts';
import type { Rollout } from './rollout.ts';
import { decode, encode, readSecret } from './secrets.ts';
import { plainFailure } from './status.ts';
import type { Change } from './store.ts';

export type { Fault } from '../stackstate/faults.ts';
export type { Stage } from '../stackstate/front.ts';
export { everything, type Rule, type User } from './access.ts';
export type { NewWorkload, WorkloadKind } from './cluster.ts';
export type { KubeObject, Secret } from './objects.ts';
export type { RouteName } from './request.ts';
export { type Rollout, rollouts } from './rollout.ts';
export type { Change } from './store.ts';

export type SeenRequest = Seen<RouteName>;
export type FaultOptions = ChoiceOptions<SeenRequest>;

/** Who a simulated cluster knows unless told otherwise. */
export const administrator = { name: 'kubernetes-admin', token: 'test-kubernetes-admin-token-K4' } as const;

export interface KubernetesOptions extends Pick<FrontOptions<RouteName>, 'port' | 'onStage' | 'keepBodies'> {
  /** HTTPS with a certificate of its own, also good for `kubernetes.default.svc`; an object makes the certificate a bad one. */
  readonly tls?: boolean | CertificateOptions;
  /** Milliseconds since the epoch; default the real clock. */
  readonly now?: () => number;
  /** An existing cluster, to start a second server over the same objects. */
  readonly cluster?: Cluster;
  /** Default `default`, `kube-system`, `open-telemetry` and `monitoring`. */
  readonly namespaces?: readonly string[];
  /** Who is known besides the administrator. */
  readonly users?: readonly User[];
  /** False: a request without credentials is 401, not `system:anonymous`. */
  readonly anonymous?: boolean;
  /** Called at every change of a Secret, before anybody hears of it: to check that it holds a key that works, at all times. */
  readonly onSecretChange?: (change: SecretChange) => void;
}

export interface SecretChange {
  readonly type: Change['type'];
  readonly secret: Secret;
  /** The Secret's fields, decoded; none once it is deleted. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What a test gives to put a Secret into the cluster. */
export interface NewSecret extends Partial<Pick<Metadata, 'labels' | 'annotations' | 'ownerReferences' | 'managedFields'>> {
  readonly name: string;
  /** Default `default`. */
  readonly namespace?: string;
  /** Plain text; it is stored as base64. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly immutable?: boolean;
}

/** A running simulated Kubernetes API server. */
export interface Kubernetes extends Front<RouteName> {
  /** The CA certificate to trust; empty without TLS. */
  readonly caPem: string;
  readonly cluster: Cluster;
  readonly access: Access;
  /** Puts a Secret in, as a helper of the test's. */
  seedSecret(secret: NewSecret): Secret;
  /** A Secret as it is now; undefined when there is none. */
  secret(namespace: string, name: string): Secret | undefined;
  /** One field of a Secret, decoded; undefined when there is none. */
  field(namespace: string, name: string, field: string): string | undefined;
  /** Changes a Secret as somebody else would, by a merge patch; its version changes. @throws Error when there is no such Secret. */
  changeSecret(namespace: string, name: string, patch: Parameters<typeof mergePatch>[1], manager?: string): Secret;
  deleteSecret(namespace: string, name: string): void;
  seedWorkload(kind: WorkloadKind, workload: NewWorkload): KubeObject;
  /** A workload as it is now, without counting as a read. @throws Error when there is no such workload. */
  workload(kind: WorkloadKind, namespace: string, name: string): KubeObject;
  removeWorkload(kind: WorkloadKind, namespace: string, name: string): void;
  setRollout(kind: WorkloadKind, namespace: string, name: string, rollout: Rollout): void;
  /** Adds a service account with these rules, and gives its token. The same name again: new rules, a new token, the old one is 401. */
  serviceAccount(namespace: string, name: string, rules: readonly Rule[]): string;
  /** A client certificate for a user. Only with TLS. */
  clientCertificate(user: string): Promise<KeyPair>;
}

const usualNamespaces = ['default', 'kube-system', 'open-telemetry', 'monitoring'];

/** Starts a simulated Kubernetes API server on a real socket of 127.0.0.1. */
export async function startKubernetes(options: KubernetesOptions = {}): Promise<Kubernetes> {
  const now = options.now ?? options.cluster?.store.now ?? Date.now;
  const cluster = options.cluster ?? new Cluster(now, options.namespaces ?? usualNamespaces);
  const admin = { name: administrator.name, tokens: [administrator.token], rules: everything };
  const access = new Access([admin, ...(options.users ?? [])], options.anonymous ?? true);
  cluster.store.watch((change) => {
    if (change.plural === 'secrets') options.onSecretChange?.(secretChange(change));
  });
  const api = createApi(cluster, access);
  const hosts = ['kubernetes.default.svc'];
  const certificate = options.tls
    ? await createCertificate(options.tls === true ? { hosts } : { hosts, ...options.tls })
    : undefined;
  const front = await startFront<RouteName>({
    name: 'Kubernetes',
    now,
    port: options.port,
    tls:
      certificate === undefined
        ? undefined
        : { cert: certificate.cert, key: certificate.key, ca: certificate.caPem, requestCert: true, rejectUnauthorized: false },
    keepBodies: options.keepBodies,
    errorBody: (status) => JSON.stringify(plainFailure(status)),
    routeOf: api.routeOf,
    handle: (_, request, socket) => api.handle(request, socket),
    onStage: options.onStage,
  });
  return Object.assign(front, {
    caPem: certificate?.caPem ?? '',
    cluster,
    access,
    ...handsOn(cluster, access),
    clientCertificate(user: string) {
      if (certificate === undefined) throw new Error('Without TLS there are no client certificates.');
      return createClientCertificate(certificate.authority, user);
    },
  });
}

type HandsOn = Omit<Kubernetes, keyof Front<RouteName> | 'caPem' | 'cluster' | 'access' | 'clientCertificate'>;

/** What a test does to a cluster past its API. */
function handsOn(cluster: Cluster, access: Access): HandsOn {
  const { store } = cluster;
  const secret = (namespace: string, name: string) => store.get('secrets', namespace, name) as Secret | undefined;
  const known = (namespace: string, name: string): Secret => {
    const found = secret(namespace, name);
    if (found === undefined) throw new Error(`There is no Secret ${namespace}/${name}.`);
    return found;
  };
  let accounts = 0;
  return {
    seedSecret({ name, namespace = 'default', fields = {}, type = 'Opaque', immutable, ...metadata }) {
      const data = Object.fromEntries(Object.entries(fields).map(([field, text]) => [field, encode(text)]));
      const wanted = {
        metadata: { name, namespace, ...metadata },
        ...(Object.keys(data).length === 0 ? {} : { data }),
        type,
        ...(immutable === undefined ? {} : { immutable }),
      };
      return store.create('secrets', wanted, { manager: 'seed' }) as Secret;
    },
    secret,
    field(namespace, name, field) {
      const value = secret(namespace, name)?.data?.[field];
      return value === undefined ? undefined : decode(value);
    },
    changeSecret(namespace, name, patch, manager = 'somebody-else') {
      const held = known(namespace, name);
      const changed = readSecret(mergePatch(held as never, patch) as never, held);
      return store.replace('secrets', held, changed, { manager }) as Secret;
    },
    deleteSecret: (namespace, name) => store.remove('secrets', known(namespace, name)),
    seedWorkload: (kind, workload) => cluster.seedWorkload(kind, workload),
    workload: (kind, namespace, name) => cluster.workload(kind, namespace, name),
    removeWorkload: (kind, namespace, name) => cluster.removeWorkload(kind, namespace, name),
    setRollout: (kind, namespace, name, rollout) => cluster.setRollout(kind, namespace, name, rollout),
    serviceAccount(namespace, name, rules) {
      accounts += 1;
      const token = `test-service-account-token-${accounts}`;
      access.set({ name: `system:serviceaccount:${namespace}:${name}`, tokens: [token], rules });
      return token;
    },
  };
}

function secretChange({ type, object }: Change): SecretChange {
  const secret = object as Secret;
  const data = type === 'DELETED' ? {} : (secret.data ?? {});
  return { type, secret, fields: Object.fromEntries(Object.entries(data).map(([name, value]) => [name, decode(value)])) };
}
