import { expect, test } from 'vitest';
import { DeliveryError, ForbiddenError, InterruptedError } from '../../src/errors.ts';
import {
  checkRestartable,
  type Kubernetes,
  type Metadata,
  ObjectMissingError,
  restart,
  restartAnnotation,
  type WorkloadId,
  waitForRollouts,
} from '../../src/kubernetes/index.ts';
import {
  type NewWorkload,
  type Rollout,
  rollouts,
  type Kubernetes as Simulated,
  type WorkloadKind,
} from '../kubernetes/server.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { clientOf } from './client-support.ts';

const kinds = ['deployment', 'daemonset', 'statefulset'] as const;
const namespace = 'open-telemetry';
const marker = { annotation: restartAnnotation, value: '250558013078953' };

interface Started {
  readonly server: Simulated;
  readonly client: Kubernetes;
  readonly id: WorkloadId;
  /** A clock that moves only while somebody sleeps. */
  readonly clock: { now: number };
}

async function start(
  kind: WorkloadKind,
  workload: Partial<NewWorkload> = {},
  options: Parameters<typeof startKubernetesForTest>[0] = {},
): Promise<Started> {
  const clock = { now: Date.parse('2026-11-25T12:00:00Z') };
  const server = await startKubernetesForTest({ tls: true, now: () => clock.now, ...options });
  server.seedWorkload(kind, { name: 'otel', namespace, replicas: 3, nodes: 3, annotations: { own: 'yes' }, ...workload });
  const sleep = async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    clock.now += ms;
  };
  const client = await clientOf(server, { now: () => clock.now, sleep });
  return { server, client, id: { kind, namespace, name: 'otel' }, clock };
}

const annotationsOf = ({ server, id }: Started) => {
  const { spec } = server.workload(id.kind, namespace, id.name) as unknown as {
    spec: { template: { metadata: { annotations: object } } };
  };
  return spec.template.metadata.annotations;
};

const wait = ({ client, id }: Started, options: Partial<Parameters<typeof waitForRollouts>[3]> = {}) =>
  waitForRollouts(client, [id], marker, { timeoutMs: 600_000, ...options });

// Before there is a key.

test.each(kinds)('a %s that can be restarted: a dry run alone was sent', async (kind) => {
  const started = await start(kind);
  const { server, client, id } = started;
  expect(await checkRestartable(client, id)).toMatchObject({ kind, name: 'otel', desired: 3, selector: 'app=otel' });
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `GET /apis/apps/v1/namespaces/open-telemetry/${kind}s/otel`,
    `PATCH /apis/apps/v1/namespaces/open-telemetry/${kind}s/otel?fieldManager=sts&dryRun=All`,
  ]);
  expect(annotationsOf(started)).toEqual({ own: 'yes' });
});

test.each<[string, WorkloadKind, NewWorkload['spec'], RegExp, RegExp]>([
  [
    'a paused Deployment',
    'deployment',
    { paused: true },
    /^deployment\/otel in the namespace open-telemetry cannot be restarted: its rollouts are paused\.$/,
    /kubectl rollout resume deployment\/otel --namespace open-telemetry$/,
  ],
  [
    'a DaemonSet with OnDelete',
    'daemonset',
    { updateStrategy: { type: 'OnDelete' } },
    /its update strategy is OnDelete/,
    /RollingUpdate/,
  ],
  [
    'a StatefulSet with OnDelete',
    'statefulset',
    { updateStrategy: { type: 'OnDelete' } },
    /its update strategy is OnDelete/,
    /RollingUpdate/,
  ],
  [
    'a StatefulSet with a partition',
    'statefulset',
    { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } },
    /has the partition 2, so the pods below that number keep the old key/,
    /partition to 0/,
  ],
])('%s is refused before anything is changed', async (_name, kind, spec = {}, message, hint) => {
  const { server, client, id } = await start(kind, { spec });
  const error = await failure(checkRestartable(client, id));
  expect(error).toBeInstanceOf(DeliveryError);
  expect(error).toMatchObject({ exitCode: 6, message: expect.stringMatching(message) });
  expect((error as DeliveryError).hints.join('\n')).toMatch(hint);
  expect(server.count('workload-patch')).toBe(0);
});

test('a workload that is not there, and one that may not be patched', async () => {
  const { server, client, id } = await start('deployment');
  expect(await failure(checkRestartable(client, { ...id, name: 'x' }))).toBeInstanceOf(ObjectMissingError);
  const rules = [{ verbs: ['get'], resources: ['deployments'] }];
  const narrow = await clientOf(server, { user: { token: server.serviceAccount('a', 'b', rules) } });
  const error = await failure(checkRestartable(narrow, id));
  expect(error).toBeInstanceOf(ForbiddenError);
  expect((error as ForbiddenError).hints.join()).toContain(
    'resources: ["deployments"], resourceNames: ["otel"], verbs: ["patch"]}',
  );
});

// The restart.

