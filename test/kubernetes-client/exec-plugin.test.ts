import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type Access, type AccessOptions, loadAccess } from '../../src/kubernetes/index.ts';
import { createCertificate } from '../stackstate/certificates.ts';
import { tempFolder } from '../support/temp.ts';
import {
  base64,
  expectSecretFree,
  kubeconfig,
  refusal,
  type TestWorld,
  type TestWorldOptions,
  testWorld,
  write,
} from './support.ts';

const v1 = 'client.authentication.k8s.io/v1';
const v1beta1 = 'client.authentication.k8s.io/v1beta1';
const secret = 'not-to-be-seen-1234';

const credential = (status: object, apiVersion = v1) => JSON.stringify({ kind: 'ExecCredential', apiVersion, status });

interface Opened extends Access {
  readonly world: TestWorld;
  readonly folder: string;
}

interface OpenOptions extends TestWorldOptions, AccessOptions {
  readonly cluster?: object;
  /** The command is really run. */
  readonly real?: boolean;
}

/** A kubeconfig whose user has the plugin; by default one that gives the token `one`, then `two` and so on. */
async function open(exec: object, options: OpenOptions = {}): Promise<Opened> {
  const folder = tempFolder();
  const user = { exec: { apiVersion: v1, command: 'get-token', interactiveMode: 'Never', ...exec } };
  const cluster = { server: 'https://api.example', ...options.cluster };
  const file = write(folder, 'config', kubeconfig({ cluster, user }));
  const numbers = ['one', 'two', 'three'][Symbol.iterator]();
  const run = async () => ({ stdout: credential({ token: numbers.next().value }) });
  const world = testWorld(options.real ? options : { run, ...options });
  return { ...(await loadAccess(world, { ...options, kubeconfig: file })), world, folder };
}

test('the plugin is run with its arguments and its variables in addition to those there are, once for many requests', async () => {
  const { credentials, world } = await open(
    {
      args: ['a', 'b c'],
      env: [
        { name: 'AWS_PROFILE', value: 'prod' },
        { name: 'EMPTY', value: '' },
      ],
    },
    { env: { PATH: '/bin', AWS_PROFILE: 'dev' } },
  );
  expect(world.runs).toEqual([]);
  expect(await credentials.get(false)).toEqual({ authorization: 'Bearer one' });
  expect(await credentials.get(false)).toEqual({ authorization: 'Bearer one' });
  expect(world.runs).toHaveLength(1);
  expect(world.runs[0]).toMatchObject({
    command: ['get-token', 'a', 'b c'],
    options: { terminal: false, timeoutMs: 60_000, env: { PATH: '/bin', AWS_PROFILE: 'prod', EMPTY: '' } },
  });
});

test('requests at the same time run the plugin once', async () => {
  const { credentials, world } = await open({});
  const both = await Promise.all([credentials.get(false), credentials.get(false)]);
  expect(both).toEqual([{ authorization: 'Bearer one' }, { authorization: 'Bearer one' }]);
  expect(world.runs).toHaveLength(1);
});

test('credentials that were refused are asked for anew', async () => {
  const { credentials } = await open({});
  await credentials.get(false);
  expect(await credentials.get(true)).toEqual({ authorization: 'Bearer two' });
  expect(await credentials.get(false)).toEqual({ authorization: 'Bearer two' });
});

test('credentials are used until shortly before they end', async () => {
  let now = Date.parse('2026-11-25T12:00:00Z');
  let token = 0;
  const run = async () => ({
    stdout: credential({ token: `t${++token}`, expirationTimestamp: new Date(now + 900_000).toISOString() }),
  });
  const { credentials } = await open({}, { now: () => now, run });
  const used = async () => (await credentials.get(false)).authorization;
  expect(await used()).toBe('Bearer t1');
  now += 880_000;
  expect(await used()).toBe('Bearer t1');
  now += 15_000;
  expect(await used()).toBe('Bearer t2');
});

test('a plugin may give a client certificate', async () => {
  const status = { clientCertificateData: 'CERT', clientKeyData: 'KEY' };
  const { credentials } = await open({}, { run: async () => ({ stdout: credential(status) }) });
  expect(await credentials.get(false)).toEqual({ clientCertificate: { cert: 'CERT', key: 'KEY' } });
});

test.each([
  ['a bare name is looked up in PATH', 'get-token', (_folder: string) => 'get-token'],
  ['a path is relative to the kubeconfig file', './bin/get-token', (folder: string) => `${folder}/bin/get-token`],
  ['a path without a dot too', 'bin/get-token', (folder: string) => `${folder}/bin/get-token`],
  ['an absolute path stays', '/opt/get-token', (_folder: string) => '/opt/get-token'],
])('%s', async (_name, command, expected) => {
  const { credentials, world, folder } = await open({ command });
  await credentials.get(false);
  expect(world.runs[0]?.command).toEqual([expected(folder)]);
});

