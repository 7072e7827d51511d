import type { Access } from './access.ts';
import { Caller } from './caller.ts';
import { type Pods, podsOf } from './pods.ts';
import { type Secrets, secretsOf } from './secrets.ts';
import { type Workloads, workloadsOf } from './workloads.ts';
import type { KubernetesWorld } from './world.ts';

export interface KubernetesOptions {
  readonly access: Access;
  readonly world: Pick<KubernetesWorld, 'env' | 'now' | 'monotonic' | 'sleep'>;
  /** Deadline for one request including all its repetitions, in milliseconds. */
  readonly timeoutMs: number;
  /** Version of this program, for `User-Agent`. */
  readonly version: string;
  /** Receives a line for each request: method, URL, status, duration. */
  readonly log?: (line: string) => void;
  /** Receives a sentence about settings that are used only in part, such as a CA certificate that cannot be read. */
  readonly warn?: (line: string) => void;
}

/** A client for one Kubernetes API server. It has only the requests that this program needs. */
export interface Kubernetes {
  readonly access: Access;
  readonly secrets: Secrets;
  readonly workloads: Workloads;
  readonly pods: Pods;
  /** A monotonic clock in milliseconds. */
  monotonic(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Creates a client. It connects, and runs a credential plugin, at the first request. */
export function createKubernetes({ access, world, ...options }: KubernetesOptions): Kubernetes {
  const { env } = world;
  const now = () => world.now();
  const monotonic = () => world.monotonic();
  const sleep = (ms: number, signal?: AbortSignal) => world.sleep(ms, signal);
  const caller = new Caller({ ...options, access, env, now, monotonic, sleep });
  return {
    access,
    secrets: secretsOf(caller),
    workloads: workloadsOf(caller),
    pods: podsOf(caller),
    monotonic,
    sleep,
    close: () => caller.close(),
  };
}
