import {
  isObject,
  type JsonObject,
  type KubeObject,
  membersOf,
  sameJson,
  type WorkloadPlural,
  workloadPlurals,
} from './objects.ts';
import { podsOf } from './pods.ts';
import { type Rollout, rollouts } from './rollout.ts';
import { ObjectStore } from './store.ts';
import { statusOf } from './workload-status.ts';
import { type Controlled, noteChange, settled, situationOf } from './workloads.ts';

/** What a test gives to put a workload into the cluster. */
export interface NewWorkload {
  readonly name: string;
  readonly namespace?: string;
  /** Default 1. */
  readonly replicas?: number;
  /** Nodes that a DaemonSet runs on; default 2. */
  readonly nodes?: number;
  /** Labels of the pods, and what they are selected by; default `app: NAME`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations of the pod template. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** More members of `spec`: `paused`, `updateStrategy`, `strategy`. */
  readonly spec?: JsonObject;
  /** How changes of the pod template are taken over; default at once. */
  readonly rollout?: Rollout;
}

export type WorkloadKind = 'deployment' | 'statefulset' | 'daemonset';

/** The objects of a simulated cluster, and the controllers that let its workloads roll. */
export class Cluster {
  readonly store: ObjectStore;
  readonly #controlled = new Map<string, Controlled>();

  constructor(now: () => number, namespaces: readonly string[]) {
    this.store = new ObjectStore(now, namespaces);
  }

  /** Puts a workload in that has always run what it runs now. */
  seedWorkload(kind: WorkloadKind, wanted: NewWorkload): KubeObject {
    const plural = pluralOf(kind);
    const { metadata, spec } = manifestOf(kind, wanted);
    const created = this.store.create(plural, { metadata: { ...metadata, generation: 1 }, spec }, { manager: 'seed' });
    this.#controlled.set(keyOf(plural, created), settled(created, wanted.rollout ?? rollouts.instant, wanted.nodes ?? 2));
    return this.sync(plural, created);
  }

  /** A workload as it is now. @throws Error when there is no such workload. */
  workload(kind: WorkloadKind, namespace: string, name: string): KubeObject {
    const object = this.store.get(pluralOf(kind), namespace, name);
    if (object === undefined) throw new Error(`There is no ${kind} ${namespace}/${name}.`);
    return this.sync(pluralOf(kind), object);
  }

  /** Deletes a workload with its pods. @throws Error when there is no such workload. */
  removeWorkload(kind: WorkloadKind, namespace: string, name: string): void {
    const object = this.workload(kind, namespace, name);
    this.store.remove(pluralOf(kind), object);
    this.#controlled.delete(keyOf(pluralOf(kind), object));
  }

  /** How the next changes of a workload's pod template are taken over. @throws Error when there is no such workload. */
  setRollout(kind: WorkloadKind, namespace: string, name: string, rollout: Rollout): void {
    this.#controlledOf(pluralOf(kind), this.workload(kind, namespace, name)).rollout = rollout;
  }

  /** Lets the controller of a workload do what is due, above all write its status; gives the object as it is then. */
  sync(plural: WorkloadPlural, object: KubeObject): KubeObject {
    const controlled = this.#controlledOf(plural, object);
    const now = this.store.now();
    noteChange(controlled, object, now);
    const situation = situationOf(plural, object, controlled, now);
    const status = statusOf(plural, object, situation, now);
    const annotations = {
      ...object.metadata.annotations,
      ...(plural === 'deployments' && situation.phase !== 'unobserved' && !(situation.paused && situation.held > 0)
        ? { 'deployment.kubernetes.io/revision': String(controlled.revision) }
        : {}),
    };
    if (
      sameJson(withoutTimes(status), withoutTimes(object['status'])) &&
      sameJson(annotations, object.metadata.annotations ?? {})
    ) {
      return object;
    }
    const metadata = { ...object.metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
    const by = { manager: 'kube-controller-manager', subresource: 'status' };
    return this.store.replace(plural, object, { ...object, metadata, status }, by);
  }

  /** Lets the controller of a workload know that it was changed; what it does then is seen by the next who looks. */
  noteChange(plural: WorkloadPlural, object: KubeObject): void {
    noteChange(this.#controlledOf(plural, object), object, this.store.now());
  }

  /** One more read of a workload, or of its pods, was answered: rollouts that go by reads come nearer to their end. */
  countRead(plural: WorkloadPlural, object: KubeObject): void {
    this.#controlledOf(plural, object).progress.count();
  }

  /** The workloads of a namespace, or of all, each with its pods at this moment. */
  podsByWorkload(namespace?: string): readonly { plural: WorkloadPlural; object: KubeObject; pods: readonly KubeObject[] }[] {
    return workloadPlurals.flatMap((plural) =>
      this.store.list(plural, namespace).map((held) => {
        const object = this.sync(plural, held);
        const controlled = this.#controlledOf(plural, object);
        const now = this.store.now();
        const pods = podsOf(plural, object, controlled, situationOf(plural, object, controlled, now), now);
        return { plural, object, pods };
      }),
    );
  }

  #controlledOf(plural: WorkloadPlural, object: KubeObject): Controlled {
    const controlled = this.#controlled.get(keyOf(plural, object));
    if (controlled === undefined) throw new Error(`No controller knows ${plural} ${object.metadata.name}.`);
    return controlled;
  }
}

/** A workload as it would be sent to be created. */
export function manifestOf(kind: WorkloadKind, wanted: NewWorkload) {
  const plural = pluralOf(kind);
  const labels = wanted.labels ?? { app: wanted.name };
  const annotations = wanted.annotations === undefined ? {} : { annotations: wanted.annotations };
  const spec: JsonObject = {
    ...(plural === 'daemonsets' ? {} : { replicas: wanted.replicas ?? 1 }),
    selector: { matchLabels: labels },
    template: { metadata: { labels, ...annotations }, spec: { containers: [{ name: 'main', image: 'main:1' }] } },
    ...(plural === 'deployments' ? { strategy: { type: 'RollingUpdate' } } : { updateStrategy: { type: 'RollingUpdate' } }),
    ...wanted.spec,
  };
  return { metadata: { name: wanted.name, namespace: wanted.namespace ?? 'default' }, spec };
}

function pluralOf(kind: WorkloadKind): WorkloadPlural {
  return `${kind}s`;
}

function keyOf(plural: WorkloadPlural, { metadata }: KubeObject): string {
  return `${plural}/${metadata.namespace}/${metadata.name}`;
}

/** A status without the times in it: a controller does not write it again because the clock has moved. */
function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (!isObject(value)) return value;
  const kept = Object.entries(membersOf(value)).filter(([name]) => !/Time$/.test(name));
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutTimes(member)]));
}
