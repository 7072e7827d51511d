import { expect, onTestFinished, test } from 'vitest';
import { UnauthorizedError } from '../../src/errors.ts';
import { createKubernetes, loadAccess } from '../../src/kubernetes/index.ts';
import { certificateUser } from '../kubernetes/kubeconfig.ts';
import { administrator, everything, type Rule } from '../kubernetes/server.ts';
import { createCertificate, createClientCertificate } from '../stackstate/certificates.ts';
import { clientOf, id, otherSecret, start } from './client-support.ts';
import { refusal, testWorld } from './support.ts';

const path = '/api/v1/namespaces/open-telemetry/secrets/collector';
const secretKey = 'iapikeyok-not-to-be-seen-0123456789';

// What is sent, and what comes back.

test('a Secret is read with all that matters of it', async () => {
  const server = await start();
  const client = await clientOf(server);
  const secret = await client.secrets.get(id);
  expect(secret).toMatchObject({
    ...id,
    type: 'Opaque',
    immutable: false,
    labels: { app: 'otel', chart: 'otel' },
    annotations: { note: 'mine' },
  });
  expect(secret.data.get('API_KEY')?.toString()).toBe('old');
  expect([...secret.data.keys()]).toEqual(['API_KEY', 'other']);
  expect(secret.managers).toContain('helm');
  expect(server.requests[0]).toMatchObject({
    method: 'GET',
    path,
    headers: { authorization: `Bearer ${administrator.token}`, 'user-agent': 'StackStateCLI/1.0.0', accept: 'application/json' },
  });
});

