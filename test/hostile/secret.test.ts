import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import { administrator, type NewSecret, rollouts } from '../kubernetes/server.ts';
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

test('a hint that names the Secret names its cluster too', async () => {
  const { kubernetes, sts } = await startWith({ fields: { API_KEY: 'held-before' } });
  kubernetes.seedWorkload('deployment', { name: 'stuck', namespace: 'default', rollout: rollouts.stuck });

  const { code, stderr } = await sts(
    'rotate',
    '--kube-context',
    'test',
    '--restart',
    'deployment/stuck',
    '--restart-timeout',
    '1s',
  );

  expect(code).toBe(13);
  expect(stderr).toMatch(
    / --name ci --kubernetes-secret default\/s --kubeconfig \S+ --kube-context test --restart deployment\/stuck --url /,
  );
});

test('a token of a name that does not exist: the command that creates one has all that it demands', async () => {
  const server = await startForTest();

  const { code, stderr } = await runSts(['service-token', 'rotate', '-n', 'ci', ...against(server)]);

  expect(code).toBe(8);
  expect(stderr).toContain('sts service-token create --name ci --roles ROLE[,ROLE...]');
});

test('a question does not name a context whose URL is overridden', async () => {
  const server = await startForTest();
  server.seed({ name: 'ci' });
  const config = join(tempFolder(), 'config.yaml');
  const context = '{ url: "https://prod.example.com", service-token: x }';
  writeFileSync(config, `contexts:\n  - name: prod\n    context: ${context}\ncurrent-context: prod\n`, { mode: 0o600 });
  const terminal = { stdin: { isTTY: true, answers: ['n'] }, stdout: { isTTY: true }, stderr: { isTTY: true } };

  const { questions } = await runSts(
    ['ingestion-api-key', 'delete', '-n', 'ci', '--config', config, ...against(server)],
    terminal,
  );

  expect(questions).toMatchObject([{ text: `Delete this key on ${server.url}? [y/N] ` }]);
});
