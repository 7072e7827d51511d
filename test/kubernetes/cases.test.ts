import { expect, test } from 'vitest';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { call } from './caller.ts';
import { type Caller, cases, limitedRules, runCase } from './cases/index.ts';
import { administrator } from './server.ts';

// `npm run test:kubernetes` sends the same cases to a real server too, and compares.

const tokensOf: Readonly<Record<Caller, string | null>> = {
  admin: administrator.token,
  limited: 'limited-token',
  nobody: 'nobody-token',
  anonymous: null,
  'wrong-token': 'unknown',
};

test.each(cases)('$title', async (row) => {
  const kubernetes = await startKubernetesForTest({
    namespaces: ['cases'],
    users: [
      { name: 'limited', tokens: ['limited-token'], rules: limitedRules.map((rule) => ({ ...rule, namespaces: ['cases'] })) },
      { name: 'nobody', tokens: ['nobody-token'], rules: [] },
    ],
  });
  kubernetes.seedSecret({ name: 'limited', namespace: 'cases' });
  const { last } = await runCase(row, 'name', (as, method, path, options) =>
    call(kubernetes, method, path, { ...options, token: tokensOf[as] }),
  );
  expect(last).toMatchObject({
    status: row.status,
    ...(row.reason === undefined ? {} : { body: { kind: 'Status', status: 'Failure', reason: row.reason, code: row.status } }),
  });
  const message = last.body['message'];
  if (typeof row.message === 'string') expect(message).toBe(row.message.replaceAll('NAME', 'name'));
  if (row.message instanceof RegExp) expect(message).toMatch(row.message);
});