test('KUBERNETES_EXEC_INFO says what is asked for, and of the cluster only what provideClusterInfo allows', async () => {
  const { caPem } = await createCertificate();
  const cluster = {
    server: 'https://api.example/k8s',
    'certificate-authority-data': base64(caPem),
    'tls-server-name': 'inside',
    'proxy-url': 'http://proxy:1',
    extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a', count: 3 } }],
  };
  const info = async (exec: object) => {
    const { credentials, world } = await open(exec, { cluster, run: async () => ({ stdout: credential({ token: 'x' }) }) });
    await credentials.get(false);
    return JSON.parse(world.runs[0]?.options.env?.['KUBERNETES_EXEC_INFO'] ?? '');
  };
  expect(await info({})).toEqual({ kind: 'ExecCredential', apiVersion: v1, spec: { interactive: false } });
  expect(await info({ provideClusterInfo: true })).toEqual({
    kind: 'ExecCredential',
    apiVersion: v1,
    spec: {
      interactive: false,
      cluster: {
        server: 'https://api.example/k8s',
        'certificate-authority-data': base64(caPem),
        'tls-server-name': 'inside',
        'proxy-url': 'http://proxy:1',
        config: { audience: 'a', count: 3 },
      },
    },
  });
});

test.each([
  [v1, 'Never', true, false],
  [v1, 'IfAvailable', true, true],
  [v1, 'IfAvailable', false, false],
  [v1, 'Always', true, true],
  [v1beta1, undefined, true, true],
  [v1beta1, undefined, false, false],
])('%s with interactiveMode %s, stdin a terminal: %s', async (apiVersion, interactiveMode, isTTY, asks) => {
  const run = async () => ({ stdout: credential({ token: 'x' }, apiVersion) });
  const { credentials, world } = await open({ apiVersion, interactiveMode }, { isTTY, run });
  await credentials.get(false);
  expect(world.runs[0]?.options).toMatchObject({ terminal: asks, timeoutMs: asks ? 300_000 : 60_000 });
});

test.each([
  ['no command', { command: '' }, 'has an exec section without a command'],
  ['no interactiveMode in v1', { interactiveMode: undefined }, 'interactiveMode is not Never, IfAvailable or Always'],
  ['an interactiveMode of its own', { interactiveMode: 'Sometimes' }, 'interactiveMode is not Never, IfAvailable or Always'],
  ['questions without a terminal', { interactiveMode: 'Always' }, 'has to ask the user, but stdin is not a terminal'],
  ['the version Kubernetes dropped', { apiVersion: 'client.authentication.k8s.io/v1alpha1' }, 'v1alpha1"; it must be'],
  ['no version', { apiVersion: undefined }, 'has an exec section with no apiVersion'],
  ['a variable without a name', { env: [{ value: secret }] }, 'an env variable without a name'],
  ['arguments that are no list', { args: secret }, 'needs a list of texts in args'],
])("an exec section with %s is refused by the user's name", async (_name, exec, problem) => {
  const error = await refusal(open(exec).then(({ credentials }) => credentials.get(false)));
  expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining(problem) });
  expect(error.message).toMatch(/^The user "user-one" in \S+\/config /);
  expectSecretFree(error, secret, base64(secret));
});

test.each([
  ['nothing', '', 'is not an ExecCredential in JSON'],
  ['text', `token: ${secret}`, 'is not an ExecCredential in JSON'],
  ['another kind', JSON.stringify({ kind: 'Token', token: secret }), 'is not an ExecCredential in JSON'],
  ['another version', credential({ token: secret }, v1beta1), `that was asked for ${v1} but gave ${v1beta1}`],
  ['no status', JSON.stringify({ kind: 'ExecCredential', apiVersion: v1 }), 'gave neither a token nor a client certificate'],
  ['a key alone', credential({ clientKeyData: secret }), 'gave only one half of a client certificate and its key'],
  [
    'a token with a newline inside',
    credential({ token: `${secret}\n${secret}` }),
    'token from its credential plugin with a blank',
  ],
  [
    'an end that is no time',
    credential({ token: secret, expirationTimestamp: 'soon' }),
    'an expirationTimestamp that is not a time',
  ],
])('a plugin that gives %s is refused without its output', async (_name, stdout, problem) => {
  const { credentials } = await open({}, { run: async () => ({ stdout }) });
  const error = await refusal(credentials.get(false));
  expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining(problem) });
  expectSecretFree(error, secret, base64(secret));
});

test('a plugin that is not installed is named, with the hint of the kubeconfig file, harmless', async () => {
  const installHint = 'Install it:\n\n  brew install \u001b[31mget-token\n';
  const { credentials } = await open({ command: 'no-such-plugin-here', installHint }, { run: notFound });
  const error = await refusal(credentials.get(false));
  expect(error).toMatchObject({ exitCode: 1, hints: ['Install it:', '  brew install \\u001b[31mget-token'] });
  expect(error.message).toContain('needs the credential plugin "no-such-plugin-here", which is not installed.');
});

