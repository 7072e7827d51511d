import { createHash } from 'node:crypto';
import { type JsonObject, type KubeObject, membersOf, timestamp, type WorkloadPlural } from './objects.ts';
import type { Controlled, Situation } from './workloads.ts';

const owners = { deployments: 'ReplicaSet', statefulsets: 'StatefulSet', daemonsets: 'DaemonSet' } as const;

type PodState = 'ready' | 'starting' | 'ending';

/** The pods that a workload has at one moment, made up from its pod templates: old ones, new ones, and old ones that still end. */
export function podsOf(
  plural: WorkloadPlural,
  object: KubeObject,
  controlled: Controlled,
  situation: Situation,
  now: number,
): readonly KubeObject[] {
  const { phase, wanted, held } = situation;
  const make = (isNew: boolean, index: number, state: PodState) =>
    pod(plural, object, controlled, situation, { isNew, index, state, now });
  const range = (count: number, first = 0) => Array.from({ length: Math.max(0, count) }, (_, index) => first + index);
  if (phase === 'unobserved') return range(wanted).map((index) => make(false, index, 'ready'));
  const kept = range(held).map((index) => make(false, index, 'ready'));
  const rolling = range(wanted - held, held);
  if (phase === 'done') return [...kept, ...rolling.map((index) => make(true, index, 'ready'))];
  if (plural === 'deployments') {
    const old = rolling.map((index) => make(false, index, phase === 'terminating' ? 'ending' : 'ready'));
    const fresh =
      phase === 'terminating'
        ? rolling.map((index) => make(true, index, 'ready'))
        : rolling.slice(0, 1).map((index) => make(true, index, 'starting'));
    return [...kept, ...old, ...fresh];
  }
  // The others replace one pod after the other, the last one first, each once the old one is gone.
  const last = held + rolling.length - 1;
  const replaced = (index: number) => (phase === 'terminating' ? make(false, index, 'ending') : make(true, index, 'starting'));
  return [...kept, ...rolling.map((index) => (index === last ? replaced(index) : make(false, index, 'ready')))];
}

function pod(
  plural: WorkloadPlural,
  object: KubeObject,
  { template, oldTemplate }: Controlled,
  { hash, oldHash }: Situation,
  { isNew, index, state, now }: { isNew: boolean; index: number; state: PodState; now: number },
): KubeObject {
  const made = isNew ? template : oldTemplate;
  const revision = isNew ? hash : oldHash;
  const { name, namespace } = object.metadata;
  const owner = plural === 'deployments' ? `${name}-${revision}` : name;
  const podName = plural === 'statefulsets' ? `${name}-${index}` : `${owner}-${suffixOf(`${revision}/${index}`)}`;
  const metadata = membersOf(made['metadata']);
  const revisionLabel = plural === 'deployments' ? 'pod-template-hash' : 'controller-revision-hash';
  const ready = state !== 'starting';
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: podName,
      namespace,
      uid: uidOf(`${object.metadata.uid}/${podName}/${revision}`),
      resourceVersion: object.metadata.resourceVersion,
      creationTimestamp: timestamp(now),
      labels: { ...(membersOf(metadata['labels']) as Record<string, string>), [revisionLabel]: revision },
      ...(metadata['annotations'] === undefined
        ? {}
        : { annotations: membersOf(metadata['annotations']) as Record<string, string> }),
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: owners[plural],
          name: owner,
          uid: uidOf(`${object.metadata.uid}/${owner}`),
          controller: true,
        },
      ],
      ...(state === 'ending' ? { deletionTimestamp: timestamp(now + 30_000) } : {}),
    },
    spec: membersOf(made['spec']),
    status: podStatus(ready, now),
  };
}

function podStatus(ready: boolean, now: number): JsonObject {
  const condition = (type: string, status: boolean): JsonObject => ({
    type,
    status: status ? 'True' : 'False',
    lastTransitionTime: timestamp(now),
    ...(status ? {} : { reason: 'ContainersNotReady', message: 'containers with unready status: [main]' }),
  });
  return {
    phase: ready ? 'Running' : 'Pending',
    conditions: [condition('PodScheduled', true), condition('ContainersReady', ready), condition('Ready', ready)],
  };
}

function suffixOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 5);
}

function uidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex');
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20, 32)].join('-');
}
