import { onTestFinished } from 'vitest';
import { createKubernetes, type Kubernetes, loadAccess } from '../../src/kubernetes/index.ts';
import { certificateUser, writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import { administrator, type Kubernetes as Simulated } from '../kubernetes/server.ts';
import { tempFolder } from '../support/temp.ts';
import { type TestWorldOptions, testWorld } from './support.ts';

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

export { certificateUser };
