import { expect, test } from 'vitest';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import { administrator, type NewSecret } from '../kubernetes/server.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { against, runSts, startForTest, tempFolder } from '../support/run.ts';

/** A key of the name `ci`, and a Secret that does not hold it. */
async function startWith(secret: Omit<NewSecret, 'name'>) {
  const server = await startForTest();
  server.seed({ name: 'ci' });
  const kubernetes = await startKubernetesForTest({ tls: true });
  kubernetes.seedSecret({ name: 's', ...secret });
  const kubeconfig = writeKubeconfig(tempFolder(), kubernetes, { user: { token: administrator.token } });
  const destination = ['--kubernetes-secret', 'default/s', '--kubeconfig', kubeconfig, ...against(server)];
  const sts = (verb: string, ...flags: string[]) => runSts(['ingestion-api-key', verb, '-n', 'ci', ...flags, ...destination]);
  return { server, kubernetes, sts };
}

const pem = '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n';

test.each(['renew', 'rotate'])('%s leaves a field alone that holds what can be no key', async (verb) => {
  const { server, kubernetes, sts } = await startWith({ fields: { 'ca.crt': pem } });

  const { code, stderr } = await sts(verb);

  expect(code).toBe(6);
  expect(stderr).toContain('holds no key');
  expect(stderr).toContain('Nothing was created.');
  expect(kubernetes.field('default', 's', 'ca.crt')).toBe(pem);
  expect(server.keys()).toHaveLength(1);
});

test('renew writes over it where that is asked for', async () => {
  const { server, kubernetes, sts } = await startWith({ fields: { API_KEY: pem } });

  expect(await sts('renew', '--force')).toMatchObject({ code: 0 });

  expect(kubernetes.field('default', 's', 'API_KEY')).toBe(server.keys().at(-1)?.apiKey);
});

test('renew fills an empty field', async () => {
  const { server, kubernetes, sts } = await startWith({ fields: { API_KEY: '' } });

  expect(await sts('renew')).toMatchObject({ code: 0 });

  expect(kubernetes.field('default', 's', 'API_KEY')).toBe(server.keys().at(-1)?.apiKey);
});

test('a dry run of a rotation does not promise what the rotation refuses', async () => {
  const { sts } = await startWith({ fields: { A: 'x', B: 'y' } });

  const dry = await sts('rotate', '--dry-run');

  expect(dry).toMatchObject({ code: 3, stdout: '' });
  expect(dry.stderr).toContain('The Secret default/s has 2 fields');
});
