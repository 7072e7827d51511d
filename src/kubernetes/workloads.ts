import type { Caller } from './caller.ts';
import type { Fields } from './entry.ts';
import type { WorkloadKind } from './names.ts';
import { fieldsOf, listOf, type Metadata, numberOf, readMetadata, textOf, textsOf } from './object.ts';
import { workloads } from './resources.ts';
import { type CallOptions, type ChangeOptions, fieldManager, mergePatch } from './secrets.ts';

/** The name of a Deployment, DaemonSet or StatefulSet. */
export interface WorkloadId {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

/** The properties of a workload that are needed to restart it and to wait for the rollout. */
export interface Workload extends Metadata {
  readonly kind: WorkloadKind;
  /** The number of changes of the spec. */
  readonly generation: number;
  /** The generation to which the status refers. */
  readonly observedGeneration: number;
  /** Whether the rollouts of a Deployment are paused. */
  readonly paused: boolean;
  /** `RollingUpdate`, `Recreate` or `OnDelete`. */
  readonly strategy: string;
  /** Pods of a StatefulSet with a lower number than this are not updated. */
  readonly partition: number;
  /** The wanted number of pods. For a DaemonSet it comes from the status. */
  readonly desired: number;
  /** The number of pods of any revision. */
  readonly current: number;
  /** The number of pods of the newest revision. */
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  /** Whether the rollout of a Deployment has exceeded its progress deadline. */
  readonly stuck: boolean;
  /** The label selector of the pods, in the form for a query; undefined if there is none. */
  readonly selector: string | undefined;
  /** The annotations of the pod template. */
  readonly podAnnotations: Readonly<Record<string, string>>;
}

/** Requests for workloads: `/apis/apps/v1/namespaces/{namespace}/{deployments,daemonsets,statefulsets}`. */
export interface Workloads {
  /** `GET`. */
  get(id: WorkloadId, options?: CallOptions): Promise<Workload>;
  /** `PATCH` (a merge patch) of the pod template's annotations. If an annotation changes, the controller replaces all pods. */
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
