import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createKubernetes, loadAccess } from '../../src/kubernetes/index.ts';
import { type Certificate, createCertificate, createClientCertificate } from '../stackstate/certificates.ts';
import { tempFolder } from '../support/temp.ts';
import { ca, cases, type Given } from './kubectl-cases.ts';
import { base64, hasKubectl, kubeconfig, startServer, type TestServer, testWorld, write } from './support.ts';

// kubectl is the oracle: given the same kubeconfig files, it and our client must reach the same server, as the same user.

const name = 'kubectl and our client agree';
if (!hasKubectl) console.warn(`SKIPPED: ${name}: there is no kubectl on this machine.`);

const path = '/api/v1/namespaces/team-a/secrets/otel';
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'otel', namespace: 'team-a', resourceVersion: '1' } };
describe.skipIf(!hasKubectl)(name, () => {
  let certificate: Certificate;
  let client: Given['client'];
  let otherCa: string;
  beforeAll(async () => {
    certificate = await createCertificate({ hosts: ['inside.example'] });
    otherCa = (await createCertificate()).caPem;
    client = await createClientCertificate(certificate.authority, 'jane');
  });

  test.each(Object.entries(cases))('on %s', async (_title, { make, sees, refused }) => {
    const folder = tempFolder();
    const server = await startServer(() => ({ body: secret }), { certificate, clientCa: certificate.caPem });
    const { cluster, user, env = {} } = make({ folder, server, certificate, client, otherCa });
    const file = write(
      folder,
      'kube/config',
      kubeconfig({
        cluster: cluster ?? { server: server.url, ...ca(certificate) },
        ...(user === undefined ? {} : { user }),
        context: { namespace: 'team-a' },
      }),
    );
    const both = { PATH: '/usr/bin:/bin', HOME: folder, ...env };

    const theirs = await kubectl(file, server, both);
    const ours = await ourClient(file, server, both);
    expect(ours.failed).toBe(refused ?? false);
    expect(theirs.failed).toBe(refused ?? false);
    expect(ours.request).toEqual(theirs.request);
    if (sees !== undefined) expect(ours.request).toMatchObject(sees);
  });

  test('on what a plugin is told of the cluster', async () => {
    const folder = tempFolder();
    const server = await startServer(() => ({ body: secret }), { certificate });
    const { user } =
      cases['a plugin that needs to know the cluster']?.make({ folder, server, certificate, client, otherCa }) ?? {};
    const extension = { audience: 'a', nested: { count: 3, yes: true } };
    const cluster = {
      server: server.url,
      ...ca(certificate),
      'tls-server-name': 'inside.example',
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension }],
    };
    const file = write(folder, 'kube/config', kubeconfig({ cluster, ...(user === undefined ? {} : { user }) }));
    const env = { PATH: '/usr/bin:/bin', HOME: folder };
    await kubectl(file, server, { ...env, CALLER: 'theirs' });
    await ourClient(file, server, { ...env, CALLER: 'ours' });
    const info = (caller: string) => JSON.parse(execFileSync('cat', [`${folder}/info-${caller}`], { encoding: 'utf8' }));
    expect(info('ours')).toEqual(info('theirs'));
    expect(info('ours').spec.cluster.config).toEqual(extension);
  });

  test('on a proxy of the cluster', async () => {
    const folder = tempFolder();
    const server = await startServer(() => ({ body: secret }));
    // A name that only the proxy can lead to.
    const cluster = { server: 'http://api.invalid', 'proxy-url': server.url };
    const file = write(folder, 'kube/config', kubeconfig({ cluster, user: { as: 'jane' }, context: { namespace: 'team-a' } }));
    const env = { PATH: '/usr/bin:/bin', HOME: folder, HTTP_PROXY: 'http://127.0.0.1:9' };
    const theirs = await kubectl(file, server, env);
    const ours = await ourClient(file, server, env);
    expect(ours.failed).toBe(false);
    expect(ours.request).toEqual(theirs.request);
    expect(ours.request).toMatchObject({ headers: { host: 'api.invalid', 'impersonate-user': 'jane' } });
  });

  test.each([undefined, 'one', 'two', 'three'])('on several files, merged, with the context %s', async (context) => {
    const folder = tempFolder();
    const files = [
      write(folder, 'a/config', {
        clusters: [{ name: 'shared', cluster: { server: 'https://first.example', 'tls-server-name': 'first' } }],
        contexts: [{ name: 'one', context: { cluster: 'shared', user: 'u', namespace: 'ns-a' } }],
      }),
      '/does/not/exist',
      write(folder, 'b/config', {
        'current-context': 'two',
        clusters: [
          { name: 'shared', cluster: { server: 'https://second.example', 'proxy-url': 'http://proxy:1' } },
          { name: 'own', cluster: { server: 'https://own.example/path', 'certificate-authority': 'ca.pem' } },
        ],
        users: [{ name: 'u', user: { 'client-certificate': 'c.pem', 'client-key': 'k.pem' } }],
        contexts: [{ name: 'two', context: { cluster: 'own', user: 'u' } }],
      }),
      write(folder, 'c/config', {
        'current-context': 'three',
        users: [{ name: 'u', user: { token: 'not-this-one' } }],
        contexts: [
          { name: 'one', context: { cluster: 'own', namespace: 'not-this-one' } },
          { name: 'three', context: { cluster: 'shared', user: 'u' } },
        ],
      }),
    ];
    write(folder, 'b/ca.pem', certificate.caPem);
    write(folder, 'b/c.pem', client.cert);
    write(folder, 'b/k.pem', client.key);
    const env = { PATH: '/usr/bin:/bin', HOME: folder, KUBECONFIG: files.join(':') };
    const args = ['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'];
    const flag = context === undefined ? [] : ['--context', context];
    const theirs = JSON.parse(execFileSync('kubectl', [...args, ...flag], { env, encoding: 'utf8' }));

    const ours = await loadAccess(testWorld({ env }), context === undefined ? {} : { context });
    const { clientCertificate, authorization } = await ours.credentials.get(false);
    const { url, caCertificates, serverName, proxyUrl } = ours.cluster;
    const given = (fields: object) => JSON.parse(JSON.stringify(fields));
    expect(
      given({ server: url.href.replace(/\/$/, ''), ca: caCertificates && base64(caCertificates), serverName, proxyUrl }),
    ).toEqual(
      given({
        server: theirs.clusters[0].cluster.server,
        ca: theirs.clusters[0].cluster['certificate-authority-data'],
        serverName: theirs.clusters[0].cluster['tls-server-name'],
        proxyUrl: theirs.clusters[0].cluster['proxy-url'],
      }),
    );
    expect(given({ cert: clientCertificate && base64(clientCertificate.cert), authorization })).toEqual(
      given({ cert: theirs.users[0].user['client-certificate-data'], authorization: theirs.users[0].user.token }),
    );
    expect(ours.namespace).toBe(theirs.contexts[0].context.namespace ?? 'default');
    expect(ours.origin).toContain(`context "${theirs['current-context']}"`);
  });

  test.each([
    ['a token that is a number', 'users: [{name: u, user: {token: 12345}}]'],
    ['a flag that is text', 'clusters: [{name: c, cluster: {server: "https://a", insecure-skip-tls-verify: "true"}}]'],
    ['a context twice', 'contexts: [{name: one, context: {cluster: c}}, {name: one, context: {cluster: c}}]'],
    ['a broken line', 'users: [{name: "u'],
    ['another kind', 'kind: Secret'],
  ])('that a file with %s cannot be used', async (_title, text) => {
    const base = {
      clusters: 'clusters: [{name: c, cluster: {server: "https://a"}}]',
      users: 'users: [{name: u, user: {}}]',
      contexts: 'contexts: [{name: one, context: {cluster: c, user: u}}]',
    };
    const rest = Object.entries(base).flatMap(([key, line]) => (text.startsWith(key) ? [] : [line]));
    const file = write(tempFolder(), 'config', ['apiVersion: v1', 'current-context: one', ...rest, text].join('\n'));
    await expect(
      loadAccess(testWorld(), { kubeconfig: file }).then(({ credentials }) => credentials.get(false)),
    ).rejects.toMatchObject({
      exitCode: 1,
    });
    expect(() => execFileSync('kubectl', ['--kubeconfig', file, 'config', 'view', '--minify'], { stdio: 'ignore' })).toThrow();
  });
});

