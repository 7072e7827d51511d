import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import type { Rule } from '../kubernetes/server.ts';
import { runBuilt } from '../support/built.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';
import { blocksOf } from './pages.ts';

// The manifest of docs/kubernetes.md: its container's command runs with what its Role allows, and with nothing more.

interface Manifest {
  readonly kind: string;
  readonly rules?: readonly Rule[];
  readonly spec?: {
    readonly jobTemplate: {
      readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
    };
  };
}

interface Container {
  readonly args: readonly string[];
}

const [yaml] = blocksOf(readFileSync('docs/kubernetes.md', 'utf8')).filter(({ language }) => language === 'yaml');
const documents = parseAllDocuments(yaml?.text ?? '');
const manifests = documents.map((document) => document.toJS() as Manifest);
const rules = manifests.find(({ kind }) => kind === 'Role')?.rules ?? [];
const [container] = manifests.find(({ kind }) => kind === 'CronJob')?.spec?.jobTemplate.spec.template.spec.containers ?? [];
const place = { namespace: 'open-telemetry', name: 'open-telemetry-collector' };

async function runWith(allowed: readonly Rule[]) {
  const stackState = await startForTest({ now: Date.now });
  const kubernetes = await startKubernetesForTest({ tls: true });
  kubernetes.seedSecret({ ...place, fields: { API_KEY: 'never-valid' }, labels: { team: 'a' } });
  kubernetes.seedWorkload('deployment', { namespace: place.namespace, name: 'opentelemetry-collector' });
  const token = kubernetes.serviceAccount(place.namespace, 'sts-renew', allowed);
  const env = { ...environmentOf(stackState), KUBECONFIG: writeKubeconfig(tempFolder(), kubernetes, { user: { token } }) };
  const run = (...more: string[]) => runBuilt([...(container?.args ?? []), ...more], { env });
  const restartedFor = () => JSON.stringify(kubernetes.workload('deployment', place.namespace, 'opentelemetry-collector'));
  return { stackState, run, restartedFor, held: () => kubernetes.field(place.namespace, place.name, 'API_KEY') };
}

test('it is YAML without an error or a warning', () => {
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  expect(manifests.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'Role', 'RoleBinding', 'CronJob']);
});

test('its command renews the key of the Secret with what its Role allows; most nights change nothing', async () => {
  const { stackState, run, restartedFor, held } = await runWith(rules);

  expect(await run()).toMatchObject({ code: 0, stderr: '' });
  expect(stackState.keys()).toMatchObject([{ name: 'otel', apiKey: held() }]);
  expect(restartedFor()).toContain(`restarted-for":"${stackState.keys()[0]?.id}"`);

  expect(await run()).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('is up to date') });
  expect(stackState.keys()).toMatchObject([{ apiKey: held() }]);
  const [first] = stackState.keys();

  expect(await run('--renew-before=90d')).toMatchObject({ code: 0, stderr: '' });
  expect(stackState.keys()).toMatchObject([{ name: 'otel', apiKey: held() }]);
  expect(stackState.keys()).not.toMatchObject([{ id: first?.id }]);
  expect(restartedFor()).toContain(`restarted-for":"${stackState.keys()[0]?.id}"`);
});

test('without the permission to patch the Secret it says so, and creates no key', async () => {
  const less = rules.map((rule) => (rule.resources.includes('secrets') ? { ...rule, verbs: ['get'] } : rule));
  const { stackState, run, held } = await runWith(less);

  const { code, stderr } = await run();

  expect(code).toBe(2);
  expect(stderr).toContain('patch');
  expect(stderr).toContain('Nothing was created');
  expect(stackState.keys()).toEqual([]);
  expect(held()).toBe('never-valid');
});