test('a plugin that may not be run', async () => {
  const { credentials, folder } = await open({ command: './not-a-program' }, { real: true });
  write(folder, 'not-a-program', 'x', 0o600);
  const error = await refusal(credentials.get(false));
  expect(error.message).toContain('has a credential plugin "./not-a-program" that cannot be run (EACCES).');
});

test('a plugin that fails: its last words stand in the error, harmless', async () => {
  const stderr = `${'old\n'.repeat(20)}\u001b[2JPlease run: aws sso login\r\n`;
  const { credentials } = await open({}, { run: async () => ({ code: 254, stderr, stdout: secret }) });
  const error = await refusal(credentials.get(false));
  expect(error.exitCode).toBe(4);
  expect(error.message).toMatch(/^The credential plugin "get-token" of the user "user-one" in \S+ failed with exit code 254\.$/);
  expect(error.hints).toHaveLength(10);
  expect(error.hints.at(-1)).toBe('\\u001b[2JPlease run: aws sso login');
  expectSecretFree(error, secret, base64(secret));
});

test('what a plugin says is shown while it runs, harmless, and then not again', async () => {
  const shown: string[] = [];
  const { credentials } = await open(
    {},
    {
      onPluginStderr: (text) => shown.push(text),
      run: async ({ onOutput }) => {
        onOutput?.(secret, 'stdout');
        onOutput?.('Go to https://login.example\r\nPass', 'stderr');
        onOutput?.('word: \u001b[0m', 'stderr');
        return { code: 1, stderr: 'all of it' };
      },
    },
  );
  expect((await refusal(credentials.get(false))).hints).toEqual([]);
  expect(shown).toEqual(['Go to https://login.example\nPass', 'word: \\u001b[0m']);
});

test.each([
  ['ran out of time', { code: null, timedOut: true, signal: 'SIGTERM' }, 'did not end within 60 s.'],
  ['was killed', { code: null, signal: 'SIGTERM' }, 'was ended by SIGTERM.'],
])('a plugin that %s', async (_name, result, how) => {
  const { credentials } = await open({}, { run: async () => result });
  expect(await refusal(credentials.get(false))).toMatchObject({ exitCode: 4, message: expect.stringContaining(how) });
});

test('a plugin that failed is run again by the next request', async () => {
  let runs = 0;
  const { credentials } = await open(
    {},
    { run: async () => (++runs === 1 ? { code: 1 } : { stdout: credential({ token: 'x' }) }) },
  );
  await refusal(credentials.get(false));
  expect(await credentials.get(false)).toEqual({ authorization: 'Bearer x' });
});

test.each([
  ['may ask on the terminal stays in the process group of this one', 'IfAvailable', true],
  ['may not ask is in one of its own', 'Never', false],
])('a real program that %s', async (_name, interactiveMode, sameGroup) => {
  const [begin, end] = credential({ token: '|' }).replaceAll('"', '\\"').split('|');
  const text = `${begin}$(ps -o pgid= -p $$ | tr -d ' ')${end}`;
  const script = write(tempFolder(), 'plugin', `#!/bin/sh\necho "${text}"\n`, 0o700);
  const { credentials } = await open(
    { command: script, interactiveMode },
    { real: true, isTTY: true, env: { PATH: '/bin:/usr/bin' } },
  );
  const own = execFileSync('ps', ['-o', 'pgid=', '-p', String(process.pid)], { encoding: 'utf8' }).trim();
  expect((await credentials.get(false)).authorization === `Bearer ${own}`).toBe(sameGroup);
});

test('a real program, with its deadline', async () => {
  const script = write(tempFolder(), 'slow', '#!/bin/sh\nexec sleep 30\n', 0o700);
  const { credentials } = await open({ command: script }, { real: true, pluginTimeoutMs: 300, env: { PATH: '/bin:/usr/bin' } });
  expect(await refusal(credentials.get(false))).toMatchObject({ message: expect.stringContaining('did not end within 0.3 s.') });
});

test('a token or a certificate of the user wins over the plugin, which is then not run', async () => {
  const exec = { apiVersion: v1, command: 'x', interactiveMode: 'Never' };
  for (const user of [
    { token: 't' },
    { username: 'u' },
    { 'client-certificate-data': base64('C'), 'client-key-data': base64('K') },
  ]) {
    const file = write(tempFolder(), 'config', kubeconfig({ cluster: { server: 'https://api' }, user: { ...user, exec } }));
    const world = testWorld();
    await (await loadAccess(world, { kubeconfig: file })).credentials.get(false);
    expect(world.runs).toEqual([]);
  }
});

async function notFound(): Promise<never> {
  throw Object.assign(new Error('spawn ENOENT'), { code: 'ENOENT' });
}