test.each(kinds)('a %s is restarted once for each marker', async (kind) => {
  const started = await start(kind);
  const { server, client, id } = started;
  expect(await restart(client, id, marker)).toBe(true);
  expect(annotationsOf(started)).toEqual({ own: 'yes', [restartAnnotation]: marker.value });
  expect(await restart(client, id, marker)).toBe(false);
  expect(server.count('workload-patch')).toBe(1);
  expect(await restart(client, id, { ...marker, value: 'another' })).toBe(true);
});

test.each([
  ['took effect', 'run', 1],
  ['got lost before', 'skip', 2],
] as const)('a restart whose response is lost and that %s', async (_name, handler, patches) => {
  const started = await start('deployment');
  started.server.setFault('workload-patch', { kind: 'reset', handler }, { times: 1 });
  expect(await restart(started.client, started.id, marker)).toBe(true);
  expect(annotationsOf(started)).toEqual({ own: 'yes', [restartAnnotation]: marker.value });
  expect(started.server.count('workload-patch')).toBe(patches);
});

test('a restart whose response is lost again and again', async () => {
  const { server, client, id } = await start('deployment');
  server.setFault('workload-patch', { kind: 'reset' });
  expect(await failure(restart(client, id, marker))).toMatchObject({ exitCode: 11 });
  expect(server.count('workload-patch')).toBe(3);
});

// The wait.

test.each(kinds)('a %s is waited for until it is ready, and told of meanwhile', async (kind) => {
  const started = await start(kind, { rollout: rollouts.afterReads(4) });
  await restart(started.client, started.id, marker);
  const told: string[] = [];
  const outcome = await wait(started, { onProgress: (sentences) => told.push(...sentences) });
  expect(outcome).toEqual({ notReady: [], warnings: [] });
  expect(told[0]).toBe(`${kind} otel: its controller has not seen the change yet`);
  expect(told.length).toBe(new Set(told).size);
  expect(started.server.count('workload-get')).toBeGreaterThan(5);
});

test('the old pods of a deployment are waited for after the rollout is done', async () => {
  const started = await start('deployment', { rollout: rollouts.slowToEnd(6) });
  await restart(started.client, started.id, marker);
  const told: string[] = [];
  expect(await wait(started, { onProgress: (sentences) => told.push(...sentences) })).toEqual({ notReady: [], warnings: [] });
  expect(told).toEqual([expect.stringMatching(/^deployment otel: 3 old pods have not ended yet \(otel-.*\)$/)]);
  const list = started.server.requests.find(({ route }) => route === 'pod-list');
  expect(list?.path).toBe(
    `/api/v1/namespaces/open-telemetry/pods?${new URLSearchParams({ labelSelector: 'app=otel', fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' })}`,
  );
  expect(list?.headers['accept']).toContain('as=PartialObjectMetadataList');
});

test.each<[WorkloadKind, string, string]>([
  ['deployment', 'ReplicaSet', 'otel-abc'],
  ['daemonset', 'DaemonSet', 'otel'],
  ['statefulset', 'StatefulSet', 'otel'],
])('which pods of a %s are old', async (kind, ownerKind, owner) => {
  const started = await start(kind);
  await restart(started.client, started.id, marker);
  const pod = (name: string, rest: object): Metadata => ({
    namespace,
    name,
    uid: name,
    resourceVersion: '1',
    labels: { 'pod-template-hash': 'abc' },
    annotations: { [restartAnnotation]: marker.value },
    createdAt: 0,
    deleting: false,
    owners: [{ kind: ownerKind, name: owner, uid: 'x', controller: true }],
    ...rest,
  });
  const other = { kind: ownerKind, name: 'other', uid: 'y', controller: true };
  const pods = [
    pod('new', {}),
    pod('ending', { deleting: true }),
    pod('of-another-run', { annotations: { [restartAnnotation]: '1' } }),
    pod('never-restarted', { annotations: {} }),
    pod('of-another', { annotations: {}, owners: [other] }),
    pod('of-nobody', { annotations: {}, owners: [] }),
  ];
  const client = { ...started.client, pods: { list: async () => pods } };
  const { notReady } = await waitForRollouts(client, [started.id], marker, { timeoutMs: 10_000 });
  expect(notReady).toEqual([`${kind} otel: 3 old pods have not ended yet (ending, of-another-run, never-restarted)`]);
});

test('pods of another workload that the selector fits as well are not waited for', async () => {
  const started = await start('deployment', { labels: { app: 'otel' } });
  started.server.seedWorkload('deployment', { name: 'otel-gateway', namespace, labels: { app: 'otel', part: 'gateway' } });
  started.server.seedWorkload('daemonset', { name: 'otel', namespace, labels: { app: 'otel', part: 'agent' } });
  await restart(started.client, started.id, marker);
  expect(await wait(started)).toEqual({ notReady: [], warnings: [] });
});

