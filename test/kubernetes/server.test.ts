import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { tempFolder } from '../support/temp.ts';
import { call, pathOf } from './caller.ts';
import { certificateUser, writeKubeconfig } from './kubeconfig.ts';
import { administrator, type Kubernetes, type SecretChange, startKubernetes } from './server.ts';

const path = pathOf('secrets', 'default', 'a');

test('every change of a Secret is told before anybody hears of it, dry runs and changes by others included', async () => {
  const changes: SecretChange[] = [];
  const kubernetes = await startKubernetesForTest({ onSecretChange: (change) => changes.push(change) });
  kubernetes.seedSecret({ name: 'a', fields: { API_KEY: 'one' } });
  await call(kubernetes, 'PATCH', `${path}?dryRun=All`, { body: { stringData: { API_KEY: 'tried' } } });
  await call(kubernetes, 'PATCH', path, { body: { stringData: { API_KEY: 'two' } } });
  kubernetes.changeSecret('default', 'a', { metadata: { labels: { touched: 'yes' } } });
  kubernetes.deleteSecret('default', 'a');
  expect(changes.map(({ type, fields }) => `${type} ${fields['API_KEY'] ?? '-'}`)).toEqual([
    'ADDED one',
    'MODIFIED two',
    'MODIFIED two',
    'DELETED -',
  ]);
});

test('a change by somebody else, between a read and a write, is a conflict', async () => {
  const kubernetes: Kubernetes = await startKubernetesForTest({
    onStage: (stage, { route }) => {
      if (stage === 'received' && route === 'secret-patch')
        kubernetes.changeSecret('default', 'a', { metadata: { labels: { n: 'x' } } });
    },
  });
  const { metadata } = kubernetes.seedSecret({ name: 'a', fields: { API_KEY: 'one' } });
  const body = { metadata: { resourceVersion: metadata.resourceVersion }, stringData: { API_KEY: 'two' } };
  expect((await call(kubernetes, 'PATCH', path, { body })).status).toBe(409);
  expect(kubernetes.field('default', 'a', 'API_KEY')).toBe('one');
});

test('each stage of a request can be waited on; bodies are kept only if asked for', async () => {
  const stages: string[] = [];
  const options = {
    onStage: async (stage: string, { route, status, body }: { route: unknown; status?: number; body: string }) => {
      await Promise.resolve();
      stages.push(`${stage} ${route} ${status ?? '-'} ${body.length > 0}`);
    },
  };
  const forgetful = await startKubernetesForTest({ ...options, keepBodies: false });
  forgetful.seedSecret({ name: 'a' });
  await call(forgetful, 'PATCH', path, { body: { stringData: { API_KEY: 'secret' } } });
  expect(stages).toEqual(['received secret-patch - true', 'handled secret-patch 200 true', 'answered secret-patch 200 true']);
  await expect.poll(() => forgetful.requests[0]?.body).toBe('');
});

test.each([
  ['before the effect', 'skip', 'old'],
  ['after the effect', 'run', 'new'],
] as const)('a connection can be reset %s', async (_, handler, field) => {
  const kubernetes = await startKubernetesForTest();
  kubernetes.seedSecret({ name: 'a', fields: { API_KEY: 'old' } });
  kubernetes.setFault('secret-patch', { kind: 'reset', handler }, { times: 1 });
  await expect(call(kubernetes, 'PATCH', path, { body: { stringData: { API_KEY: 'new' } } })).rejects.toThrow();
  expect(kubernetes.field('default', 'a', 'API_KEY')).toBe(field);
});

test('a fault can be for some requests of a route only; its Status names the reason', async () => {
  const kubernetes = await startKubernetesForTest();
  kubernetes.seedSecret({ name: 'a' });
  const fault = { kind: 'status', status: 409 } as const;
  kubernetes.setFault('secret-patch', fault, { when: (request) => !request.path.includes('dryRun') });
  expect((await call(kubernetes, 'PATCH', `${path}?dryRun=All`, { body: {} })).status).toBe(200);
  expect(await call(kubernetes, 'PATCH', path, { body: {} })).toMatchObject({
    status: 409,
    body: { kind: 'Status', status: 'Failure', reason: 'Conflict', code: 409 },
  });
  const slow = { kind: 'status', status: 429, headers: { 'retry-after': '1' } } as const;
  kubernetes.setFault('secret-get', slow);
  expect(await call(kubernetes, 'GET', path)).toMatchObject({ status: 429, body: { reason: 'TooManyRequests' } });
});

test('a route that the server does not have, a watch included, fails whoever asked', async () => {
  const kubernetes = await startKubernetes();
  expect((await call(kubernetes, 'GET', `${pathOf('secrets', 'default')}?watch=true`)).status).toBe(404);
  expect((await call(kubernetes, 'PUT', path, { body: '{}' })).status).toBe(404);
  expect(() => kubernetes.expectNoUnmatched()).toThrow('The simulated Kubernetes has no such route: GET /api/v1');
  await expect(kubernetes.close()).rejects.toThrow('no such route');
});

