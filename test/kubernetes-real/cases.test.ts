import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Called, call, type Method, pathOf } from '../kubernetes/caller.ts';
import { cases, limitedRules, runCase } from '../kubernetes/cases/index.ts';
import { pathsOf } from '../kubernetes/managed-fields.ts';
import { type JsonObject, type ManagedFields, membersOf } from '../kubernetes/objects.ts';
import { administrator } from '../kubernetes/server.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { type RealKubernetes, realTokens, startRealKubernetes } from './start.ts';

// What the simulated server of all other tests says is what a real one says: each case is sent to both, and compared whole.

let real: RealKubernetes;

beforeAll(async () => {
  real = await startRealKubernetes();
  await real.create('/api/v1/namespaces', { metadata: { name: 'cases' } });
  await real.create('/api/v1/namespaces/cases/secrets?fieldManager=seed', { metadata: { name: 'limited' } });
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/cases';
  const apiGroup = 'rbac.authorization.k8s.io';
  await real.create(`${rbac}/roles`, { metadata: { name: 'limited' }, rules: limitedRules });
  await real.create(`${rbac}/rolebindings`, {
    metadata: { name: 'limited' },
    subjects: [{ kind: 'User', name: 'limited', apiGroup }],
    roleRef: { apiGroup, kind: 'Role', name: 'limited' },
  });
});

afterAll(() => real?.close());

const simulatedTokens = { admin: administrator.token, limited: 'limited-token', nobody: 'nobody-token' } as const;
const noTokens = { anonymous: null, 'wrong-token': 'unknown' } as const;

test.each(cases.map((row, index) => ({ ...row, name: `case-${index}` })))('$title', async ({ name, ...row }) => {
  const simulated = await startKubernetesForTest({
    namespaces: ['cases'],
    users: [
      {
        name: 'limited',
        tokens: [simulatedTokens.limited],
        rules: limitedRules.map((rule) => ({ ...rule, namespaces: ['cases'] })),
      },
      { name: 'nobody', tokens: [simulatedTokens.nobody], rules: [] },
    ],
  });
  simulated.seedSecret({ name: 'limited', namespace: 'cases' });
  const [told, real_] = [
    await runCase(row, name, (as, method, path, options) =>
      call(simulated, method, path, { ...options, token: { ...simulatedTokens, ...noTokens }[as] }),
    ),
    await runCase(row, name, (as, method, path, options) =>
      call(real, method, path, { ...options, token: { ...realTokens, ...noTokens }[as] }),
    ),
  ];
  expect(told.responses).toEqual(real_.responses);
  expect(real_.last.status).toBe(row.status);
});

test('both note in the same way who wrote which field last', async () => {
  const simulated = await startKubernetesForTest({ namespaces: ['cases'] });
  const managersOn = async (send: (method: Method, path: string, body: JsonObject) => Promise<Called>) => {
    const path = pathOf('secrets', 'cases', 'managed');
    const seeded = { metadata: { name: 'managed', labels: { a: 'b' } }, stringData: { API_KEY: 'old', other: 'stays' } };
    await send('POST', `${pathOf('secrets', 'cases')}?fieldManager=first`, seeded);
    const annotated = { metadata: { annotations: { journal: '{}' } }, stringData: { API_KEY: 'new' } };
    await send('PATCH', `${path}?fieldManager=second`, annotated);
    await send('PATCH', `${path}?fieldManager=third`, { data: { other: null }, metadata: { labels: { a: 'c' } } });
    const { body } = await send('PATCH', `${path}?fieldManager=third`, {});
    const managers = membersOf(body['metadata'])['managedFields'] as unknown as readonly ManagedFields[];
    return managers.map(({ manager, operation, fieldsV1 }) => [manager, operation, pathsOf(fieldsV1).sort()]).sort();
  };
  const told = await managersOn((method, path, body) => call(simulated, method, path, { body }));
  expect(told).toEqual(await managersOn((method, path, body) => real.call(method, path, { body })));
  expect(told.map(([manager]) => manager)).toEqual(['first', 'second', 'third']);
});
