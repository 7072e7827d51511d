import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ForbiddenError, InterruptedError, OutcomeUnknownError, ServerError, UnauthorizedError } from '../../src/errors.ts';
import { ConflictError, InvalidObjectError, type Kubernetes, ObjectMissingError } from '../../src/kubernetes/index.ts';
import { administrator, type Rule } from '../kubernetes/server.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { tempFolder } from '../support/temp.ts';
import { clientOf, id, otherSecret, start } from './client-support.ts';
import { expectSecretFree, refusal, testWorld, write } from './support.ts';

const secretKey = 'iapikeyok-not-to-be-seen-0123456789';

test('401: the credentials, and where they come from', async () => {
  const server = await start();
  const client = await clientOf(server, { user: { token: 'not-this-one-1234' } });
  const error = await refusal(client.secrets.get(id), UnauthorizedError);
  expect(error.exitCode).toBe(4);
  expect(error.message).toMatch(/does not accept the credentials of the user "test" in \S+kubeconfig\.yaml\.$/);
  expect(error.hints.join()).toContain('Renew the credentials');
  expect(server.requests).toHaveLength(1);
  expectSecretFree(error, 'not-this-one-1234');
});

test('a request without credentials: that there are none, and why', async () => {
  const server = await start();
  const forbidden = await refusal((await clientOf(server, { user: {} })).secrets.get(id), ForbiddenError);
  expect(forbidden.message).toContain('User "system:anonymous" cannot get resource "secrets"');
  expect(forbidden.hints.join()).toMatch(
    /^The request carried no credentials \(user "test" in \S+\)\. Give the user "test" in \S+ credentials/,
  );
  const strict = await start({ anonymous: false });
  const error = await refusal((await clientOf(strict, { user: {} })).secrets.get(id), UnauthorizedError);
  expect(error.message).toMatch(/demands credentials, but there are none: user "test" in \S+\.$/);
  const plain = await startKubernetesForTest();
  const unsent = await refusal((await clientOf(plain)).secrets.get(id), ForbiddenError);
  expect(unsent.hints.join()).toContain("whose credentials are not sent because the server's URL begins with http://");
});

test('401: a token file that is written anew at that moment is read again, for a GET', async () => {
  const files = { '/tokens/mine': 'of-yesterday-1' };
  const server = await start({
    onStage: (stage) => {
      if (stage === 'handled') files['/tokens/mine'] = administrator.token;
    },
  });
  const client = await clientOf(server, { user: { tokenFile: '/tokens/mine' }, files });
  await client.secrets.get(id);
  expect(server.requests.map(({ status }) => status)).toEqual([401, 200]);
});

test('401: a change is not sent again, nor is anything with the same token', async () => {
  const server = await start();
  const client = await clientOf(server, { user: { tokenFile: '/token' }, files: { '/token': 'of-yesterday-2' } });
  await refusal(client.secrets.patch(id, {}, { resourceVersion: '1' }), UnauthorizedError);
  await refusal(client.secrets.get(id), UnauthorizedError);
  expect(server.requests.map(({ method }) => method)).toEqual(['PATCH', 'GET']);
});

test.each([
  [
    'get',
    'Secret',
    ['secrets'],
    (client: Kubernetes) => client.secrets.get(id),
    '{apiGroups: [""], resources: ["secrets"], resourceNames: ["collector"], verbs: ["get"]}',
  ],
  [
    'patch',
    'Secret',
    ['secrets'],
    (client: Kubernetes) => client.secrets.patch(id, {}, { resourceVersion: '1' }),
    'resourceNames: ["collector"], verbs: ["patch"]}',
  ],
  [
    'create',
    'Secret',
    ['secrets'],
    (client: Kubernetes) => client.secrets.create({ ...id, name: 'n' }, { data: {} }),
    '{apiGroups: [""], resources: ["secrets"], verbs: ["create"]}',
  ],
  [
    'patch',
    'Deployment',
    ['deployments'],
    (client: Kubernetes) => client.workloads.annotatePods({ kind: 'deployment', ...id }, {}),
    '{apiGroups: ["apps"], resources: ["deployments"], resourceNames: ["collector"], verbs: ["patch"]}',
  ],
  [
    'list',
    'Pods',
    ['pods'],
    (client: Kubernetes) => client.pods.list(id.namespace, 'a=b'),
    '{apiGroups: [""], resources: ["pods"], verbs: ["list"]}',
  ],
] as const)('403 to %s a %s: names who may not do what, and the missing rule', async (verb, kind, resources, act, rule) => {
  const server = await start();
  server.seedWorkload('deployment', id);
  const token = server.serviceAccount('open-telemetry', 'rotator', []);
  const error = await refusal(act(await clientOf(server, { user: { token } })), ForbiddenError);
  expect(error).toMatchObject({ exitCode: 2, status: 403 });
  expect(error.message).toContain(`refuses to ${verb} the ${kind}`);
  expect(error.message).toContain(
    `User "system:serviceaccount:open-telemetry:rotator" cannot ${verb} resource "${resources[0]}"`,
  );
  expect(error.hints.join()).toContain(rule);
  expect(error.hints.join()).toContain('a Role in the namespace open-telemetry');
});