// What kubectl cannot be asked: it asks the user for a name where there is none, and its raw requests know no path of the server.

test('an API below a path, without a user', async () => {
  const certificate = await createCertificate();
  const server = await startServer(() => ({ body: secret }), { certificate });
  const file = write(tempFolder(), 'config', kubeconfig({ cluster: { server: `${server.url}/k8s/c-1/`, ...ca(certificate) } }));
  expect((await ourClient(file, server, {})).failed).toBe(false);
  expect(server.seen[0]?.path).toBe(`/k8s/c-1${path}`);
  expect(server.seen[0]?.headers['authorization']).toBeUndefined();
});

test('a proxy-url leads to the server through a tunnel, and the environment does not', async () => {
  const { startProxy } = await import('../stackstate/proxy.ts');
  const certificate = await createCertificate();
  const server = await startServer(() => ({ body: secret }), { certificate });
  const proxy = await startProxy();
  onTestFinished(() => proxy.close());
  const cluster = { server: server.url, ...ca(certificate), 'proxy-url': proxy.url };
  const file = write(tempFolder(), 'config', kubeconfig({ cluster, user: { token: 't' } }));
  const { failed } = await ourClient(file, server, { HTTPS_PROXY: 'http://127.0.0.1:9' });
  expect(failed).toBe(false);
  expect(proxy.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([`CONNECT ${new URL(server.url).host}`]);
});

interface Outcome {
  readonly failed: boolean;
  /** What identifies the request: not how the client calls itself, nor what it accepts. */
  readonly request: object | undefined;
}

async function kubectl(file: string, server: TestServer, env: Readonly<Record<string, string>>): Promise<Outcome> {
  const before = server.seen.length;
  const args = ['--kubeconfig', file, 'get', '--raw', path];
  const failed = await promisify(execFile)('kubectl', args, { env, timeout: 15_000 }).then(
    () => false,
    () => true,
  );
  return { failed, request: requestIn(server, before) };
}

async function ourClient(file: string, server: TestServer, env: Readonly<Record<string, string>>): Promise<Outcome> {
  const before = server.seen.length;
  const world = testWorld({ env });
  const access = await loadAccess(world, { kubeconfig: file });
  const client = createKubernetes({ access, world, timeoutMs: 10_000, version: '1.0.0' });
  const failed = await client.secrets.get({ namespace: 'team-a', name: 'otel' }).then(
    () => false,
    () => true,
  );
  await client.close();
  return { failed, request: requestIn(server, before) };
}

/** The request for the Secret among those since a moment; kubectl asks for the version as well. */
function requestIn(server: TestServer, from: number): object | undefined {
  const seen = server.seen.slice(from).find((request) => request.path.endsWith(path));
  if (seen === undefined) return undefined;
  const { client, serverName, rawHeaders } = seen;
  const telling = /^(?:host|authorization|impersonate-[^:]*): /i;
  const headers = Object.fromEntries(Object.entries(seen.headers).filter(([key]) => telling.test(`${key}: `)));
  const lines = rawHeaders.filter((line) => telling.test(line)).map((line) => line.replace(/^[^:]*/, (key) => key.toLowerCase()));
  return { path: seen.path, headers, lines: lines.sort(), client, serverName };
}