test.each<[string, WorkloadKind, Rollout, RegExp]>([
  ['new pods that never get ready', 'deployment', rollouts.stuck, /^deployment otel: 1 of 3 pods are updated$/],
  ['old pods that never end', 'deployment', rollouts.slowToEnd('never'), /^deployment otel: 3 old pods have not ended yet \(/],
  [
    'a controller that does nothing',
    'daemonset',
    { unit: 'reads', observed: 1e9, ready: 'never', gone: 'never' },
    /has not seen the change yet$/,
  ],
])('%s: what is not ready is told when the time is over', async (_name, kind, rollout, sentence) => {
  const started = await start(kind, { rollout });
  await restart(started.client, started.id, marker);
  const before = started.clock.now;
  const { notReady } = await wait(started, { timeoutMs: 60_000, pollMs: 7000 });
  expect(notReady).toEqual([expect.stringMatching(sentence)]);
  expect(started.clock.now - before).toBe(60_000);
});

test('a Deployment beyond its progress deadline is not waited for any longer', async () => {
  const rollout: Rollout = { unit: 'reads', observed: 0, ready: 'never', gone: 'never', deadline: 3 };
  const started = await start('deployment', { rollout });
  await restart(started.client, started.id, marker);
  const before = started.clock.now;
  const { notReady } = await wait(started);
  expect(notReady).toEqual(['deployment otel: the rollout made no progress within its deadline (1 of 3 pods are updated)']);
  expect(started.clock.now - before).toBeLessThan(60_000);
});

test('several workloads are waited for together', async () => {
  const started = await start('deployment', { rollout: rollouts.afterMs(30_000) });
  const agent: WorkloadId = { kind: 'daemonset', namespace, name: 'agent' };
  started.server.seedWorkload('daemonset', { name: 'agent', namespace, rollout: rollouts.stuck });
  for (const id of [started.id, agent]) await restart(started.client, id, marker);
  const { notReady } = await waitForRollouts(started.client, [started.id, agent], marker, { timeoutMs: 60_000 });
  expect(notReady).toEqual(['daemonset agent: 1 of 2 pods are updated']);
});

test('a restart that another program took back is told at once', async () => {
  const started = await start('deployment', { rollout: rollouts.stuck });
  const { client, id } = started;
  await restart(client, id, marker);
  await client.workloads.annotatePods(id, { [restartAnnotation]: 'of another run' });
  const { notReady } = await wait(started);
  expect(notReady).toEqual([
    expect.stringContaining('another program has removed or changed its annotation sts.stackstate.com/restarted-for'),
  ]);
});

test('a workload that is deleted meanwhile is told at once', async () => {
  const started = await start('deployment', { rollout: rollouts.stuck });
  await restart(started.client, started.id, marker);
  const { notReady } = await waitForRollouts(started.client, [{ ...started.id, name: 'gone' }], marker, { timeoutMs: 60_000 });
  expect(notReady).toEqual(['deployment gone: it no longer exists']);
});

test('where pods may not be listed the rollout alone is waited for, which is said once', async () => {
  const started = await start('deployment', { rollout: rollouts.slowToEnd('never') });
  const { server, id, clock } = started;
  const other: WorkloadId = { ...id, name: 'other' };
  server.seedWorkload('deployment', { name: 'other', namespace });
  const rules = [{ verbs: ['get', 'patch'], resources: ['deployments'] }];
  const user = { token: server.serviceAccount('a', 'b', rules) };
  const client = await clientOf(server, { user, now: () => clock.now });
  for (const each of [id, other]) await restart(client, each, marker);
  expect(await waitForRollouts(client, [id, other], marker, { timeoutMs: 60_000 })).toEqual({
    notReady: [],
    warnings: [expect.stringContaining('These credentials may not list pods in the namespace open-telemetry')],
  });
});

test.each([
  ['503', { kind: 'status', status: 503 }],
  ['a broken connection', { kind: 'reset' }],
] as const)('an API server that fails for a while (%s) is asked again', async (_name, fault) => {
  const started = await start('deployment');
  await restart(started.client, started.id, marker);
  const told: string[] = [];
  started.server.setFault('workload-get', fault, { times: 9 });
  expect(await wait(started, { onProgress: (sentences) => told.push(...sentences) })).toEqual({ notReady: [], warnings: [] });
  expect(told.join()).toMatch(/^deployment otel: (?:The|No response from the) Kubernetes API server/);
});

test('an interrupt ends the wait at once', async () => {
  const interrupt = new AbortController();
  const started = await start('deployment', { rollout: rollouts.stuck });
  await restart(started.client, started.id, marker);
  const act = wait(started, { signal: interrupt.signal, onProgress: () => interrupt.abort(new InterruptedError('SIGTERM')) });
  expect(await failure(act)).toMatchObject({ exitCode: 143 });
  expect(started.server.count('workload-get')).toBe(2);
});

async function failure(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => {
      throw new Error('it was taken');
    },
    (reason: unknown) => reason,
  );
}
