import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import type { Rule } from '../kubernetes/server.ts';
import { runBuilt } from '../support/built.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly command?: readonly string[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
interface Template {
  readonly spec: {
    readonly serviceAccountName: string;
    readonly securityContext: Readonly<Record<string, unknown>>;
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes: readonly Readonly<Record<string, unknown>>[];
  };
}
interface CronJob {
  readonly spec: {
    readonly concurrencyPolicy: string;
    readonly jobTemplate: { readonly spec: Readonly<Record<string, unknown>> & { readonly template: Template } };
  };
}

const text = readFileSync(new URL('../../examples/kubernetes/renew.yaml', import.meta.url), 'utf8');
const objects = parseAllDocuments(text).map((document) => document.toJS() as { kind: string; metadata: { name: string } });

/** The one object of a kind. */
function only<T>(kind: string): T {
  const found = objects.filter((object) => object.kind === kind);
  expect(found).toHaveLength(1);
  return found[0] as T;
}

const { spec } = only<CronJob>('CronJob');
const job = spec.jobTemplate.spec;
const pod = job.template.spec;
const { rules } = only<{ readonly rules: readonly Rule[] }>('Role');

test('the example is a CronJob, its service account, and its role', () => {
  expect(objects.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'Role', 'RoleBinding', 'CronJob']);
  expect(new Set(objects.map(({ metadata }) => metadata.name))).toEqual(new Set([pod.serviceAccountName]));
});

test('no two pods run at once, and one that never starts is given up', () => {
  expect(spec.concurrencyPolicy).toBe('Forbid');
  expect(job).toMatchObject({ podReplacementPolicy: 'Failed', activeDeadlineSeconds: expect.any(Number) });
});

test('the pod is allowed by the Pod Security Standard "restricted", has a read-only root and no volume but a small /tmp', () => {
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  expect(pod.initContainers).toBeUndefined();
  expect(pod.containers).toHaveLength(1);
  const [container] = pod.containers;
  expect(container?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  expect(pod.volumes).toEqual([{ name: 'tmp', emptyDir: { sizeLimit: '16Mi' } }]);
  expect(container?.volumeMounts).toEqual([{ name: 'tmp', mountPath: '/tmp' }]);
});

test('its arguments renew a key that is about to expire, with no right more than the role gives, and the role gives none more', async () => {
  const stackState = await startForTest({ now: Date.now });
  const kubernetes = await startKubernetesForTest({ tls: true });
  const day = 86_400_000;
  const expiration = BigInt(Date.now() + 7 * day);
  const old = stackState.seed({
    name: 'open-telemetry-collector',
    expiration,
    lastUpdateTimestamp: expiration - BigInt(90 * day),
  });
  const namespace = 'open-telemetry';
  kubernetes.seedSecret({ namespace, name: 'open-telemetry-collector', fields: { API_KEY: old.apiKey, OTHER: 'kept' } });
  kubernetes.seedWorkload('deployment', { namespace, name: 'opentelemetry-collector' });
  const token = kubernetes.serviceAccount(namespace, pod.serviceAccountName, rules);
  const KUBECONFIG = writeKubeconfig(tempFolder(), kubernetes, { user: { token }, namespace });

  const args = pod.containers[0]?.args ?? [];
  const result = await runBuilt(args, { env: { ...environmentOf(stackState), KUBECONFIG } });
  expect(result).toMatchObject({ code: 0, stderr: '' });
  const live = stackState.keys().map(({ apiKey }) => apiKey);
  expect(live).toEqual([kubernetes.field(namespace, 'open-telemetry-collector', 'API_KEY')]);
  expect(live).not.toEqual([old.apiKey]);

  const routes = new Set(kubernetes.requests.map(({ route }) => route));
  expect(routes).toEqual(new Set(['secret-get', 'secret-patch', 'workload-get', 'workload-patch', 'pod-list']));
  expect(rules.flatMap(({ resources, verbs }) => verbs.map((verb) => `${resources} ${verb}`)).sort()).toEqual([
    'deployments get',
    'deployments patch',
    'pods list',
    'secrets get',
    'secrets patch',
  ]);

  // A night later there is nothing to do.
  const again = await runBuilt(args, { env: { ...environmentOf(stackState), KUBECONFIG } });
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('up to date') });
  expect(stackState.count('create')).toBe(1);
});
