import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../kubernetes/caller.ts';
import { cases, limitedRules, runCase } from '../kubernetes/cases.ts';
import { administrator } from '../kubernetes/server.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { type RealKubernetes, realTokens, startRealKubernetes } from './start.ts';

// What the simulated server of all other tests says is what a real one says: each case is sent to both, and compared whole.

let real: RealKubernetes;

beforeAll(async () => {
  real = await startRealKubernetes();
  await real.create('/api/v1/namespaces', { metadata: { name: 'cases' } });
  await real.create('/api/v1/namespaces/cases/secrets', { metadata: { name: 'limited' } });
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
