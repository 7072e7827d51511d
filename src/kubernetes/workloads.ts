import type { Caller } from './caller.ts';
import type { Fields } from './entry.ts';
import type { WorkloadKind } from './names.ts';
import { fieldsOf, listOf, type Metadata, numberOf, readMetadata, textOf, textsOf } from './object.ts';
import { workloads } from './resources.ts';
import { type CallOptions, type ChangeOptions, fieldManager, mergePatch } from './secrets.ts';

/** A Deployment, DaemonSet or StatefulSet by its name. */
export interface WorkloadId {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

/** What has to be known of a workload to restart it and to wait for that. */
export interface Workload extends Metadata {
  readonly kind: WorkloadKind;
  /** Counts the changes of the spec. */
  readonly generation: number;
  /** The generation that the rest of the status is about. */
  readonly observedGeneration: number;
  /** A Deployment whose rollouts are stopped. */
  readonly paused: boolean;
  /** `RollingUpdate`, `Recreate` or `OnDelete`. */
  readonly strategy: string;
  /** Pods of a StatefulSet with a lower number are not updated. */
  readonly partition: number;
  /** How many pods there should be; of a DaemonSet as many as its status says. */
  readonly desired: number;
  /** Pods there are, of any revision. */
  readonly current: number;
  /** Pods of the newest revision. */
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  /** A Deployment whose rollout has made no progress for as long as its spec allows. */
  readonly stuck: boolean;
  /** The label selector of its pods, as the API takes it in a query; undefined where it has none. */
  readonly selector: string | undefined;
  /** Annotations that new pods get. */
  readonly podAnnotations: Readonly<Record<string, string>>;
}

/** The requests about workloads: `/apis/apps/v1/namespaces/{namespace}/{deployments,daemonsets,statefulsets}`. */
export interface Workloads {
  /** `GET`. */
  get(id: WorkloadId, options?: CallOptions): Promise<Workload>;
  /** `PATCH` (a merge patch) of the pod template's annotations, which makes the controller replace all pods if it changes one. */
  annotatePods(id: WorkloadId, annotations: Readonly<Record<string, string>>, options?: ChangeOptions): Promise<Workload>;
}

/** @param caller sends the requests. */
export function workloadsOf(caller: Caller): Workloads {
  const about = ({ kind, namespace, name }: WorkloadId, options: ChangeOptions = {}) => ({
    resource: workloads[kind],
    namespace,
    name,
    signal: options.signal,
    dryRun: options.dryRun === true,
  });
  return {
    async get(id, options) {
      return readWorkload(id.kind, await caller.call({ verb: 'get', ...about(id, options) }));
    },
    async annotatePods(id, annotations, options) {
      const body = { spec: { template: { metadata: { annotations } } } };
      const call = { verb: 'patch', ...about(id, options), headers: mergePatch, query: { fieldManager }, body } as const;
      return readWorkload(id.kind, await caller.call(call));
    },
  };
}

function readWorkload(kind: WorkloadKind, object: Fields): Workload {
  const metadata = fieldsOf(object, 'metadata');
  const [spec, status] = [fieldsOf(object, 'spec'), fieldsOf(object, 'status')];
  const strategy = fieldsOf(spec, kind === 'deployment' ? 'strategy' : 'updateStrategy');
  const progress = listOf(status, 'conditions').find((condition) => condition['type'] === 'Progressing');
  return {
    ...readMetadata(object),
    kind,
    generation: numberOf(metadata, 'generation') ?? 0,
    observedGeneration: numberOf(status, 'observedGeneration') ?? 0,
    paused: spec['paused'] === true,
    strategy: textOf(strategy, 'type'),
    partition: numberOf(fieldsOf(strategy, 'rollingUpdate'), 'partition') ?? 0,
    ...countsOf(kind, spec, status),
    stuck: progress?.['reason'] === 'ProgressDeadlineExceeded',
    selector: selectorOf(fieldsOf(spec, 'selector')),
    podAnnotations: textsOf(fieldsOf(fieldsOf(spec, 'template'), 'metadata'), 'annotations'),
  };
}

function countsOf(
  kind: WorkloadKind,
  spec: Fields,
  status: Fields,
): Pick<Workload, 'desired' | 'current' | 'updated' | 'ready' | 'available'> {
  const count = (key: string) => numberOf(status, key) ?? 0;
  if (kind === 'daemonset') {
    return {
      desired: count('desiredNumberScheduled'),
      current: count('currentNumberScheduled'),
      updated: count('updatedNumberScheduled'),
      ready: count('numberReady'),
      available: count('numberAvailable'),
    };
  }
  return {
    desired: numberOf(spec, 'replicas') ?? 1,
    current: count('replicas'),
    updated: count('updatedReplicas'),
    ready: count('readyReplicas'),
    available: count('availableReplicas'),
  };
}

const operators: Readonly<Record<string, string>> = { In: 'in', NotIn: 'notin' };

function selectorOf(selector: Fields): string | undefined {
  const equal = Object.entries(textsOf(selector, 'matchLabels')).map(([key, value]) => `${key}=${value}`);
  const expressions = listOf(selector, 'matchExpressions').map((expression) => {
    const [key, operator] = [textOf(expression, 'key'), textOf(expression, 'operator')];
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    const { values } = expression;
    return `${key} ${operators[operator] ?? 'in'} (${Array.isArray(values) ? values.join(',') : ''})`;
  });
  const all = [...equal, ...expressions];
  return all.length === 0 ? undefined : all.join(',');
}
