import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweep } from '../e2e/kill-sweep-support.ts';
import { membersOf } from '../kubernetes/objects.ts';
import { neededRules, Scene } from './rotation-support.ts';
import { type RealKubernetes, startRealKubernetes } from './start.ts';

// The built program against a real API server, as a service account that has just what a rotation needs.

let real: RealKubernetes;
let number = 0;
let points = 0;

beforeAll(async () => {
  real = await startRealKubernetes();
});

afterAll(() => real?.close());

async function inScene<T>(work: (scene: Scene) => Promise<T>, rules: readonly object[] = neededRules): Promise<T> {
  number += 1;
  const scene = await Scene.open(real, `n${number}`, rules);
  try {
    return await work(scene);
  } finally {
    await scene.close();
  }
}

const restart = ['--restart', 'deployment/collector', '--delete-old'] as const;

test('rotate with a restart: one key lives, the Secret keeps all else, and the pods are new', () =>
  inScene(async (scene) => {
    await scene.seedSecret();
    await scene.seedDeployment();
    expect(await scene.rotate(...restart).ended).toMatchObject({ code: 0, stderr: '' });
    await scene.expectWhole('rotated');
    const path = `/apis/apps/v1/namespaces/${scene.namespace}/deployments/collector`;
    const { body } = await real.call('GET', path);
    const template = membersOf(membersOf(membersOf(membersOf(body['spec'])['template'])['metadata'])['annotations']);
    const [key] = scene.stackState.store.byName('otel');
    expect(template).toMatchObject({ 'sts.stackstate.com/restarted-for-otel': String(key?.id) });
    expect(
      await scene.run('verify', '--kubernetes-secret', `${scene.namespace}/otel`, '--key-var', 'API_KEY').ended,
    ).toMatchObject({ code: 0 });
  }));

test('create makes a Secret that is missing, where it may; rotate does not', () =>
  inScene(
    async (scene) => {
      const secret = ['--kubernetes-secret', `${scene.namespace}/otel`] as const;
      expect(await scene.rotate().ended).toMatchObject({ code: 6, stderr: expect.stringContaining('There is no Secret') });
      expect(await scene.run('create', '--name', 'otel', ...secret).ended).toMatchObject({ code: 0, stderr: '' });
      expect(scene.stackState.store.byName('otel').map(({ apiKey }) => apiKey)).toEqual([await scene.held()]);
      expect(await scene.run('create', '--name', 'otel', ...secret).ended).toMatchObject({ code: 3 });
    },
    [...neededRules, { apiGroups: [''], resources: ['secrets'], verbs: ['create'] }],
  ));

test.each([
  ['immutable', { immutable: true }, 'immutable'],
  ['of another type', { type: 'example.com/other' }, 'type'],
] as const)('a Secret that is %s is refused before there is a key', (_, more, word) =>
  inScene(async (scene) => {
    const old = await scene.seedSecret(more);
    const { code, stderr } = await scene.rotate('--delete-old').ended;
    expect(code).toBe(6);
    expect(stderr).toContain(word);
    expect(scene.stackState.count('create')).toBe(0);
    expect(await scene.held()).toBe(old);
  }),
);

test('permissions that do not suffice are named with verb and resource, and nothing is created', () =>
  inScene(
    async (scene) => {
      await scene.seedSecret();
      const { code, stderr } = await scene.rotate('--delete-old').ended;
      expect(code).toBe(2);
      expect(stderr).toMatch(/patch/);
      expect(stderr).toMatch(/secrets/);
      expect(scene.stackState.count('create')).toBe(0);
    },
    [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['otel'], verbs: ['get'] }],
  ));

test('a namespace that is missing is named, and nothing is created', () =>
  inScene(async (scene) => {
    const { code, stderr } = await scene.run('create', '--name', 'otel', '--kubernetes-secret', 'nowhere/otel').ended;
    expect([2, 8]).toContain(code);
    expect(stderr).toContain('nowhere');
    expect(scene.stackState.count('create')).toBe(0);
  }));

test('killed at every stage of every request to either server, the next run from an empty machine heals everything', async () => {
  const moments = await inScene(async (scene) => {
    await scene.seedSecret();
    await scene.seedDeployment();
    await scene.rotate(...restart).ended;
    return [...scene.moments];
  });
  await sweep(moments, (_, at) =>
    inScene(async (scene) => {
      await scene.seedSecret();
      await scene.seedDeployment();
      const killed = await scene.rotateUntil(at, ...restart);
      await scene.expectUsable(`killed when ${killed}`);
      // Killed once more while it recovers.
      const again = await scene.rotateUntil((at * 7) % 24, ...restart);
      await scene.expectUsable(`killed when ${killed}, then when ${again}`);
      expect(await scene.rotate(...restart).ended, `killed when ${killed}, then when ${again}`).toMatchObject({ code: 0 });
      await scene.expectWhole(`killed when ${killed}, then when ${again}`);
      points += [killed, again].filter((what) => what !== undefined).length;
    }),
  );
  console.info(`real API server: ${points} kill points`);
  expect(points).toBeGreaterThanOrEqual(100);
}, 900_000);

test('twenty rotations of one Secret at once leave one key, and the Secret holds it', () =>
  inScene(async (scene) => {
    await scene.seedSecret();
    const runs = await Promise.all(Array.from({ length: 20 }, () => scene.rotate('--delete-old', '--after', '0s').ended));
    expect(runs.filter(({ code }) => code === 0).length).toBeGreaterThan(0);
    for (const { stderr } of runs) expect(stderr).not.toMatch(/Unexpected failure|^\s+at /m);
    await scene.expectWhole('twenty at once');
  }));
