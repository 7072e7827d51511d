import { describe, expect, test } from 'vitest';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import { administrator, type Kubernetes, type KubernetesOptions, type Rule, rollouts } from '../kubernetes/server.ts';
import type { StackState } from '../stackstate/server.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { jsonOf, type RunOptions, startForTest, tempFolder, testTime } from '../support/run.ts';
import { testClock } from '../support/test-clock.ts';
import { changes, runVerb, type VerbKind, verbKinds } from './kinds.ts';

const day = 86_400_000;
const namespace = 'open-telemetry';
const name = 'open-telemetry-collector';
const secret = `${namespace}/${name}`;
const field = 'API_KEY';

async function start(kind: VerbKind, options: KubernetesOptions = {}) {
  const clock = testClock(testTime);
  const server = await startForTest({ now: clock.serverNow });
  const refused: string[] = [];
  const kubernetes = await startKubernetesForTest({
    now: clock.serverNow,
    tls: true,
    // Whoever reads the Secret at any time finds what the server accepts.
    onSecretChange: ({ type, fields }) => {
      const held = fields[field];
      if (type !== 'DELETED' && held !== undefined && !kind.isLive(server, held)) refused.push(held);
    },
    ...options,
  });
  return { clock, server, kubernetes, refused, run: runWith(kind, server, kubernetes, clock, administrator.token) };
}

function runWith(kind: VerbKind, server: StackState, kubernetes: Kubernetes, clock: RunOptions, token: string) {
  const kubeconfig = writeKubeconfig(tempFolder(), kubernetes, { namespace: 'monitoring', user: { token } });
  return (argv: readonly [string, ...string[]], options: RunOptions = {}) =>
    runVerb(kind, server, [...argv, '--kubernetes-secret', secret, '--kubeconfig', kubeconfig], { ...clock, ...options });
}

/** Requests to the cluster that change something, dry runs left out. */
function changesIn({ requests }: Kubernetes): string[] {
  return requests
    .filter(({ method, path }) => method !== 'GET' && !path.includes('dryRun') && !path.includes('selfsubject'))
    .map(({ method, path }) => `${method} ${path.split('?')[0]}`);
}

