import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { writeKubeconfig } from '../../kubernetes/kubeconfig.ts';
import { administrator, rollouts } from '../../kubernetes/server.ts';
import { startKubernetesForTest } from '../../support/kubernetes.ts';
import { runSts, testTime } from '../../support/run.ts';
import { Screen } from '../../support/screen.ts';
import { startFleet } from './support.ts';

const namespace = 'open-telemetry';

test('Secrets of one cluster are renewed from several contexts, and each line says what its restart waits for', async () => {
  const contexts = ['prod-eu', 'prod-us'];
  const fleet = await startFleet(contexts);
  const kubernetes = await startKubernetesForTest({ now: () => testTime, tls: true });
  const kubeconfig = writeKubeconfig(fleet.folder, kubernetes, { namespace, user: { token: administrator.token } });
  const renewals = contexts.map((context) => {
    kubernetes.seedWorkload('deployment', { name: context, namespace, rollout: rollouts.afterReads(2) });
    return {
      context,
      name: 'otel',
      'kubernetes-secret': `${namespace}/${context}`,
      kubeconfig,
      restart: [`deployment/${context}`],
    };
  });
  const plan = join(fleet.folder, 'plan.yaml');
  writeFileSync(plan, stringify({ renewals }));
  const screen = new Screen(120);
  const seen: string[] = [];
  const stderr = {
    isTTY: true,
    columns: 120,
    onWrite: (text: string) => {
      screen.write(text);
      seen.push(...screen.lines());
    },
  };

  const sleep = (ms: number) => delay(Math.min(ms, 400));

  const result = await runSts(['ingestion-api-key', 'renew', '--plan', plan, ...fleet.flags], { stderr, sleep });

  expect(result.code, screen.lines().join('\n')).toBe(0);
  for (const context of contexts) {
    const [key] = fleet.server(context).keys();
    expect(kubernetes.field(namespace, context, 'API_KEY')).toBe(key?.apiKey);
    const waiting = new RegExp(`^  ${context}/otel  Waiting for the restart: deployment ${context}: 1 old pod is still there`);
    expect(seen.filter((line) => waiting.test(line))).not.toEqual([]);
    expect(screen.lines().filter((line) => line.startsWith(`✅ ${context}/otel: Ingestion API Key written to`))).toHaveLength(1);
  }
  expect(screen.lines().join('\n')).not.toContain('Waiting');
  // What is piped has all results, too.
  expect(result.stdout.split('\n').slice(0, -2)).toHaveLength(2);
});

test('two Secrets of a plan restart the same workload, and neither restart is taken for that of another program', async () => {
  const fleet = await startFleet(['prod']);
  const kubernetes = await startKubernetesForTest({ now: () => testTime, tls: true });
  const kubeconfig = writeKubeconfig(fleet.folder, kubernetes, { namespace, user: { token: administrator.token } });
  kubernetes.seedWorkload('deployment', { name: 'collector', namespace, rollout: rollouts.afterReads(6) });
  // The longest name that a Secret may have: longer than an annotation's.
  const names = ['metrics', `logs-${'x'.repeat(248)}`];
  const renewals = names.map((name) => {
    const { apiKey } = fleet.server('prod').seed({ name, expiration: BigInt(testTime + 86_400_000) });
    kubernetes.seedSecret({ name, namespace, fields: { API_KEY: apiKey } });
    const secret = { 'kubernetes-secret': `${namespace}/${name}`, kubeconfig, restart: ['deployment/collector'] };
    return { name, ...secret, 'expires-in': '90d', 'renew-before': '30d', 'delete-old': true };
  });
  const plan = join(fleet.folder, 'plan.yaml');
  writeFileSync(plan, stringify({ renewals }));

  const sleep = (ms: number) => delay(Math.min(ms, 50));

  const { code, stderr } = await runSts(['ingestion-api-key', 'renew', '--plan', plan, ...fleet.flags], { sleep });

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const keys = fleet.server('prod').keys();
  expect(keys.map(({ name }) => name).toSorted()).toEqual([...names].toSorted());
  for (const { name, apiKey } of keys) expect(kubernetes.field(namespace, name, 'API_KEY')).toBe(apiKey);
});
