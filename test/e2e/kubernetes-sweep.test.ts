import { expect, test } from 'vitest';
import { count } from '../support/counts.ts';
import { sweep } from './kill-sweep-support.ts';
import { inCluster } from './kubernetes-sweep-support.ts';

// `rotate --kubernetes-secret` killed at every stage of every request to either server, and gone on with from an empty machine.

let points = 0;
/** The stages of all requests of one undisturbed rotation. */
let moments: readonly string[] = [];

test('a rotation of a Secret that nothing disturbs', async () => {
  moments = await inCluster(async (cluster) => {
    expect(await cluster.rotate().ended).toMatchObject({ code: 0, stderr: '' });
    cluster.expectWhole('undisturbed');
    return cluster.moments.map(({ what }) => what);
  });
  expect(moments).toEqual(
    expect.arrayContaining([
      'kubernetes secret-patch received',
      'stackstate create handled',
      'stackstate authorize answered',
      'kubernetes workload-patch handled',
      'stackstate delete handled',
    ]),
  );
}, 60_000);

test('killed at every stage of every request, the next rotation from an empty machine heals everything', async () => {
  await sweep(moments, (_, at) =>
    inCluster(async (cluster) => {
      const killed = await cluster.rotateUntil(at);
      await cluster.expectHealed(`killed when ${killed ?? 'it had ended'}`);
      if (killed !== undefined) points += 1;
    }),
  );
}, 300_000);

test('killed, and killed again while it recovers, the next rotation from an empty machine heals everything', async () => {
  // Once the key exists, once the Secret holds it, and before the old key is deleted.
  const first = ['stackstate create handled', 'stackstate authorize handled', 'kubernetes workload-patch handled'].map((what) =>
    moments.indexOf(what),
  );
  expect(first.every((at) => at > 0)).toBe(true);
  const work = first.flatMap((from) => Array.from({ length: 16 }, (_, at) => ({ from, at: 3 * at + (from % 3) })));
  await sweep(work, ({ from, at }) =>
    inCluster(async (cluster) => {
      await cluster.rotateUntil(from);
      cluster.expectUsable(`killed when ${moments[from]}`);
      const again = await cluster.rotateUntil(at);
      await cluster.expectHealed(`killed when ${moments[from]}, then when ${again ?? 'it had ended'}`);
      if (again !== undefined) points += 1;
    }),
  );
}, 300_000);

test('of twenty rotations that start at once one key is left, the Secret holds it, and no other run does harm', async () => {
  await inCluster(async (cluster) => {
    const runs = await Promise.all(Array.from({ length: 20 }, () => cluster.rotate(['--after', '0s']).ended));
    for (const { signal, stderr } of runs) {
      expect(signal).toBeNull();
      expect(stderr).not.toMatch(/Unexpected failure|^\s+at /m);
    }
    expect(runs.filter(({ code }) => code === 0).length, runs.map(({ stderr }) => stderr).join('')).toBeGreaterThan(0);
    cluster.expectWhole('twenty at once');
  });
}, 300_000);

test('at least 100 kill points were tried', async () => {
  console.info(`kubernetes sweep: ${points} kill points`);
  expect(points).toBeGreaterThanOrEqual(100);
  await count('kill points', points);
});