describe.each(verbKinds)('--kubernetes-secret with $title', (kind) => {
  const { noun, titled, deleted, rows, seed } = kind;

  test('create makes the Secret that is missing, and verify reads it', async () => {
    const { server, kubernetes, run } = await start(kind);
    const result = await run(['create', '-n', 'otel', '--expires-in', '90d']);
    const [issued] = rows(server);
    expect(kubernetes.field(namespace, name, field)).toBe(issued?.secret);
    expect(kubernetes.secret(namespace, name)?.type).toBe('Opaque');
    expect(JSON.stringify(kubernetes.secret(namespace, name)?.metadata.annotations)).not.toContain('journal');
    expect(result).toMatchObject({
      code: 0,
      stdout: `[SUCCESS] ${titled} written to the Secret ${secret} (id ${issued?.id})\n`,
      stderr: '',
    });
    expect(await run(['verify'])).toMatchObject({ code: 0, stdout: `[SUCCESS] ${titled} is valid\n`, stderr: '' });
  });

  test('create does not put a new one over one that is there, unless --force says so', async () => {
    const { server, kubernetes, run } = await start(kind);
    kubernetes.seedSecret({ namespace, name, fields: { [field]: seed(server).secret } });
    const result = await run(['create', '-n', 'otel']);
    expect(result).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('holds a key already') });
    expect(changes(server)).toEqual([]);
    expect(await run(['create', '-n', 'otel', '--force'])).toMatchObject({ code: 0 });
    expect(kubernetes.field(namespace, name, field)).toBe(rows(server)[1]?.secret);
  });

  test('rotate changes the one field, restarts what uses it and waits, and then deletes the old one', async () => {
    const { server, kubernetes, refused, run } = await start(kind);
    const old = seed(server, { name: 'otel' });
    const labels = { app: 'collector' };
    kubernetes.seedSecret({ namespace, name, fields: { [field]: old.secret, OTHER: 'kept' }, labels });
    kubernetes.seedWorkload('deployment', { name: 'collector', namespace, rollout: rollouts.afterReads(2) });
    kubernetes.seedWorkload('daemonset', { name: 'agent', namespace });
    const restart = ['--restart', 'deployment/collector', '--restart', 'daemonset/agent'];
    const result = await run(['rotate', '-n', 'otel', '--key-var', field, '--delete-old', ...restart, '-o', 'json']);
    const [issued, ...others] = rows(server);
    expect(others).toEqual([]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(jsonOf(result.stdout)).toMatchObject({
      [noun]: { id: Number(issued?.id) },
      'kubernetes-secret': secret,
      [`replaced-${noun}`]: { deleted: true, id: Number(old.id) },
    });
    expect(kubernetes.field(namespace, name, field)).toBe(issued?.secret);
    expect(kubernetes.field(namespace, name, 'OTHER')).toBe('kept');
    expect(kubernetes.secret(namespace, name)?.metadata.labels).toEqual(labels);
    for (const path of ['deployments/collector', 'daemonsets/agent']) {
      expect(changesIn(kubernetes).filter((change) => change.endsWith(path))).toHaveLength(1);
    }
    expect(refused).toEqual([]);
    expect(`${kubernetes.requests.map(({ path }) => path)}`).not.toContain(issued?.secret);
  });

  test('without --restart the old one lives two more minutes, which the kubelet needs', async () => {
    const { clock, server, kubernetes, run } = await start(kind);
    kubernetes.seedSecret({ namespace, name, fields: { [field]: seed(server, { name: 'otel' }).secret } });
    const began = clock.now();
    const result = await run(['rotate', '-n', 'otel', '--delete-old']);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining(deleted) });
    expect(clock.now() - began).toBeGreaterThanOrEqual(120_000);
  });

  test('consumers that are not ready in time: exit 13, both live, and the next run goes on from there', async () => {
    const { server, kubernetes, run } = await start(kind);
    const old = seed(server, { name: 'otel' });
    kubernetes.seedSecret({ namespace, name, fields: { [field]: old.secret } });
    const rollout = { unit: 'ms', observed: 0, ready: 45_000, gone: 45_000 } as const;
    kubernetes.seedWorkload('deployment', { name: 'collector', namespace, rollout });
    const rotate = ['rotate', '-n', 'otel', '--delete-old', '--restart', 'deployment/collector'] as const;
    const late = await run([...rotate, '--restart-timeout', '30s']);
    expect(late).toMatchObject({ code: 13, stdout: '' });
    expect(late.stderr).toContain('deployment/collector');
    expect(late.stderr).toContain(`kubectl rollout status deployment/collector --namespace ${namespace}`);
    expect(late.stderr).toContain(`sts ${noun} renew --name otel --kubernetes-secret ${secret}`);
    expect(rows(server)).toHaveLength(2);
    expect(kubernetes.field(namespace, name, field)).toBe(rows(server)[1]?.secret);
    // It names no restart: the journal does.
    const renewal = await run(['renew', '-n', 'otel', '--delete-old', '--after', '0s']);
    expect(renewal.code, renewal.stderr).toBe(0);
    expect(changesIn(kubernetes).filter((change) => change.endsWith('deployments/collector'))).toHaveLength(1);
    expect(rows(server).map(({ secret: held }) => held)).toEqual([kubernetes.field(namespace, name, field)]);
  });

  test('renew makes the Secret, then its field, and replaces what ends soon', async () => {
    const { clock, server, kubernetes, refused, run } = await start(kind);
    const renew = ['renew', '-n', 'otel', '--expires-in', '90d', '--delete-old', '--after', '0s'] as const;
    expect(await run([...renew])).toMatchObject({ code: 0, stderr: '' });
    expect(await run([...renew])).toMatchObject({ code: 0, stdout: expect.stringContaining('is up to date') });
    clock.advance(61 * day);
    expect(await run([...renew])).toMatchObject({ code: 0, stdout: expect.stringContaining(deleted) });
    expect(rows(server).map((row) => row.secret)).toEqual([kubernetes.field(namespace, name, field)]);
    expect(refused).toEqual([]);
    kubernetes.changeSecret(namespace, name, { data: { [field]: null, OTHER: 'a2VwdA==' } });
    const again = await run([...renew, '--key-var', field]);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('written to the Secret') });
    expect(kubernetes.field(namespace, name, 'OTHER')).toBe('kept');
  });

  test('a Secret that holds the one of another name is left alone, and --force puts the new one there all the same', async () => {
    const { server, kubernetes, run } = await start(kind);
    await run(['create', '-n', 'otel', '--expires-in', '90d']);
    const other = seed(server);
    const before = changes(server);
    for (const flags of [['rotate'], ['rotate', '--dry-run'], ['renew'], ['renew', '--dry-run']] as const) {
      const result = await run([...flags, '-n', 'ci', '--delete-old']);
      expect(result, flags.join(' ')).toMatchObject({ code: 3, stdout: '' });
      expect(result.stderr).toContain(
        `The Secret ${secret} holds the ${kind.short} ${rows(server)[0]?.id}, which is named "otel"`,
      );
      expect(result.stderr).toContain('--name otel\n');
      expect(result.stderr).toContain('--force\n');
    }
    expect(changes(server)).toEqual(before);
    expect(kubernetes.field(namespace, name, field)).toBe(rows(server)[0]?.secret);

    expect(await run(['rotate', '-n', 'ci', '--delete-old', '--after', '0s', '--force'])).toMatchObject({ code: 0 });

    expect(rows(server).map((row) => [row.name, row.id === other.id])).toEqual([
      ['otel', false],
      ['ci', false],
    ]);
    expect(kubernetes.field(namespace, name, field)).toBe(rows(server)[1]?.secret);
  });

  test('somebody has put another one into the field by hand: what the Secret remembers is no obstacle', async () => {
    const { server, kubernetes, run } = await start(kind);
    await run(['create', '-n', 'otel']);
    const data = { [field]: Buffer.from(seed(server).secret).toString('base64') };
    kubernetes.changeSecret(namespace, name, { data });
    expect(await run(['rotate', '-n', 'ci', '--delete-old', '--after', '0s'])).toMatchObject({ code: 0, stderr: '' });
    expect(rows(server)[1]).toMatchObject({ name: 'ci', secret: kubernetes.field(namespace, name, field) });
  });

  test('a new name is the name from then on, also for who finishes the rotation', async () => {
    const { server, kubernetes, run } = await start(kind);
    await run(['create', '-n', 'otel', '--expires-in', '90d']);
    const renamed = ['--new-name', 'collector', '--delete-old', '--after', '1h', '--no-wait'];
    expect(await run(['rotate', '-n', 'otel', ...renamed])).toMatchObject({ code: 0, stderr: '' });
    const finished = await run(['renew', '-n', 'otel', '--delete-old', '--after', '0s']);
    expect(finished).toMatchObject({ code: 0, stdout: expect.stringContaining('is up to date') });
    expect(rows(server)).toMatchObject([{ name: 'collector', secret: kubernetes.field(namespace, name, field) }]);
    expect(await run(['renew', '-n', 'otel'])).toMatchObject({ code: 3, stderr: expect.stringContaining('--name collector\n') });
    expect(rows(server)).toHaveLength(1);
  });

  test('verify of a Secret with two fields asks for --key-var; a refused one says which Secret and which server', async () => {
    const { server, kubernetes, run } = await start(kind);
    kubernetes.seedSecret({ namespace, name, fields: { [field]: seed(server).secret, B: 'nothing-good' } });
    expect(await run(['verify'])).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining(`--key-var ${field}`) });
    expect(await run(['verify', '--key-var', field])).toMatchObject({ code: 0 });
    const bad = await run(['verify', '--key-var', 'B'], { stderr: { isTTY: true } });
    expect(bad).toMatchObject({ code: 12, stdout: `${titled} is not valid\n` });
    expect(bad.stderr).toContain(`the field B of the Secret ${secret}, asked ${new URL(server.url).host}`);
    expect(bad.stderr).not.toContain('nothing-good');
    expect(await run(['verify', '--key-var', 'C'])).toMatchObject({ code: 3, stderr: expect.stringContaining('has no field C') });
    expect(changesIn(kubernetes)).toEqual([]);
  });

  type Prepared = readonly [string, (cluster: Kubernetes) => unknown, readonly string[], number, string];
  const fields = { [field]: 'x' };
  const unfit: readonly Prepared[] = [
    ['the Secret is missing', () => {}, [], 6, 'There is no Secret'],
    ['it is immutable', (on) => on.seedSecret({ namespace, name, fields, immutable: true }), [], 6, 'is immutable'],
    [
      'it is of another type',
      (on) => on.seedSecret({ namespace, name, type: 'kubernetes.io/tls', fields: { 'tls.crt': 'x', 'tls.key': 'y' } }),
      ['--key-var', 'tls.key'],
      6,
      'kubernetes.io/tls',
    ],
    ['its field is empty', (on) => on.seedSecret({ namespace, name, fields: { [field]: '' } }), [], 6, 'is empty'],
    [
      'it has several fields',
      (on) => on.seedSecret({ namespace, name, fields: { ...fields, B: 'y' } }),
      [],
      3,
      '--key-var API_KEY',
    ],
    [
      'the workload is missing',
      (on) => on.seedSecret({ namespace, name, fields }),
      ['--restart', 'deployment/none'],
      6,
      'deployment',
    ],
  ];

  test.each(unfit)('rotate where %s: nothing is created, and the message says so', async (_, prepare, flags, code, words) => {
    const { server, kubernetes, run } = await start(kind);
    seed(server, { name: 'otel' });
    prepare(kubernetes);
    const result = await run(['rotate', '-n', 'otel', '--delete-old', ...flags]);
    expect(result.stderr).toContain(words);
    expect(result).toMatchObject({ stdout: '' });
    expect([code, 8], result.stderr).toContain(result.code);
    expect(changes(server)).toEqual([]);
    expect(changesIn(kubernetes)).toEqual([]);
  });

  test.each([
    ['secrets', 'patch', [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }]],
    ['secrets', 'get', []],
    [
      'deployments',
      'patch',
      [
        { verbs: ['get', 'patch'], apiGroups: [''], resources: ['secrets'] },
        { verbs: ['get'], apiGroups: ['apps'], resources: ['deployments'] },
      ],
    ],
  ] as const)(
    'permissions that are too few: the message names %s and %s, and nothing is created',
    async (resource, verb, rules) => {
      const { clock, server, kubernetes } = await start(kind);
      const old = seed(server, { name: 'otel' });
      kubernetes.seedSecret({ namespace, name, fields: { [field]: old.secret } });
      kubernetes.seedWorkload('deployment', { name: 'collector', namespace });
      const token = kubernetes.serviceAccount(namespace, 'rotator', rules as unknown as readonly Rule[]);
      const run = runWith(kind, server, kubernetes, clock, token);
      const result = await run(['rotate', '-n', 'otel', '--restart', 'deployment/collector']);
      expect(result.code).not.toBe(0);
      expect(result.stderr).toContain(verb);
      expect(result.stderr).toContain(resource);
      expect(result.stderr).not.toContain(token);
      expect(changes(server)).toEqual([]);
      expect(kubernetes.field(namespace, name, field)).toBe(old.secret);
    },
  );

  test('--dry-run changes nothing in the cluster either', async () => {
    const { server, kubernetes, run } = await start(kind);
    const made = BigInt(testTime - 80 * day);
    const old = seed(server, { name: 'otel', lastUpdateTimestamp: made, expiration: made + BigInt(90 * day) });
    kubernetes.seedSecret({ namespace, name, fields: { [field]: old.secret } });
    kubernetes.seedWorkload('deployment', { name: 'collector', namespace });
    const restart = ['--restart', 'deployment/collector', '--dry-run'];
    const rotation = await run(['rotate', '-n', 'otel', '--delete-old', ...restart]);
    expect(rotation).toMatchObject({ code: 0, stdout: expect.stringContaining(`go to the Secret ${secret}`) });
    const renewal = await run(['renew', '-n', 'otel', ...restart]);
    expect(renewal).toMatchObject({ code: 0, stdout: expect.stringContaining('would be replaced') });
    expect(changes(server)).toEqual([]);
    expect(changesIn(kubernetes)).toEqual([]);
  });
});
