import { expect, test } from 'vitest';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { call, pathOf } from './caller.ts';
import { type JsonObject, membersOf } from './objects.ts';
import { type Kubernetes, type NewWorkload, rollouts, type WorkloadKind } from './server.ts';

const restart = (id: string) => ({ spec: { template: { metadata: { annotations: { 'sts/key-id': id } } } } });

function read(kubernetes: Kubernetes, kind: WorkloadKind) {
  return call(kubernetes, 'GET', pathOf(`${kind}s`, 'default', 'w')).then(({ body }) => body);
}

function change(kubernetes: Kubernetes, kind: WorkloadKind, body: JsonObject, query = '') {
  return call(kubernetes, 'PATCH', `${pathOf(`${kind}s`, 'default', 'w')}${query}`, { body });
}

async function pods(kubernetes: Kubernetes): Promise<string[]> {
  const { body } = await call(kubernetes, 'GET', `${pathOf('pods', 'default')}?labelSelector=app%3Dw`);
  return (body['items'] as readonly JsonObject[]).map((pod) => {
    const metadata = membersOf(pod['metadata']);
    const id = membersOf(metadata['annotations'])['sts/key-id'] ?? '-';
    const conditions = membersOf(pod['status'])['conditions'] as readonly JsonObject[];
    const ready = conditions.find(({ type }) => type === 'Ready')?.['status'] === 'True';
    return `${id} ${'deletionTimestamp' in metadata ? 'ending' : ready ? 'ready' : 'starting'}`;
  });
}

/** What `kubectl rollout status` waits for. */
function rolledOut(kind: WorkloadKind, workload: JsonObject): boolean {
  const [metadata, spec, status] = ['metadata', 'spec', 'status'].map((name) => membersOf(workload[name]));
  const count = (name: string) => Number(status?.[name] ?? 0);
  if (count('observedGeneration') < Number(metadata?.['generation'])) return false;
  if (kind === 'daemonset') {
    const desired = count('desiredNumberScheduled');
    return count('updatedNumberScheduled') >= desired && count('numberAvailable') >= desired;
  }
  const replicas = Number(spec?.['replicas'] ?? 1);
  if (kind === 'statefulset')
    return count('readyReplicas') >= replicas && status?.['updateRevision'] === status?.['currentRevision'];
  const updated = count('updatedReplicas');
  return updated >= replicas && count('replicas') <= updated && count('availableReplicas') >= updated;
}

async function start(kind: WorkloadKind, workload: Omit<NewWorkload, 'name'> = {}): Promise<Kubernetes> {
  const kubernetes = await startKubernetesForTest();
  kubernetes.seedWorkload(kind, { name: 'w', replicas: 2, nodes: 2, ...workload });
  return kubernetes;
}

const kinds = ['deployment', 'statefulset', 'daemonset'] as const;

test.each(kinds)('a %s that was let alone is rolled out', async (kind) => {
  const kubernetes = await start(kind);
  const workload = await read(kubernetes, kind);
  expect(workload).toMatchObject({ metadata: { generation: 1 }, status: { observedGeneration: 1 } });
  expect(rolledOut(kind, workload)).toBe(true);
  expect(await pods(kubernetes)).toEqual(['- ready', '- ready']);
});

test.each(kinds)('a %s takes over a changed pod template after some reads', async (kind) => {
  const kubernetes = await start(kind, { rollout: rollouts.afterReads(2) });
  const patched = await change(kubernetes, kind, restart('7'));
  expect(patched.body).toMatchObject({ metadata: { generation: 2 }, status: { observedGeneration: 1 } });
  const seen: boolean[] = [];
  for (let index = 0; index < 4; index += 1) seen.push(rolledOut(kind, await read(kubernetes, kind)));
  expect(seen).toEqual([false, false, false, true]);
  expect(await pods(kubernetes)).toEqual(['7 ready', '7 ready']);
});

test.each(kinds)('a %s does not roll for a change that is only tried, or is none, or is not of its pods', async (kind) => {
  const kubernetes = await start(kind, { rollout: rollouts.stuck });
  await change(kubernetes, kind, restart('7'), '?dryRun=All');
  await change(kubernetes, kind, { metadata: { labels: { touched: 'yes' } } });
  await change(kubernetes, kind, {});
  expect(await read(kubernetes, kind)).toMatchObject({ metadata: { generation: 1 } });
  expect(rolledOut(kind, await read(kubernetes, kind))).toBe(true);
  expect(await pods(kubernetes)).toEqual(['- ready', '- ready']);
});

