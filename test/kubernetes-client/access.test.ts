import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AccessOptions, type KubernetesWorld, loadAccess } from '../../src/kubernetes/index.ts';
import { nodeWorld } from '../../src/platform/node.ts';
import { tempFolder } from '../support/temp.ts';
import { base64, expectSecretFree, kubeconfig, refusal, type TestWorldOptions, testWorld, write } from './support.ts';

const pod = '/var/run/secrets/kubernetes.io/serviceaccount';
const podEnv = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
const podFiles = { [`${pod}/token`]: 'pod-token\n', [`${pod}/ca.crt`]: '-----BEGIN pod', [`${pod}/namespace`]: 'pod-namespace' };
const secure = { server: 'https://api.example' };
const secret = 'not-to-be-seen-1234';

test('the real world is one that this layer takes', async () => {
  const world: KubernetesWorld = nodeWorld();
  const file = write(tempFolder(), 'config', kubeconfig({ cluster: secure }));
  expect((await loadAccess(world, { kubeconfig: file })).cluster.url.host).toBe('api.example');
});

// Which one is used.

test('--kubeconfig wins over KUBECONFIG, which wins over the file in the home folder, which wins over the pod', async () => {
  const folder = tempFolder();
  const file = (name: string) => write(folder, name, kubeconfig({ cluster: { server: `https://${name}.example` } }));
  const [flag, variable] = [file('flag'), file('variable')];
  write(folder, '.kube/config', kubeconfig({ cluster: { server: 'https://home.example' } }));
  const world = { home: folder, cwd: folder, files: podFiles, env: { ...podEnv, KUBECONFIG: variable } };
  const host = async (options: TestWorldOptions, access: AccessOptions = {}) =>
    (await loadAccess(testWorld(options), access)).cluster.url.host;

  expect(await host(world, { kubeconfig: flag })).toBe('flag.example');
  expect(await host(world, { kubeconfig: 'flag' })).toBe('flag.example');
  expect(await host(world)).toBe('variable.example');
  expect(await host({ ...world, env: podEnv })).toBe('home.example');
  expect(await host({ ...world, env: { ...podEnv, KUBECONFIG: '' } })).toBe('home.example');
  expect(await host({ ...world, home: join(folder, 'empty'), env: podEnv })).toBe('10.0.0.1');
});

test('an empty file in the home folder says nothing, so the pod is used', async () => {
  const folder = tempFolder();
  write(folder, '.kube/config', '');
  const access = await loadAccess(testWorld({ home: folder, files: podFiles, env: podEnv }));
  expect(access.origin).toBe('service account of this pod');
});

test.each<[string, TestWorldOptions, AccessOptions, string]>([
  [
    'nothing at all',
    { home: '/nowhere' },
    {},
    'No access to a Kubernetes cluster is configured: /nowhere/.kube/config does not exist',
  ],
  ['no home', {}, {}, 'no home folder is known, and this is not running in a pod'],
  ['a missing --kubeconfig', { env: podEnv }, { kubeconfig: '/nowhere/c' }, 'The kubeconfig file /nowhere/c does not exist.'],
  ['a KUBECONFIG of missing files', { env: { ...podEnv, KUBECONFIG: '/no/a:/no/b' } }, {}, 'exists: /no/a, /no/b.'],
  ['--kube-context in a pod', { env: podEnv, files: podFiles }, { context: 'prod' }, 'There is no context "prod"'],
])('%s is a configuration error', async (_name, world, options, message) => {
  const error = await refusal(loadAccess(testWorld(world), options));
  expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining(message) });
});

test('a file that may not be read is not left out', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'folder'));
  const error = await refusal(loadAccess(testWorld({ env: { KUBECONFIG: join(folder, 'folder') } })));
  expect(error.message).toBe(`The kubeconfig file ${folder}/folder cannot be read (not a regular file).`);
});

// The namespace.

