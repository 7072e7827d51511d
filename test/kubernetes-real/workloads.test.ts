import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, pathOf } from '../kubernetes/caller.ts';
import { manifestOf } from '../kubernetes/cluster.ts';
import { isObject, type JsonObject, membersOf } from '../kubernetes/objects.ts';
import { type NewWorkload, type Rollout, rollouts, type WorkloadKind } from '../kubernetes/server.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { type RealKubernetes, startRealKubernetes } from './start.ts';

// The states of a rollout that the simulated server shows are those of real controllers. How long each lasts is another matter.

let real: RealKubernetes;

beforeAll(async () => {
  real = await startRealKubernetes();
});

afterAll(() => real?.close());

interface Scenario {
  readonly title: string;
  readonly kind: WorkloadKind;
  readonly spec?: JsonObject;
  /** Changed once it has been rolled out, before the restart. */
  readonly changed?: JsonObject;
  /** How far the rollout comes: on the simulated server, and by the pretended kubelet. */
  readonly rollout: Rollout;
  readonly readyAfter?: 'never';
  readonly goneAfter?: 'never';
}

const patience = { timeout: 15_000, interval: 100 };
const onDelete = { updateStrategy: { type: 'OnDelete' } };
const scenarios: readonly Scenario[] = [
  ...(['deployment', 'statefulset', 'daemonset'] as const).flatMap((kind): Scenario[] => [
    { title: `a ${kind} that is rolled out`, kind, rollout: rollouts.instant },
    { title: `a ${kind} whose new pods are not ready`, kind, rollout: { ...rollouts.stuck, gone: 0 }, readyAfter: 'never' },
    { title: `a ${kind} whose old pods run on`, kind, rollout: rollouts.slowToEnd('never'), goneAfter: 'never' },
  ]),
  { title: 'a paused deployment', kind: 'deployment', changed: { paused: true }, rollout: rollouts.instant },
  { title: 'a statefulset with OnDelete', kind: 'statefulset', spec: onDelete, rollout: rollouts.instant },
  { title: 'a daemonset with OnDelete', kind: 'daemonset', spec: onDelete, rollout: rollouts.instant },
  {
    title: 'a statefulset with a partition',
    kind: 'statefulset',
    spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } },
    rollout: rollouts.instant,
  },
];

test.each(scenarios.map((row, index) => ({ ...row, name: `w${index}` })))('$title', async ({ kind, name, spec, ...row }) => {
  const wanted: NewWorkload = { name, replicas: 2, nodes: 1, ...(spec === undefined ? {} : { spec }) };
  const path = pathOf(`${kind}s`, 'default', name);
  const restart = { spec: { template: { metadata: { annotations: { 'sts/key-id': '7' } } } } };

  const simulated = await startKubernetesForTest();
  simulated.seedWorkload(kind, { ...wanted, rollout: row.rollout });
  if (row.changed !== undefined) await call(simulated, 'PATCH', path, { body: { spec: row.changed } });
  const before = await lookAt((url) => call(simulated, 'GET', url), kind, name);
  expect((await call(simulated, 'PATCH', path, { body: restart })).status).toBe(200);
  const after = await lookAt((url) => call(simulated, 'GET', url), kind, name);

  Object.assign(real.kubelet, { readyAfter: 0, goneAfter: 0 });
  await real.create(pathOf(`${kind}s`, 'default'), manifestOf(kind, wanted) as unknown as JsonObject);
  const look = () => lookAt((url) => real.call('GET', url), kind, name);
  if (row.changed !== undefined) {
    await expect.poll(async () => (await look()).counts['readyReplicas'], patience).toBe(2);
    await real.call('PATCH', path, { body: { spec: row.changed } });
  }
  await expect.poll(look, patience).toEqual(before);
  Object.assign(real.kubelet, { readyAfter: row.readyAfter ?? 0, goneAfter: row.goneAfter ?? 0 });
  expect((await real.call('PATCH', path, { body: restart })).status).toBe(200);
  await expect.poll(look, patience).toEqual(after);

  Object.assign(real.kubelet, { readyAfter: 0, goneAfter: 0 });
  await real.call('DELETE', path, { body: { propagationPolicy: 'Foreground' } });
});

/** A workload's state and its pods', without what differs from run to run. */
async function lookAt(get: (url: string) => Promise<{ body: JsonObject }>, kind: WorkloadKind, name: string) {
  const { body } = await get(pathOf(`${kind}s`, 'default', name));
  const pods = await get(`${pathOf('pods', 'default')}?labelSelector=app%3D${name}`);
  const status = membersOf(body['status']);
  const { conditions, currentRevision, updateRevision, ...counts } = status;
  return {
    generation: membersOf(body['metadata'])['generation'],
    revision: membersOf(membersOf(body['metadata'])['annotations'])['deployment.kubernetes.io/revision'],
    counts,
    rolled: currentRevision === updateRevision,
    conditions: listOf(conditions)
      .map(({ type, status: state, reason }) => `${type} ${state} ${reason}`)
      .sort(),
    pods: listOf(pods.body['items']).map(describePod).sort(),
  };
}

function describePod(pod: JsonObject): string {
  const metadata = membersOf(pod['metadata']);
  const id = membersOf(metadata['annotations'])['sts/key-id'] ?? '-';
  const ready = listOf(membersOf(pod['status'])['conditions']).some(({ type, status }) => type === 'Ready' && status === 'True');
  const owner = listOf(metadata['ownerReferences'])[0]?.['kind'];
  return `${id} ${metadata['deletionTimestamp'] === undefined ? '' : 'ending '}${ready ? 'ready' : 'starting'} of ${owner}`;
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
