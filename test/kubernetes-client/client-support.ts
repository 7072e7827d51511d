import { onTestFinished } from 'vitest';
import { createKubernetes, type Kubernetes, loadAccess } from '../../src/kubernetes/index.ts';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import { administrator, type KubernetesOptions, type Kubernetes as Simulated } from '../kubernetes/server.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { tempFolder } from '../support/temp.ts';
import { type TestWorldOptions, testWorld } from './support.ts';

/** The Secret of the tests. */
export const id = { namespace: 'open-telemetry', name: 'collector' };
/** What one of its fields holds that no request is about. */
export const otherSecret = 'another-field-not-to-be-seen-98765';

/** A simulated API server with that Secret, which somebody else writes as well. */
export async function start(options: KubernetesOptions = {}): Promise<Simulated> {
  const server = await startKubernetesForTest({ tls: true, ...options });
  const fields = { API_KEY: 'old', other: otherSecret };
  server.seedSecret({ ...id, fields, labels: { app: 'otel' }, annotations: { note: 'mine' } });
  server.changeSecret(id.namespace, id.name, { metadata: { labels: { chart: 'otel' } } }, 'helm');
  return server;
}

export interface ClientOptions extends TestWorldOptions {
  /** A kubeconfig user; default the administrator. */
  readonly user?: Readonly<Record<string, unknown>>;
  /** More members of the kubeconfig cluster. */
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** Default 10 s. */
  readonly timeoutMs?: number;
  readonly log?: (line: string) => void;
}

/** A client for a simulated API server, closed when the running test has finished. */
export async function clientOf(server: Pick<Simulated, 'url' | 'caPem'>, options: ClientOptions = {}): Promise<Kubernetes> {
  const user = options.user ?? { token: administrator.token };
  const cluster = options.cluster === undefined ? {} : { cluster: options.cluster };
  const kubeconfig = writeKubeconfig(tempFolder(), server, { user, ...cluster });
  const world = testWorld(options);
  const access = await loadAccess(world, { kubeconfig });
  const log = options.log === undefined ? {} : { log: options.log };
  const client = createKubernetes({ access, world, timeoutMs: options.timeoutMs ?? 10_000, version: '1.0.0', ...log });
  onTestFinished(() => client.close());
  return client;
}