test.each([
  ['the context says one', 'of-context', podEnv, 'of-context'],
  ['the pod has one', undefined, podEnv, 'pod-namespace'],
  ['the pod is told one', undefined, { ...podEnv, POD_NAMESPACE: 'told' }, 'told'],
  ['nobody says one', undefined, {}, 'default'],
])('the default namespace when %s', async (_name, namespace, env, expected) => {
  const file = write(tempFolder(), 'c', kubeconfig({ cluster: secure, context: namespace === undefined ? {} : { namespace } }));
  const access = await loadAccess(testWorld({ env: { ...env, KUBECONFIG: file }, files: podFiles }));
  expect(access.namespace).toBe(expected);
});

// The pod.

test('in a pod its service account is used, whose token is read for each request', async () => {
  const files = { ...podFiles };
  const { cluster, credentials, namespace } = await loadAccess(testWorld({ env: podEnv, files }));
  expect(cluster).toMatchObject({ caCertificates: '-----BEGIN pod', skipSsl: false });
  expect(cluster.url.href).toBe('https://10.0.0.1/');
  expect(namespace).toBe('pod-namespace');
  expect(await credentials.get(false)).toEqual({ authorization: 'Bearer pod-token' });
  files[`${pod}/token`] = 'newer-token';
  expect(await credentials.get(false)).toEqual({ authorization: 'Bearer newer-token' });
});

test('a pod whose API server has an IPv6 address', async () => {
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
  const { cluster } = await loadAccess(testWorld({ env, files: podFiles }));
  expect(cluster.url.host).toBe('[fd00::1]:6443');
});

test('a pod without a service account is told so', async () => {
  const error = await refusal(loadAccess(testWorld({ env: podEnv })));
  expect(error.message).toBe(`The token of this pod's service account cannot be read: ${pod}/token (ENOENT).`);
  expect(error.hints.join()).toContain('automountServiceAccountToken');
});

// Contexts.

test('the context asked for is used; one that is not there is named, with the nearest', async () => {
  const file = write(tempFolder(), 'config', {
    'current-context': 'prod-eu',
    clusters: [
      { name: 'eu', cluster: { server: 'https://eu.example' } },
      { name: 'us', cluster: { server: 'https://us.example' } },
    ],
    contexts: [
      { name: 'prod-eu', context: { cluster: 'eu' } },
      { name: 'prod-us', context: { cluster: 'us' } },
    ],
  });
  const world = testWorld();
  expect((await loadAccess(world, { kubeconfig: file })).origin).toBe(`context "prod-eu" in ${file}`);
  expect((await loadAccess(world, { kubeconfig: file, context: 'prod-us' })).cluster.url.host).toBe('us.example');
  const error = await refusal(loadAccess(world, { kubeconfig: file, context: 'prod-uss' }));
  expect(error.message).toBe(`There is no context "prod-uss" in ${file}.`);
  expect(error.hints).toEqual(['Did you mean --kube-context prod-us?', 'Contexts: prod-eu, prod-us']);
});

test.each([
  ['no current context', { contexts: [{ name: 'a', context: {} }] }, 'No current context is set in FILE.'],
  [
    'a current context that is gone',
    { 'current-context': 'x', contexts: [] },
    'no context "x" in FILE, although it is set as the current one',
  ],
  ['no cluster', { 'current-context': 'a', contexts: [{ name: 'a', context: {} }] }, 'The context "a" in FILE names no cluster.'],
  [
    'a cluster that is not there',
    { 'current-context': 'a', contexts: [{ name: 'a', context: { cluster: 'c' } }] },
    'The context "a" in FILE names the cluster "c", which does not exist.',
  ],
  [
    'a user that is not there',
    {
      'current-context': 'a',
      clusters: [{ name: 'c', cluster: secure }],
      contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
    },
    'The context "a" in FILE names the user "u", which does not exist.',
  ],
])('a file with %s', async (_name, content, message) => {
  const file = write(tempFolder(), 'config', content);
  const error = await refusal(loadAccess(testWorld(), { kubeconfig: file }));
  expect(error.exitCode).toBe(1);
  expect(error.message.replaceAll(file, 'FILE')).toContain(message);
});

