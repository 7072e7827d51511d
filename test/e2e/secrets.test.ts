import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type StackState, tokens } from '../stackstate/server.ts';
import { type BuiltOptions, type BuiltResult, runBuilt } from '../support/built.ts';
import { caFileOf, startForTest, startProxyForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';

const keys = 'ingestion-api-key';
const secrets = Object.values(tokens);

/** What must never stand on stderr: the tokens, every key that ever was, and what they look like in other clothes. */
function expectNoSecret(text: string, stackState?: Pick<StackState, 'store'>, more: readonly string[] = []): void {
  const created = stackState?.store.history.map(({ apiKey }) => apiKey) ?? [];
  for (const secret of [...secrets, ...created, ...more]) {
    for (const form of [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret), secret.slice(4)]) {
      expect(text.includes(form), `the secret ${secret} in:\n${text}`).toBe(false);
    }
  }
}

interface Given {
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

function fileWith(text: string): string {
  const path = join(tempFolder(), 'token');
  writeFileSync(path, text);
  return path;
}

const ways: Readonly<Record<string, () => Given>> = {
  'an API token by flag': () => ({ flags: ['--api-token', tokens.api] }),
  'an API token by environment': () => ({ flags: [], env: { STS_CLI_API_TOKEN: tokens.api } }),
  'an API token by stdin': () => ({ flags: ['--api-token', '-'], stdin: `${tokens.api}\n` }),
  'a service token by flag': () => ({ flags: [`--service-token=${tokens.service}`] }),
  'a service token by environment': () => ({ flags: [], env: { STS_CLI_SERVICE_TOKEN: ` ${tokens.service}\n` } }),
  'a service token by stdin': () => ({ flags: ['--service-token', '-'], stdin: tokens.service }),
  'a Kubernetes token by flag': () => ({ flags: ['--k8s-sa-token', tokens.k8s] }),
  'a Kubernetes token by environment': () => ({ flags: [], env: { STS_CLI_K8S_SA_TOKEN: tokens.k8s } }),
  'a Kubernetes token by file': () => ({ flags: ['--k8s-sa-token-path', fileWith(`${tokens.k8s}\n`)] }),
  'a Kubernetes token by a file of the environment': () => ({
    flags: [],
    env: { STS_CLI_K8S_SA_TOKEN_PATH: fileWith(tokens.k8s) },
  }),
};

test.each(Object.entries(ways))('-vvv with %s tells no token and no key', async (_, way) => {
  const stackState = await startForTest({ now: Date.now });
  const given = way();
  const existing = stackState.seed({ name: 'existing' });
  const old = stackState.seed({ name: 'rotated' });
  const home = tempFolder();
  const run = (words: readonly string[], options: BuiltOptions = {}) =>
    runBuilt([...words, '-vvv', '--url', stackState.url, ...given.flags], {
      home,
      ...(given.stdin === undefined ? {} : { stdin: given.stdin }),
      ...options,
      env: { ...given.env },
    });
  const keyFile = join(home, 'key');
  const results: BuiltResult[] = [
    await run(['context', 'save', '--name', 'saved']),
    await run(['context', 'validate']),
    await run([keys, 'list']),
    await run([keys, 'create', '--name', 'by-file', '--key-file', keyFile]),
    await run([keys, 'verify', '--key-file', keyFile]),
    await run([keys, 'rotate', '--id', String(old.id), '--key-file', join(home, 'rotated'), '--delete-old', '--after', '0s']),
    await run([keys, 'delete', '--id', String(existing.id)]),
    await run([keys, 'create', '--name', 'x', '-o', 'json']),
  ];
  // A token of Kubernetes is not saved, and those of the environment do not count when a context is validated.
  const [, validated] = results;
  if (results[0]?.stderr.includes('is not saved') && given.flags.length === 0) {
    expect(validated).toMatchObject({ code: 1, stderr: expect.stringContaining('[ERROR] No token is configured for') });
    results.splice(1, 1);
  }
  expect(results.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(results.map(() => 0));
  for (const { stderr } of results) {
    expectNoSecret(stderr, stackState);
    expect(stderr).toMatch(/^url=http:\/\/127\.0\.0\.1:\d+ from flag --url$/m);
    expect(stderr).toMatch(/^(GET|POST|DELETE) http:.* 20[04] in \d+ ms$/m);
  }
  // Only the create that was to print its key shows one.
  for (const { stdout } of results.slice(0, -1)) expectNoSecret(stdout, stackState);
});

test('-vvv on the context commands tells no stored token, and neither do their results', async () => {
  const home = tempFolder();
  const config = join(home, 'config.yaml');
  writeFileSync(
    config,
    `contexts:
  - name: one
    context: { url: http://127.0.0.1:9, api-token: ${tokens.api} }
  - name: two
    context: { url: http://127.0.0.1:9, service-token: ${tokens.service} }
  - name: three
    context: { url: http://127.0.0.1:9, k8s-sa-token: ${tokens.k8s} }
current-context: one
`,
    { mode: 0o600 },
  );
  const commands = [
    ['list'],
    ['list', '-o', 'json'],
    ['show'],
    ['show', '-o', 'json'],
    ['set', '--name', 'two'],
    ['show', '-o', 'json'],
    ['validate', '-o', 'json'],
    ['delete', '--name', 'one'],
    ['set', '--name', 'three', '-o', 'json'],
    ['show', '-o', 'json'],
    ['delete', '--name', 'none'],
  ];
  for (const words of commands) {
    const { code, stdout, stderr } = await runBuilt(['context', ...words, '--config', config, '-vvv'], { home });
    expect(code, words.join(' ')).toBe({ validate: 4, none: 8 }[words.includes('none') ? 'none' : (words[0] ?? '')] ?? 0);
    expectNoSecret(stdout + stderr);
  }
  const shown = await runBuilt(['context', 'show', '-o', 'json', '--show-tokens', '--config', config, '-vvv'], { home });
  expect(shown.stdout).toContain(tokens.k8s);
  expectNoSecret(shown.stderr);
});

test.each([
  ['a control character', `${tokens.api}\u0007x`],
  ['a line break inside', `${tokens.api}\n${tokens.service}`],
  ['a letter no token has', `${tokens.api}ü`],
])('a token with %s is refused without being shown', async (_, token) => {
  const stackState = await startForTest({ now: Date.now });
  const url = ['--url', stackState.url];
  const results = await Promise.all([
    runBuilt([keys, 'list', '-vvv', ...url, '--api-token', token]),
    runBuilt([keys, 'list', '-vvv', ...url], { env: { STS_CLI_SERVICE_TOKEN: token } }),
    runBuilt([keys, 'list', '-vvv', ...url, '--k8s-sa-token', '-'], { stdin: token }),
    runBuilt([keys, 'list', '-vvv', ...url, '--k8s-sa-token-path', fileWith(token)]),
    runBuilt(['context', 'save', '-vvv', ...url, '--api-token', token]),
  ]);
  for (const { code, stdout, stderr } of results) {
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /\[ERROR\] The token given by \S+.* contains a control or non-ASCII character.*\n {2}Copy it from StackState again/,
    );
    expectNoSecret(stderr);
  }
  expect(stackState.connections).toBe(0);
});

test('what is mistyped around a token does not show it', async () => {
  const lines = [
    [keys, 'list', '--api-tokn', tokens.api],
    [keys, 'list', `--api-tokn=${tokens.api}`],
    [keys, '--service-token', tokens.service, 'lst'],
    ['--service-token', tokens.service, 'ingestion-api-kes', 'list'],
    [keys, 'list', `-t${tokens.api}`],
    [keys, 'list', '--service-token', tokens.service, 'extra'],
    [keys, 'list', tokens.service],
    [keys, 'list', '--api-token', tokens.api, '--service-token', tokens.service],
    [keys, 'create', '--api-token', tokens.api],
    [keys, 'list', '--url', `http://me:${tokens.api}@127.0.0.1:9`, '--service-token', 'x'],
    [keys, 'list', '--url', `http://127.0.0.1:9/?token=${tokens.api}`, '--service-token', 'x'],
    [keys, 'list', '--url', `me:${tokens.api}@127.0.0.1:9`, '--service-token', 'x'],
    ['context', 'save', '--url', `https://me:${tokens.api}@127.0.0.1:9`, '--service-token', 'x'],
    [keys, 'verify', tokens.api],
    [keys, 'verify', '--key', tokens.api],
  ];
  const forms = lines.flatMap((line) => [line, [...line, '-o', 'json']]);
  const results: BuiltResult[] = [];
  while (forms.length > 0) results.push(...(await Promise.all(forms.splice(0, 3).map((form) => runBuilt([...form, '-vvv'])))));
  for (const { code, stdout, stderr } of results) {
    // With a URL that has a user name nothing is mistyped: nobody listens there.
    expect([1, 3, 4]).toContain(code);
    expect(stdout).toBe('');
    expectNoSecret(stderr);
  }
});

test('a token that is not accepted, or not allowed, is not shown', async () => {
  const stackState = await startForTest({ now: Date.now });
  const url = ['--url', stackState.url, '-vvv'];
  const wrong = 'wrong-token-4711-abcdef';
  const [unauthorized, forbidden] = await Promise.all([
    runBuilt([keys, 'list', ...url, '--service-token', wrong]),
    runBuilt([keys, 'create', '-n', 'n', ...url, '--api-token', tokens.forbidden]),
  ]);
  expect(unauthorized.code).toBe(4);
  expect(forbidden.code).toBe(2);
  for (const { stderr } of [unauthorized, forbidden]) expectNoSecret(stderr, stackState, [wrong]);
});

test.each([
  ['error', { kind: 'status', status: 400, body: `{"message":"the token ${tokens.service} is not good for this"}` }],
  ['redirect', { kind: 'redirect', to: `https://login.example/?token=${tokens.service}` }],
] as const)('a token that the server repeats in its %s is not shown', async (_, fault) => {
  const stackState = await startForTest({ now: Date.now });
  stackState.setFault('any', fault);
  const argv = [keys, 'list', '-vvv', '--url', stackState.url, '--service-token', tokens.service];
  for (const form of [[], ['-o', 'json']]) {
    const { code, stdout, stderr } = await runBuilt([...argv, ...form]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expectNoSecret(stderr);
  }
});

test('a key that is verified is not shown, valid or not, and neither is one that cannot be read', async () => {
  const stackState = await startForTest({ now: Date.now });
  const live = stackState.seed({ name: 'live', apiKey: 'iapikeyok-live-key-0123456789' });
  const flags = ['-vvv', '--url', stackState.url, '--api-token', tokens.api];
  const dead = 'iapikeyok-dead-key-9876543210';
  const valid = await runBuilt([keys, 'verify', ...flags], { stdin: live.apiKey });
  const invalid = await runBuilt([keys, 'verify', ...flags], { stdin: `API_KEY=${dead}\n` });
  const garbled = await runBuilt([keys, 'verify', ...flags], { stdin: `${dead}\u0001\n${dead} ${dead}` });
  expect([valid.code, invalid.code]).toEqual([0, 12]);
  expect(garbled.code).not.toBe(0);
  for (const { stdout, stderr } of [valid, invalid, garbled]) expectNoSecret(stdout + stderr, stackState, [dead]);
});

test('TLS failures and proxies tell no token and no password', async () => {
  const password = 'proxy-passw0rd-xyz';
  const stackState = await startForTest({ now: Date.now, tls: { hosts: ['stackstate.example'] } });
  const proxies = await Promise.all([
    startProxyForTest({ behaviour: 'refuse' }),
    startProxyForTest({ credentials: { user: 'me', password: 'another' } }),
    startProxyForTest(),
  ]);
  const url = `https://stackstate.example:${stackState.port}`;
  const flags = ['-vvv', '--url', url, '--service-token', tokens.service];
  const environments = [
    ...proxies.map(({ port }) => `http://me:${password}@127.0.0.1:${port}`),
    `http://me:${password}@127.0.0.1:1`,
    `http://me:${password}@[broken`,
    `socks5://me:${password}@127.0.0.1:1`,
    `me:${password}@127.0.0.1:1`,
  ];
  for (const HTTPS_PROXY of environments) {
    const { code, stdout, stderr } = await runBuilt([keys, 'create', '-n', 'n', ...flags], { env: { HTTPS_PROXY } });
    expect([1, 4]).toContain(code);
    expect(stdout).toBe('');
    expectNoSecret(stderr, stackState, [password, `me:${password}`]);
  }
  const skipped = await runBuilt([keys, 'list', ...flags, '--skip-ssl'], {
    env: { HTTPS_PROXY: `http://me:${password}@127.0.0.1:${proxies[2].port}` },
  });
  expect(skipped.code).toBe(0);
  expectNoSecret(skipped.stderr, stackState, [password]);
});

test('-vvv says where each setting came from, and the line of the file', async () => {
  const stackState = await startForTest({ now: Date.now, tls: true });
  const config = join(tempFolder(), 'config.yaml');
  writeFileSync(
    config,
    `# ours\ncontexts:\n  - name: prod\n    context:\n      url: ${stackState.url}\n      service-token: ${tokens.service}\n      ca-cert-path: ${caFileOf(stackState)}\ncurrent-context: prod\n`,
    { mode: 0o600 },
  );
  const { code, stderr } = await runBuilt([keys, 'list', '-v', '--config', config], { env: { STS_CLI_TIMEOUT: '9s' } });
  expect(code).toBe(0);
  expect(stderr.split('\n')).toEqual(
    expect.arrayContaining([
      `url=${stackState.url} from ${config}:5`,
      `service-token from ${config}:6`,
      'timeout=9000ms from environment STS_CLI_TIMEOUT',
      'api-path=/api from default',
    ]),
  );
  expectNoSecret(stderr);
});