test('over TLS a user is known by a client certificate of its CA, and nobody by one of another', async () => {
  const kubernetes = await startKubernetesForTest({
    tls: true,
    users: [{ name: 'reader', rules: [{ verbs: ['get'], resources: ['secrets'] }] }],
  });
  const other = await startKubernetesForTest({ tls: true });
  kubernetes.seedSecret({ name: 'a' });
  const certificate = await kubernetes.clientCertificate('reader');
  expect((await call(kubernetes, 'GET', path, { token: null, certificate })).status).toBe(200);
  expect(await call(kubernetes, 'PATCH', path, { token: null, certificate, body: {} })).toMatchObject({
    status: 403,
    body: { message: expect.stringContaining('User "reader" cannot patch') },
  });
  const foreign = await other.clientCertificate('reader');
  expect((await call(kubernetes, 'GET', path, { token: null, certificate: foreign })).status).toBe(401);
  expect((await call(kubernetes, 'GET', path)).status).toBe(200);
});

test('a second server can serve the same cluster, after the first has closed', async () => {
  const first = await startKubernetes();
  first.seedSecret({ name: 'a', fields: { API_KEY: 'kept' } });
  await first.close();
  const second = await startKubernetesForTest({ cluster: first.cluster, port: first.port });
  expect((await call(second, 'PATCH', path, { body: { metadata: { labels: { a: 'b' } } } })).status).toBe(200);
  expect(second.field('default', 'a', 'API_KEY')).toBe('kept');
});

test("a service account's token is accepted until it is replaced", async () => {
  const kubernetes = await startKubernetesForTest({ anonymous: false });
  kubernetes.seedSecret({ name: 'a' });
  const rules = [{ verbs: ['get'], resources: ['secrets'], namespaces: ['default'] }];
  const first = kubernetes.serviceAccount('default', 'rotator', rules);
  expect((await call(kubernetes, 'GET', path, { token: first })).status).toBe(200);
  const second = kubernetes.serviceAccount('default', 'rotator', rules);
  expect((await call(kubernetes, 'GET', path, { token: first })).status).toBe(401);
  expect((await call(kubernetes, 'GET', path, { token: second })).status).toBe(200);
  expect((await call(kubernetes, 'GET', path, { token: null })).status).toBe(401);
});

test('whoever writes a field manages it from then on', async () => {
  const kubernetes = await startKubernetesForTest();
  const operator = {
    manager: 'external-secrets',
    operation: 'Apply',
    apiVersion: 'external-secrets.io/v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { 'f:API_KEY': {}, 'f:other': {} } },
  } as const;
  kubernetes.seedSecret({ name: 'a', fields: { API_KEY: 'x', other: 'y' }, managedFields: [operator] });
  const { body } = await call(kubernetes, 'PATCH', `${path}?fieldManager=sts`, { body: { stringData: { API_KEY: 'z' } } });
  expect(body).toMatchObject({ metadata: { managedFields: expect.any(Array) } });
  const managers = kubernetes.secret('default', 'a')?.metadata.managedFields ?? [];
  expect(managers.map(({ manager, fieldsV1 }) => [manager, fieldsV1['f:data']])).toEqual(
    expect.arrayContaining([
      ['external-secrets', { 'f:other': {} }],
      ['sts', { 'f:API_KEY': {} }],
    ]),
  );
});

test('nothing can be created in a namespace that is being deleted', async () => {
  const kubernetes = await startKubernetesForTest();
  kubernetes.cluster.store.namespaces.set('monitoring', 'Terminating');
  const created = await call(kubernetes, 'POST', pathOf('secrets', 'monitoring'), { body: { metadata: { name: 'a' } } });
  expect(created).toMatchObject({ status: 403, body: { details: { causes: [{ reason: 'NamespaceTerminating' }] } } });
});

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

test.skipIf(!hasKubectl)('kubectl reads and patches by a written kubeconfig: token, or client certificate', async () => {
  const kubernetes = await startKubernetesForTest({ tls: true });
  kubernetes.seedSecret({ name: 'a', namespace: 'monitoring', fields: { API_KEY: 'one' } });
  const kubectl = async (user: Record<string, string>, ...words: string[]) => {
    const folder = tempFolder();
    const config = writeKubeconfig(folder, kubernetes, { user, namespace: 'monitoring' });
    const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: config };
    return (await promisify(execFile)('kubectl', words, { env })).stdout;
  };
  const read = ['get', 'secret', 'a', '-o', 'jsonpath={.data.API_KEY}'];
  expect(await kubectl({ token: administrator.token }, ...read)).toBe('b25l');
  const patch = ['patch', 'secret', 'a', '--type=merge', '-p', '{"stringData":{"API_KEY":"two"}}'];
  expect(await kubectl({ token: administrator.token }, ...patch)).toBe('secret/a patched\n');
  const certificate = await kubernetes.clientCertificate(administrator.name);
  expect(await kubectl(certificateUser(certificate), ...read)).toBe('dHdv');
});