// Errors name the file and the entry, never what is secret.

test.each<[string, string]>([
  ['a broken line', `users:\n- name: a\n  user: {token: "${secret}`],
  ['a broken flow', `users: [${secret}: {]`],
  ['an unknown alias', `users: *${secret}`],
  ['no map', `- ${secret}`],
  ['plain text', secret],
  ['another kind', `kind: Secret\ndata: {a: ${secret}}`],
  ['a list that is none', `users: ${secret}`],
  ['entries that are text', `users: [${secret}]`],
  ['the same user twice', `users: [{name: a, user: {token: ${secret}}}, {name: a, user: {token: ${secret}}}]`],
])('a kubeconfig file with %s is refused without its content', async (_name, text) => {
  const file = write(tempFolder(), 'config', text);
  const error = await refusal(loadAccess(testWorld(), { kubeconfig: file }));
  expect(error.exitCode).toBe(1);
  expect(error.message).toContain(file);
  expectSecretFree(error, secret, base64(secret));
});

test.each<[string, object, string]>([
  ['a token that is a number', { token: 12345 }, 'needs text in token'],
  ['a token with a blank', { token: `${secret} ${secret}` }, 'has a token with a blank'],
  ['a token with a control character', { token: `${secret}\u0001` }, 'has a token with a blank, a control'],
  ['a certificate without a key', { 'client-certificate-data': base64(secret) }, 'has a client-certificate without a client-key'],
  ['a key without a certificate', { 'client-key-data': base64(secret) }, 'has a client-key without a client-certificate'],
  [
    'a certificate that is no base64',
    { 'client-certificate-data': `${secret}!` },
    'has a client-certificate-data that is not base64',
  ],
  [
    'a key file that is gone',
    { 'client-certificate-data': base64('x'), 'client-key': 'k.pem' },
    'names a client-key that cannot be read: FOLDER/k.pem (ENOENT)',
  ],
  ['a token and a password', { token: secret, username: 'u', password: secret }, 'has both a token and a username'],
  ['groups without a user', { token: secret, 'as-groups': ['a'] }, 'has as-uid, as-groups or as-user-extra without "as"'],
  ['a group that is a number', { token: secret, as: 'a', 'as-groups': [1] }, 'needs a list of texts in as-groups'],
  [
    'the auth-provider gcp',
    { 'auth-provider': { name: 'gcp', config: { 'access-token': secret } } },
    'uses the auth-provider "gcp"',
  ],
  [
    'the auth-provider oidc',
    { 'auth-provider': { name: 'oidc', config: { 'id-token': secret } } },
    'uses the auth-provider "oidc"',
  ],
])('a user with %s is refused by its name', async (_name, user, problem) => {
  const folder = tempFolder();
  const file = write(folder, 'config', kubeconfig({ cluster: secure, user }));
  const error = await refusal(loadAccess(testWorld(), { kubeconfig: file }));
  expect(error.exitCode).toBe(1);
  expect(error.message).toContain(`The user "user-one" in ${file} ${problem.replace('FOLDER', folder)}`);
  expectSecretFree(error, secret, base64(secret));
});

test.each([
  ['gcp', 'gke-gcloud-auth-plugin'],
  ['azure', 'kubelogin'],
  ['oidc', 'kubelogin'],
])('what took the place of the auth-provider %s is named', async (name, plugin) => {
  const file = write(tempFolder(), 'config', kubeconfig({ cluster: secure, user: { 'auth-provider': { name } } }));
  expect((await refusal(loadAccess(testWorld(), { kubeconfig: file }))).hints.join()).toContain(plugin);
});