test('404: a missing Secret is told from a missing namespace, where the credentials may look', async () => {
  const server = await start();
  const client = await clientOf(server);
  const missing = async (act: Promise<unknown>) => refusal(act, ObjectMissingError);
  expect(await missing(client.secrets.get({ ...id, name: 'x' }))).toMatchObject({
    exitCode: 8,
    missing: 'object',
    message: 'There is no Secret open-telemetry/x.',
    hints: ['See which exist: kubectl get secrets --namespace open-telemetry'],
  });
  const elsewhere = { namespace: 'nowhere', name: 'x' };
  const nowhere = { exitCode: 8, missing: 'namespace', message: 'There is no namespace nowhere.' };
  expect(await missing(client.secrets.get(elsewhere))).toMatchObject(nowhere);
  expect(await missing(client.secrets.create(elsewhere, { data: {} }))).toMatchObject(nowhere);
  expect(await missing(client.workloads.get({ kind: 'daemonset', ...id }))).toMatchObject({
    missing: 'object',
    message: 'There is no DaemonSet open-telemetry/collector.',
  });
  const token = server.serviceAccount('a', 'narrow', [{ verbs: ['get'], resources: ['secrets'] }]);
  const narrow = await clientOf(server, { user: { token } });
  const unknown = await missing(narrow.secrets.get({ ...id, name: 'x' }));
  expect(unknown).toMatchObject({ missing: 'unknown', message: 'There is no Secret open-telemetry/x.' });
  expect(unknown.hints[0]).toBe(
    'The namespace open-telemetry may be missing, too: these credentials are not allowed to check that.',
  );
});

test('409: somebody else has changed it; it is there already', async () => {
  const server = await start();
  const client = await clientOf(server);
  const { resourceVersion } = await client.secrets.get(id);
  server.changeSecret(id.namespace, id.name, { metadata: { labels: { touched: 'yes' } } });
  const changed = await refusal(client.secrets.patch(id, { data: { API_KEY: 'new' } }, { resourceVersion }), ConflictError);
  expect(changed).toMatchObject({ exitCode: 2, status: 409, kind: 'changed' });
  expect(changed.message).toBe(
    'Could not patch the Secret open-telemetry/collector: somebody else has changed it in the meantime.',
  );
  expect(server.field(id.namespace, id.name, 'API_KEY')).toBe('old');
  const exists = await refusal(client.secrets.create(id, { data: {} }), ConflictError);
  expect(exists).toMatchObject({
    kind: 'exists',
    message: 'Could not create the Secret open-telemetry/collector: it exists already.',
  });
});

test('422: why the object cannot be so', async () => {
  const server = await start();
  server.seedSecret({ ...id, name: 'fixed', immutable: true, fields: { API_KEY: 'old' } });
  const client = await clientOf(server);
  const fixed = { ...id, name: 'fixed' };
  const { resourceVersion, immutable } = await client.secrets.get(fixed);
  expect(immutable).toBe(true);
  const act = client.secrets.patch(fixed, { data: { API_KEY: secretKey } }, { resourceVersion, dryRun: true });
  const error = await refusal(act, InvalidObjectError);
  expect(error).toMatchObject({ exitCode: 2, status: 422 });
  expect(error.message).toContain('rejects the change to the Secret open-telemetry/fixed');
  expect(error.message).toContain('field is immutable when `immutable` is set');
  expectSecretFree(error, secretKey);
});

test('what the server repeats of a Secret is not shown: what was sent, and what it holds already', async () => {
  const server = await start();
  const client = await clientOf(server);
  const sent = Buffer.from(secretKey).toString('base64');
  const held = Buffer.from(otherSecret).toString('base64');
  const messages = [
    `error decoding: ...|${sent.slice(3, 30)}|..., bigger context`,
    `Invalid value: "{\\"data\\":{\\"other\\":\\"${held}\\"}}": no`,
    `Invalid value: ${secretKey}`,
    `unauthorized: ${administrator.token}`,
  ];
  for (const message of messages) {
    const body = JSON.stringify({ kind: 'Status', status: 'Failure', message, reason: 'BadRequest', code: 400 });
    server.setFault('secret-patch', { kind: 'status', status: 400, body });
    const error = await refusal(
      client.secrets.patch(id, { data: { API_KEY: secretKey } }, { resourceVersion: '1' }),
      ServerError,
    );
    expect(error.message).toContain(
      'responded with 400 (Bad Request) to the request to patch the Secret open-telemetry/collector',
    );
    expectSecretFree(error, secretKey, otherSecret, sent.slice(5, 20), held.slice(5, 20), administrator.token);
  }
});