test('a change is one merge patch under the resourceVersion, and leaves everything else as it is', async () => {
  const server = await start();
  const client = await clientOf(server);
  const { resourceVersion } = await client.secrets.get(id);
  const change = {
    data: { API_KEY: secretKey, 'new.field-1': Buffer.from([0, 255]) },
    annotations: { 'sts.stackstate.com/journal': '{"stage":"creating"}', note: null },
  };
  const changed = await client.secrets.patch(id, change, { resourceVersion });
  expect(server.requests[1]).toMatchObject({
    method: 'PATCH',
    path: `${path}?fieldManager=sts`,
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(JSON.parse(server.requests[1]?.body ?? '')).toEqual({
    metadata: { resourceVersion, annotations: change.annotations },
    data: { API_KEY: Buffer.from(secretKey).toString('base64'), 'new.field-1': 'AP8=' },
  });
  expect(changed.data.get('API_KEY')?.toString()).toBe(secretKey);
  expect(changed.resourceVersion).not.toBe(resourceVersion);
  expect(changed.annotations).toEqual({ 'sts.stackstate.com/journal': '{"stage":"creating"}' });
  expect(server.field(id.namespace, id.name, 'other')).toBe(otherSecret);
  expect(server.secret(id.namespace, id.name)?.metadata.labels).toEqual({ app: 'otel', chart: 'otel' });
});

test('a dry run changes nothing, and is asked for in the query', async () => {
  const server = await start();
  const client = await clientOf(server);
  const { resourceVersion } = await client.secrets.get(id);
  await client.secrets.patch(id, { data: { API_KEY: 'new' } }, { resourceVersion, dryRun: true });
  expect(server.requests[1]?.path).toBe(`${path}?fieldManager=sts&dryRun=All`);
  await client.secrets.create({ ...id, name: 'fresh' }, { data: { API_KEY: 'new' } }, { dryRun: true });
  await client.secrets.delete(id, { resourceVersion, dryRun: true });
  expect(server.field(id.namespace, id.name, 'API_KEY')).toBe('old');
  expect(server.secret(id.namespace, 'fresh')).toBeUndefined();
});

test('a Secret is created and deleted', async () => {
  const server = await start();
  const client = await clientOf(server);
  const fresh = { ...id, name: 'fresh' };
  const created = await client.secrets.create(fresh, { data: { API_KEY: secretKey }, annotations: { a: 'b' } });
  expect(created).toMatchObject({ ...fresh, type: 'Opaque', annotations: { a: 'b' } });
  expect(server.requests[0]?.path).toBe('/api/v1/namespaces/open-telemetry/secrets?fieldManager=sts');
  expect(server.field(fresh.namespace, 'fresh', 'API_KEY')).toBe(secretKey);
  await expect(client.secrets.delete(fresh, { resourceVersion: '1' })).rejects.toMatchObject({ kind: 'changed' });
  await client.secrets.delete(fresh, { resourceVersion: created.resourceVersion });
  expect(server.secret(fresh.namespace, 'fresh')).toBeUndefined();
});

test('a client certificate is shown', async () => {
  const server = await start({ users: [{ name: 'jane', rules: everything }] });
  const client = await clientOf(server, { user: certificateUser(await server.clientCertificate('jane')) });
  expect((await client.secrets.get(id)).name).toBe('collector');
});

test('a pod speaks to its own API server as its service account, whose token may be replaced', async () => {
  const server = await start();
  const rules: Rule[] = [{ verbs: ['get'], resources: ['secrets'] }];
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
  const token = () => server.serviceAccount(id.namespace, 'rotator', rules);
  const files = { [`${folder}/token`]: token(), [`${folder}/ca.crt`]: server.caPem, [`${folder}/namespace`]: id.namespace };
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(server.port) };
  const world = testWorld({ env, files });
  const client = createKubernetes({ access: await loadAccess(world), world, timeoutMs: 10_000, version: '1.0.0' });
  onTestFinished(() => client.close());
  expect(client.access.namespace).toBe(id.namespace);
  await client.secrets.get(id);
  files[`${folder}/token`] = token();
  await client.secrets.get(id);
  expect(server.requests.map(({ status }) => status)).toEqual([200, 200]);
  files[`${folder}/token`] = 'of-yesterday';
  const error = await refusal(client.secrets.get(id), UnauthorizedError);
  expect(error.message).toContain(`does not accept the credentials of the service account of this pod (${folder}/token).`);
});

test('a client certificate that a plugin gives anew is shown on a new connection', async () => {
  const server = await start({ users: [{ name: 'jane', rules: everything }] });
  const unknown = await createClientCertificate((await createCertificate()).authority, 'jane');
  const certificates = [unknown, await server.clientCertificate('jane')];
  const run = async () => {
    const { cert: clientCertificateData = '', key: clientKeyData = '' } = certificates.shift() ?? {};
    const status = { clientCertificateData, clientKeyData };
    return { stdout: JSON.stringify({ kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', status }) };
  };
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'x', interactiveMode: 'Never' };
  const client = await clientOf(server, { user: { exec }, run });
  await client.secrets.get(id);
  await client.secrets.get(id);
  expect(server.requests.map(({ status }) => status)).toEqual([401, 200, 200]);
  expect(server.connections).toBe(2);
});

test('pods are selected as the workload selects them', async () => {
  const server = await start();
  const selector = {
    matchLabels: { app: 'otel' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'env', operator: 'NotIn', values: ['test'] },
      { key: 'zone', operator: 'Exists' },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  };
  server.seedWorkload('deployment', { ...id, labels: { app: 'otel', tier: 'a', zone: 'z' }, spec: { selector } });
  const client = await clientOf(server);
  const workload = await client.workloads.get({ kind: 'deployment', ...id });
  expect(workload.selector).toBe('app=otel,tier in (a,b),env notin (test),zone,!old');
  expect(await client.pods.list(id.namespace, workload.selector ?? '')).toHaveLength(1);
});

test('-v tells method, URL, status and duration of each request, and nothing secret', async () => {
  const lines: string[] = [];
  const server = await start();
  const client = await clientOf(server, { log: (line) => lines.push(line) });
  const { resourceVersion } = await client.secrets.get(id);
  await client.secrets.patch(id, { data: { API_KEY: secretKey } }, { resourceVersion });
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/^PATCH https:\/\/127\.0\.0\.1:\d+\/api\/v1\/\S+ 200 in \d+ ms$/);
  expect(lines.join()).not.toContain(administrator.token);
  expect(lines.join()).not.toContain(secretKey);
});