test('old pods of a Deployment may run on when it is rolled out', async () => {
  const kubernetes = await start('deployment', { rollout: rollouts.slowToEnd(2) });
  await change(kubernetes, 'deployment', restart('7'));
  expect(rolledOut('deployment', await read(kubernetes, 'deployment'))).toBe(true);
  expect((await pods(kubernetes)).sort()).toEqual(['- ending', '- ending', '7 ready', '7 ready']);
  expect(await pods(kubernetes)).toEqual(['7 ready', '7 ready']);
});

test.each(['statefulset', 'daemonset'] as const)('a %s is not rolled out before its old pods are gone', async (kind) => {
  const kubernetes = await start(kind, { rollout: rollouts.slowToEnd('never') });
  await change(kubernetes, kind, restart('7'));
  expect(rolledOut(kind, await read(kubernetes, kind))).toBe(false);
  expect(await pods(kubernetes)).toEqual(['- ready', '- ending']);
});

test.each(kinds)('a %s can get stuck, with one new pod or one old one gone', async (kind) => {
  const kubernetes = await start(kind, { rollout: rollouts.stuck });
  await change(kubernetes, kind, restart('7'));
  for (let index = 0; index < 5; index += 1) expect(rolledOut(kind, await read(kubernetes, kind))).toBe(false);
});

test('a Deployment that is stuck for too long says so', async () => {
  const kubernetes = await start('deployment', { rollout: { ...rollouts.stuck, deadline: 1 } });
  await change(kubernetes, 'deployment', restart('7'));
  await read(kubernetes, 'deployment');
  const reasons = membersOf((await read(kubernetes, 'deployment'))['status'])['conditions'];
  expect(reasons).toContainEqual(
    expect.objectContaining({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }),
  );
});

test('a rollout can go by the clock', async () => {
  let now = 1_000_000;
  const kubernetes = await startKubernetesForTest({ now: () => now });
  kubernetes.seedWorkload('deployment', { name: 'w', rollout: rollouts.afterMs(500) });
  await change(kubernetes, 'deployment', restart('7'));
  now += 499;
  expect(rolledOut('deployment', await read(kubernetes, 'deployment'))).toBe(false);
  now += 1;
  expect(rolledOut('deployment', await read(kubernetes, 'deployment'))).toBe(true);
});

test.each([
  ['a paused Deployment', 'deployment', { paused: true }],
  ['a StatefulSet with OnDelete', 'statefulset', { updateStrategy: { type: 'OnDelete' } }],
  ['a DaemonSet with OnDelete', 'daemonset', { updateStrategy: { type: 'OnDelete' } }],
] as const)('%s takes the change, and nothing rolls', async (_, kind, spec) => {
  const kubernetes = await start(kind, { spec });
  expect((await change(kubernetes, kind, restart('7'))).status).toBe(200);
  const workload = await read(kubernetes, kind);
  expect(workload).toMatchObject({ metadata: { generation: 2 }, status: { observedGeneration: 2 } });
  expect(rolledOut(kind, workload)).toBe(false);
  expect(await pods(kubernetes)).toEqual(['- ready', '- ready']);
});

test('pods below the partition of a StatefulSet keep the old template', async () => {
  const kubernetes = await start('statefulset', {
    spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } },
  });
  await change(kubernetes, 'statefulset', restart('7'));
  expect(await read(kubernetes, 'statefulset')).toMatchObject({ status: { updatedReplicas: 1, currentReplicas: 1 } });
  expect(await pods(kubernetes)).toEqual(['- ready', '7 ready']);
});

test('what the controller writes makes a patch under an older version conflict', async () => {
  const kubernetes = await start('deployment', { rollout: rollouts.afterReads(1) });
  const { body } = await change(kubernetes, 'deployment', restart('7'));
  const resourceVersion = membersOf(body['metadata'])['resourceVersion'];
  await read(kubernetes, 'deployment');
  await read(kubernetes, 'deployment');
  expect((await change(kubernetes, 'deployment', { metadata: { resourceVersion }, ...restart('8') })).status).toBe(409);
});

test('the selector of a Deployment is for ever', async () => {
  const kubernetes = await start('deployment');
  const { body } = await change(kubernetes, 'deployment', { spec: { selector: { matchLabels: { app: 'other' } } } });
  expect(body).toMatchObject({ code: 422, reason: 'Invalid', details: { name: 'w', group: 'apps', kind: 'Deployment' } });
});