test('a Secret of a wrong shape: the real server repeats all of it', async () => {
  const server = await start();
  const client = await clientOf(server);
  const { resourceVersion } = await client.secrets.get(id);
  const change = { annotations: { number: 1 as unknown as string } };
  const error = await refusal(client.secrets.patch(id, change, { resourceVersion }), InvalidObjectError);
  expect(error.message).toContain('{...}');
  expectSecretFree(error, otherSecret, Buffer.from(otherSecret).toString('base64'));
});

test.each([
  [429, { 'retry-after': '7' }, 'Try again in 7 s, as the server asks.'],
  [429, {}, 'Try again.'],
])('%i to a change, with %o: it was not done and is not repeated', async (status, headers, hint) => {
  const server = await start();
  server.setFault('secret-patch', { kind: 'status', status, headers });
  const client = await clientOf(server);
  const error = await refusal(client.secrets.patch(id, {}, { resourceVersion: '1' }), ServerError);
  expect(error).toMatchObject({ exitCode: 2, status, hints: [hint] });
  expect(server.count('secret-patch')).toBe(1);
});

test.each([500, 502, 503, 504, 408])('%i to a change: it may have been done', async (status) => {
  const server = await start();
  server.setFault('secret-patch', { kind: 'status', status, handler: 'run' });
  const client = await clientOf(server);
  const { resourceVersion } = await client.secrets.get(id);
  const act = () => client.secrets.patch(id, { data: { API_KEY: 'new' } }, { resourceVersion });
  const error = await refusal(act(), OutcomeUnknownError);
  expect(error).toMatchObject({ exitCode: 11, status });
  expect(error.message).toContain(
    'It is not known whether the request to patch the Secret open-telemetry/collector took effect.',
  );
  expect(server.count('secret-patch')).toBe(1);
  expect(server.field(id.namespace, id.name, 'API_KEY')).toBe('new');
});

test.each([500, 503])('%i to a dry run is a failure like any other', async (status) => {
  const server = await start();
  server.setFault('secret-patch', { kind: 'status', status });
  const client = await clientOf(server);
  const act = client.secrets.patch(id, {}, { resourceVersion: '1', dryRun: true });
  expect(await refusal(act, ServerError)).toMatchObject({ status });
});

test.each([429, 502, 503, 504])('a GET answered by %i is repeated', async (status) => {
  const server = await start();
  server.setFault('secret-get', { kind: 'status', status }, { times: 2 });
  const client = await clientOf(server, { sleep: async () => {} });
  await client.secrets.get(id);
  expect(server.count('secret-get')).toBe(3);
});

test.each(['secret-patch', 'secret-create', 'secret-delete'] as const)(
  '%s whose response is lost: sent once, outcome unknown',
  async (route) => {
    const server = await start();
    server.setFault(route, { kind: 'reset', handler: 'run' });
    const client = await clientOf(server);
    const { resourceVersion } = await client.secrets.get(id);
    const acts = {
      'secret-patch': () => client.secrets.patch(id, { data: { API_KEY: secretKey } }, { resourceVersion }),
      'secret-create': () => client.secrets.create({ ...id, name: 'fresh' }, { data: { API_KEY: secretKey } }),
      'secret-delete': () => client.secrets.delete(id, { resourceVersion }),
    };
    const error = await refusal(acts[route](), OutcomeUnknownError);
    expect(error.message).toContain('was sent, but its response was lost. No response from the Kubernetes API server:');
    expect(server.count(route)).toBe(1);
    expectSecretFree(error, secretKey, Buffer.from(secretKey).toString('base64'));
  },
);

test('a response that never comes ends with the deadline', async () => {
  const server = await start();
  server.setFault('any', { kind: 'stall' });
  const client = await clientOf(server, { timeoutMs: 300 });
  expect(await refusal(client.secrets.get(id))).toMatchObject({ exitCode: 4, message: expect.stringContaining('within 0.3 s') });
  expect(await refusal(client.secrets.patch(id, {}, { resourceVersion: '1' }), OutcomeUnknownError)).toMatchObject({
    exitCode: 11,
  });
});