test.each<[string, object, string]>([
  ['no server', {}, 'has no server'],
  ['a server of another kind', { server: 'ftp://x' }, 'has a server that is not an http or https URL'],
  ['a server that is no URL', { server: 'https://a b' }, 'has a server that is not an http or https URL'],
  [
    'CA data that is no base64',
    { ...secure, 'certificate-authority-data': '-----BEGIN' },
    'has a certificate-authority-data that is not base64',
  ],
  ['CA data that is no PEM', { ...secure, 'certificate-authority-data': base64('x') }, 'holds no PEM certificate'],
  [
    'a CA file that is gone',
    { ...secure, 'certificate-authority': 'ca.pem' },
    'names a certificate-authority that cannot be read',
  ],
  [
    'a CA and no verification',
    { ...secure, 'certificate-authority-data': base64('-----BEGIN'), 'insecure-skip-tls-verify': true },
    'has both CA certificates',
  ],
  ['a proxy of another kind', { ...secure, 'proxy-url': `socks5://u:${secret}@proxy` }, 'has a proxy-url with the scheme socks5'],
  ['a proxy that is no URL', { ...secure, 'proxy-url': `u:${secret}@ ` }, 'has a proxy-url'],
])('a cluster with %s is refused by its name', async (_name, cluster, problem) => {
  const file = write(tempFolder(), 'config', kubeconfig({ cluster }));
  const error = await refusal(loadAccess(testWorld(), { kubeconfig: file }));
  expect(error.exitCode).toBe(1);
  expect(error.message).toContain(`The cluster "cluster-one" in ${file} `);
  expect(error.message).toContain(problem);
  expectSecretFree(error, secret, base64(secret));
});

// Credentials.

test('a token file, relative to the kubeconfig file, is read anew for each request', async () => {
  const folder = tempFolder();
  const file = write(folder, 'kube/config', kubeconfig({ cluster: secure, user: { tokenFile: '../tokens/mine' } }));
  write(folder, 'tokens/mine', 'first\n');
  const { credentials } = await loadAccess(testWorld(), { kubeconfig: file });
  expect(await credentials.get(false)).toEqual({ authorization: 'Bearer first' });
  write(folder, 'tokens/mine', 'second');
  expect(await credentials.get(false)).toEqual({ authorization: 'Bearer second' });
  write(folder, 'tokens/mine', '\n');
  await expect(credentials.get(false)).rejects.toThrow('has an empty tokenFile');
});

test('the token beside a token file serves when the file is gone', async () => {
  const file = write(tempFolder(), 'config', kubeconfig({ cluster: secure, user: { tokenFile: 'gone', token: 'beside' } }));
  const { credentials } = await loadAccess(testWorld(), { kubeconfig: file });
  expect(await credentials.get(false)).toEqual({ authorization: 'Bearer beside' });
});

test('over plain http no credentials are sent, as with kubectl, and nobody is asked for them', async () => {
  const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'x', interactiveMode: 'Never' } };
  const file = write(tempFolder(), 'config', kubeconfig({ cluster: { server: 'http://127.0.0.1:1' }, user }));
  const world = testWorld();
  const { credentials } = await loadAccess(world, { kubeconfig: file });
  expect(await credentials.get(false)).toEqual({});
  expect(credentials.description).toContain("not sent because the server's URL begins with http://");
  expect(world.runs).toEqual([]);
});

test('a certificate that is not verified is warned of', async () => {
  const file = write(tempFolder(), 'config', kubeconfig({ cluster: { ...secure, 'insecure-skip-tls-verify': true } }));
  expect((await loadAccess(testWorld(), { kubeconfig: file })).warnings).toEqual([
    `The certificate of the Kubernetes API server api.example is not verified (cluster "cluster-one" in ${file}).`,
  ]);
});

test('names with control characters are made visible', async () => {
  const file = write(tempFolder(), 'config', { 'current-context': '\u001b[31mred', contexts: [] });
  const error = await refusal(loadAccess(testWorld(), { kubeconfig: file }));
  expect(error.message).toContain('"\\u001b[31mred"');
});
