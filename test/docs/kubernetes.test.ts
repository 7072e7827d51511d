import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import type { Rule } from '../kubernetes/server.ts';
import { runBuilt } from '../support/built.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';
import { blocksOf } from './pages.ts';

// What docs/kubernetes.md says of the CronJob is what its manifest has, and the table of permissions is what the program needs.

const [args, role] = blocksOf(readFileSync('docs/kubernetes.md', 'utf8'))
  .filter(({ language }) => language === 'yaml')
  .map(({ text }) => parse(text));
const words: readonly string[] = args.args;
const rules: readonly Rule[] = role.rules;
const place = { namespace: 'open-telemetry', name: 'open-telemetry-collector' };

/** The program with what a Role allows. @param fields of the Secret; undefined: there is none. */
async function runWith(allowed: readonly Rule[], fields: Readonly<Record<string, string>> | undefined) {
  const stackState = await startForTest({ now: Date.now });
  const kubernetes = await startKubernetesForTest({ tls: true });
  if (fields !== undefined) kubernetes.seedSecret({ ...place, fields });
  kubernetes.seedWorkload('deployment', { namespace: place.namespace, name: 'opentelemetry-collector' });
  const token = kubernetes.serviceAccount(place.namespace, 'sts', allowed);
  const env = { ...environmentOf(stackState), KUBECONFIG: writeKubeconfig(tempFolder(), kubernetes, { user: { token } }) };
  const result = await runBuilt(words, { env });
  return { ...result, keys: stackState.keys(), held: kubernetes.field(place.namespace, place.name, 'API_KEY') };
}

/** The rules with other verbs for one resource. */
function withVerbs(resource: string, verbs: readonly string[]): readonly Rule[] {
  return rules.map((rule) => (rule.resources.includes(resource) ? { ...rule, verbs } : rule));
}

test('its arguments and its permissions are those of the manifest', () => {
  const manifests = parseAllDocuments(readFileSync('examples/kubernetes/renew.yaml', 'utf8')).map((document) => document.toJS());
  const job = manifests.find(({ kind }) => kind === 'CronJob');
  expect(manifests.find(({ kind }) => kind === 'Role').rules).toEqual(rules);
  expect(job.spec.jobTemplate.spec.template.spec.containers[0].args).toEqual(words);
});

test('these permissions are enough where the Secret is there', async () => {
  const { code, stderr, keys, held } = await runWith(rules, { API_KEY: 'never-valid' });

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(keys).toMatchObject([{ name: 'open-telemetry-collector', apiKey: held }]);
});

test('to create a Secret that is missing, create on secrets is needed as well', async () => {
  const refused = await runWith(rules, undefined);
  expect(refused).toMatchObject({ code: 2, keys: [], held: undefined });
  expect(refused.stderr).toContain('create');

  const { code, keys, held } = await runWith([...rules, { verbs: ['create'], resources: ['secrets'] }], undefined);
  expect(code).toBe(0);
  expect(keys).toMatchObject([{ apiKey: held }]);
});

test.each([
  ['secrets', ['get'], 'patch'],
  ['deployments', ['get'], 'patch'],
])('without the permission to change %s it says so, and creates no key', async (resource, verbs, missing) => {
  const { code, stderr, keys, held } = await runWith(withVerbs(resource, verbs), { API_KEY: 'never-valid' });

  expect(code).toBe(2);
  expect(stderr).toContain(missing);
  expect(stderr).toContain(resource);
  expect(stderr).toContain('Nothing was created');
  expect(keys).toEqual([]);
  expect(held).toBe('never-valid');
});

test('without the permission to list pods it warns, and waits for the rollout alone', async () => {
  const { code, stderr, keys, held } = await runWith(withVerbs('pods', []), { API_KEY: 'never-valid' });

  expect(code).toBe(0);
  expect(stderr).toContain('may not list pods');
  expect(keys).toMatchObject([{ apiKey: held }]);
});