test('an interrupt ends a GET at once, and lets a change come to its end', async () => {
  const interrupt = new AbortController();
  const server = await start({
    onStage: async (stage) => {
      if (stage !== 'received') return;
      interrupt.abort(new InterruptedError('SIGINT'));
      await delay(50);
    },
  });
  const client = await clientOf(server);
  const { signal } = interrupt;
  const { resourceVersion } = server.secret(id.namespace, id.name)?.metadata ?? {};
  await client.secrets.patch(id, { data: { API_KEY: 'new' } }, { resourceVersion: resourceVersion ?? '', signal });
  expect(server.field(id.namespace, id.name, 'API_KEY')).toBe('new');
  await expect(client.secrets.get(id, { signal })).rejects.toMatchObject({ exitCode: 130 });
  expect(server.count('secret-get')).toBe(0);
});

test('nothing is sent where nothing listens, and it is said that nothing was changed', async () => {
  const server = await start();
  const client = await clientOf({ url: 'https://127.0.0.1:1', caPem: server.caPem });
  const error = await refusal(client.secrets.patch(id, {}, { resourceVersion: '1' }));
  expect(error.exitCode).toBe(4);
  expect(error.message).toBe(
    'No response from the Kubernetes API server: 127.0.0.1:1 refused the connection: no program listens on that port. Nothing was sent, so nothing was changed.',
  );
  expect(error.hints.join()).toMatch(/Check the server of the context "test" in \S+, the network and the proxy settings\./);
});

test('a certificate that is not of the CA of the cluster, though the machine trusts it', async () => {
  const [server, other] = [await start(), await start()];
  const env = { SSL_CERT_FILE: write(tempFolder(), 'ca.pem', server.caPem) };
  const error = await refusal((await clientOf({ url: server.url, caPem: other.caPem }, { env })).secrets.get(id));
  expect(error).toMatchObject({ exitCode: 4, message: expect.stringContaining('is signed by a CA that is not trusted here') });
  expect(error.hints).toEqual([expect.stringMatching(/^Check certificate-authority-data and tls-server-name of the cluster/)]);
  expect(server.requests).toEqual([]);
});

test.each([
  [
    'a login page',
    { status: 200, body: '<html>log in</html>', headers: { 'content-type': 'text/html' } },
    'responded with 200 (OK)',
  ],
  [
    'a page that asks who is there',
    { status: 401, body: '<html>', headers: { 'content-type': 'text/html' } },
    'responded with 401 (Unauthorized)',
  ],
  [
    'a gateway that refuses',
    { status: 403, body: '<html>', headers: { 'content-type': 'text/html' } },
    'responded with 403 (Forbidden)',
  ],
  ['another API', { status: 404, body: '{"error":"nope"}' }, 'responded with 404 (Not Found)'],
  ['JSON of another kind', { status: 200, body: '[]' }, 'responded with 200 (OK)'],
  [
    'a redirect',
    { status: 302, body: '', headers: { location: 'https://login.example/' } },
    'It redirects to https://login.example/',
  ],
])('%s is not taken for the Kubernetes API', async (_name, fault, said) => {
  const server = await start();
  server.setFault('any', { kind: 'status', ...fault });
  const client = await clientOf(server);
  const error = await refusal(client.secrets.get(id), ServerError);
  expect(error.message).toContain(said);
  expect(error.message).toContain('but not as a Kubernetes API server does');
});

test('a page in response to a change leaves it unknown', async () => {
  const server = await start();
  server.setFault('secret-patch', { kind: 'body', text: '<html>', status: 200 });
  const client = await clientOf(server);
  const { resourceVersion } = await client.secrets.get(id);
  await refusal(client.secrets.patch(id, {}, { resourceVersion }), OutcomeUnknownError);
});

test('a client of an idle world neither connects nor runs anything before the first request', async () => {
  const server = await start();
  const client = await clientOf(server);
  expect(client.access.namespace).toBe('default');
  expect(server.connections).toBe(0);
  expect(testWorld().runs).toEqual([]);
});

test('exactly these rules are needed to deliver a key', async () => {
  const server = await start();
  const rules: Rule[] = [
    { verbs: ['get', 'patch'], resources: ['secrets'], resourceNames: ['collector'], namespaces: ['open-telemetry'] },
  ];
  const client = await clientOf(server, { user: { token: server.serviceAccount('open-telemetry', 'rotator', rules) } });
  const { resourceVersion } = await client.secrets.get(id);
  await client.secrets.patch(id, { data: { API_KEY: 'new' } }, { resourceVersion, dryRun: true });
  await client.secrets.patch(id, { data: { API_KEY: 'new' } }, { resourceVersion });
  expect(server.field(id.namespace, id.name, 'API_KEY')).toBe('new');
});
