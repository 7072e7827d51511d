import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { defaultConfigPath } from '../../src/config/file.ts';
import type { GlobalOptions, Settings } from '../../src/config/model.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import { ConfigError, FileReadError, NotFoundError, StsError, UsageError } from '../../src/errors.ts';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { tempFolder } from '../support/temp.ts';

type Env = Readonly<Record<string, string>>;
interface World {
  readonly flags?: Partial<GlobalOptions>;
  readonly env?: Env;
  readonly file?: string;
  readonly stdin?: string;
  readonly podToken?: string;
}

const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const otherPem = '-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n';
const base64 = Buffer.from(otherPem).toString('base64');

let home: string;
let configPath: string;
let warnings: string[];

beforeEach(() => {
  home = tempFolder();
  configPath = join(home, '.config', 'stackstate-cli', 'config.yaml');
  warnings = [];
});

function settings({ flags = {}, env = {}, file, stdin, podToken }: World): Promise<Settings> {
  if (file !== undefined) {
    mkdirSync(join(configPath, '..'), { recursive: true });
    writeFileSync(configPath, file);
  }
  if (podToken !== undefined) writeFileSync(join(home, 'pod-token'), podToken);
  return resolveSettings({
    globals: { output: 'text', color: true, verbose: 0, ...flags },
    env,
    home,
    disk: async () => nodeDisk,
    resolvePath: (path) => resolve(home, path),
    readStdin: async () => stdin ?? expect.fail('stdin must not be read'),
    warn: (line) => warnings.push(line),
    podTokenPath: join(home, 'pod-token'),
  });
}

async function failure(world: World): Promise<StsError> {
  const error = await settings(world).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StsError)) throw new Error('expected an StsError', { cause: error });
  return error;
}

const stored = `contexts:
  - name: prod
    context:
      url: https://prod.example.com/
      api-token: stored
      api-path: /x/
      skip-ssl: true
  - name: test
    context:
      url: https://test.example.com
      service-token: other
current-context: prod
`;

const flags: Partial<GlobalOptions> = { url: 'https://flag', apiToken: 'by-flag' };
const env: Env = { STS_CLI_URL: 'https://env', STS_CLI_SERVICE_TOKEN: 'by-env' };

const off: Partial<Settings> = { skipSsl: false };

describe('flag over environment over file', () => {
  test('the current context of the file, when nothing else is said', async () => {
    expect(await settings({ file: stored })).toMatchObject({
      url: 'https://prod.example.com',
      token: { kind: 'api-token', value: 'stored' },
      apiPath: '/x',
      skipSsl: true,
      timeoutMs: 30_000,
      contextName: 'prod',
    });
  });

  test.each<[what: string, world: World, wanted: Partial<Settings>]>([
    [
      'flags alone',
      { flags },
      { url: 'https://flag', token: { kind: 'api-token', value: 'by-flag' }, apiPath: '/api', skipSsl: false },
    ],
    ['environment alone', { env }, { url: 'https://env', token: { kind: 'service-token', value: 'by-env' } }],
    ['flags over environment', { flags, env }, { url: 'https://flag', token: { kind: 'api-token', value: 'by-flag' } }],
    [
      'environment over file',
      { env, file: stored },
      { url: 'https://env', token: { kind: 'service-token', value: 'by-env' }, apiPath: '/x' },
    ],
    [
      'a token alone by flag',
      { flags: { serviceToken: 's' }, file: stored },
      { url: 'https://prod.example.com', token: { kind: 'service-token', value: 's' } },
    ],
    [
      'a URL alone by environment',
      { env: { STS_CLI_URL: 'http://e' }, file: stored },
      { url: 'http://e', token: { kind: 'api-token', value: 'stored' } },
    ],
    [
      'an empty variable is none',
      { env: { STS_CLI_URL: '', STS_CLI_API_TOKEN: ' ' }, file: stored },
      { url: 'https://prod.example.com' },
    ],
    [
      '--context',
      { flags: { context: 'test' }, file: stored },
      { contextName: 'test', token: { kind: 'service-token', value: 'other' }, apiPath: '/api' },
    ],
    ['STS_CLI_CONTEXT', { env: { STS_CLI_CONTEXT: 'test' }, file: stored }, { contextName: 'test' }],
    [
      '--context over STS_CLI_CONTEXT',
      { flags: { context: 'prod' }, env: { STS_CLI_CONTEXT: 'test' }, file: stored },
      { contextName: 'prod' },
    ],
    ['STS_CLI_API_PATH', { env: { STS_CLI_API_PATH: 'v2/' }, file: stored }, { apiPath: '/v2' }],
    ['STS_SKIP_SSL=false', { env: { STS_SKIP_SSL: 'false' }, file: stored }, { skipSsl: false }],
    ['--skip-ssl', { flags: { ...flags, skipSsl: true }, env: { STS_SKIP_SSL: '0' } }, { skipSsl: true }],
    ['STS_CLI_TIMEOUT', { flags, env: { STS_CLI_TIMEOUT: '2m' } }, { timeoutMs: 120_000 }],
    ['--timeout', { flags: { ...flags, timeout: '500ms' }, env: { STS_CLI_TIMEOUT: '2m' } }, { timeoutMs: 500 }],
    [
      'the old flat form',
      { file: 'url: https://flat\napi-token: 0123\n' },
      { url: 'https://flat', token: { kind: 'api-token', value: '0123' }, contextName: 'default' },
    ],
  ])('%s', async (_what, world, wanted) => {
    expect(await settings(world)).toMatchObject(wanted);
  });

  test.each<[what: string, world: World, wanted: Partial<Settings>]>([
    ['--skip-ssl=false over the environment', { flags: { ...flags, skipSsl: false }, env: { STS_SKIP_SSL: 'true' } }, off],
    ['--skip-ssl=false over the file', { flags: { skipSsl: false }, file: stored }, off],
    ['STS_SKIP_SSL=off over the file', { env: { STS_SKIP_SSL: 'off' }, file: stored }, off],
    ['STS_SKIP_SSL=yes', { flags, env: { STS_SKIP_SSL: 'yes' } }, { skipSsl: true }],
    ['skip-ssl of the file in another spelling', { file: stored.replace('skip-ssl: true', 'skip-ssl: On') }, { skipSsl: true }],
  ])('the switch: %s', async (_what, world, wanted) => {
    expect(await settings(world)).toMatchObject(wanted);
  });

  test('says where each setting came from, and no secret', async () => {
    const { sources } = await settings({ flags: { timeout: '5s' }, env: { STS_CLI_SERVICE_TOKEN: 'hush' }, file: stored });
    expect(sources).toEqual([
      { setting: 'context', source: `${configPath}:12`, value: 'prod' },
      { setting: 'url', source: `${configPath}:4`, value: 'https://prod.example.com' },
      { setting: 'api-path', source: `${configPath}:6`, value: '/x' },
      { setting: 'skip-ssl', source: `${configPath}:7`, value: 'true' },
      { setting: 'timeout', source: 'flag --timeout', value: '5000ms' },
      { setting: 'service-token', source: 'environment STS_CLI_SERVICE_TOKEN' },
    ]);
  });

  test('names what nobody gave as the default', async () => {
    expect((await settings({ flags })).sources).toContainEqual({ setting: 'api-path', source: 'default', value: '/api' });
  });
});

describe('a context that a flag names', () => {
  const cluster = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  const ofTest = { url: 'https://test.example.com', token: { kind: 'service-token', value: 'other' }, contextName: 'test' };

  test.each<[what: string, world: World, wanted: object, ignored: string | undefined]>([
    ['beats the URL variable', { env: { STS_CLI_URL: 'https://env' } }, ofTest, 'STS_CLI_URL is'],
    ['beats the token variable', { env: { STS_CLI_API_TOKEN: 'by-env' } }, ofTest, 'STS_CLI_API_TOKEN is'],
    ['beats both', { env }, ofTest, 'STS_CLI_URL and STS_CLI_SERVICE_TOKEN are'],
    [
      'beats two kinds of token',
      { env: { ...env, STS_CLI_K8S_SA_TOKEN_PATH: 'nope', STS_CLI_API_TOKEN: 'a' } },
      ofTest,
      'STS_CLI_URL, STS_CLI_API_TOKEN, STS_CLI_SERVICE_TOKEN and STS_CLI_K8S_SA_TOKEN_PATH are',
    ],
    [
      'leaves other variables',
      { env: { STS_CLI_API_PATH: '/v2', STS_CLI_TIMEOUT: '5s' } },
      { ...ofTest, apiPath: '/v2' },
      undefined,
    ],
    [
      'leaves flags',
      { flags, env },
      { ...ofTest, url: 'https://flag', token: { kind: 'api-token', value: 'by-flag' } },
      undefined,
    ],
    [
      'leaves a token flag, and beats the URL variable',
      { flags: { apiToken: 'by-flag' }, env },
      { ...ofTest, token: { kind: 'api-token', value: 'by-flag' } },
      'STS_CLI_URL is',
    ],
    ['beats STS_CLI_CONTEXT without a word', { env: { STS_CLI_CONTEXT: 'prod' } }, ofTest, undefined],
    ['says nothing of empty variables', { env: { STS_CLI_URL: ' ' } }, ofTest, undefined],
  ])('%s', async (_what, world, wanted, ignored) => {
    const given = { ...world, flags: { ...world.flags, context: 'test' }, file: stored };
    expect(await settings(given)).toMatchObject(wanted);
    const warning = `${ignored} ignored, because --context says which context to use.`;
    expect(warnings).toEqual(ignored === undefined ? [] : [warning]);
  });

  test('that is incomplete is not completed by what is ignored, nor by the token of the pod', async () => {
    const file = 'contexts: [{name: half, context: {url: https://a}}]\n';
    const error = await failure({ flags: { context: 'half' }, env: { ...env, ...cluster }, file, podToken: 'pod' });
    expect(error.message).toBe(`No token is configured for https://a: the context "half" in ${configPath} has none.`);
    expect(error.hints).toContain('Or give --service-token -, or --api-token -.');
    expect(error.hints.join()).not.toContain('set STS_CLI');
    const noUrl = await failure({ flags: { context: 'half' }, env, file: 'contexts: [{name: half, context: {api-token: t}}]\n' });
    expect(noUrl.message).toContain('has no URL');
    const { token } = await settings({ flags: { context: 'half' }, env: cluster, file, podToken: 'pod' });
    expect(token).toEqual({ kind: 'k8s-sa-token', value: 'pod' });
  });

  test('chosen by a variable beats nothing: of two variables the more exact one wins', async () => {
    expect(await settings({ env: { ...env, STS_CLI_CONTEXT: 'test' }, file: stored })).toMatchObject({
      url: 'https://env',
      token: { kind: 'service-token', value: 'by-env' },
    });
    expect(warnings).toEqual([]);
  });
});

test.each<[what: string, world: World]>([
  ['by flag', { flags: { url: 'https://me:hush@a/x', apiToken: 't' } }],
  ['by variable', { env: { STS_CLI_URL: 'https://me:hush@a/x/', STS_CLI_API_TOKEN: 't' } }],
  ['in the file', { file: stored.replace('https://prod.example.com/', 'https://me:hush@a/x') }],
])('a user name and password in the URL %s are for HTTP Basic and shown nowhere', async (_where, world) => {
  const { url, basicAuth, sources } = await settings(world);
  expect({ url, basicAuth }).toEqual({ url: 'https://a/x', basicAuth: 'me:hush' });
  expect(JSON.stringify(sources)).not.toContain('hush');
});

describe('the token', () => {
  test.each<[what: string, world: World, messages: string[]]>([
    ['by flag', { flags: { ...flags, serviceToken: 'secret' } }, ['--api-token', '--service-token']],
    ['by environment', { env: { ...env, STS_CLI_K8S_SA_TOKEN: 'secret' } }, ['STS_CLI_SERVICE_TOKEN', 'STS_CLI_K8S_SA_TOKEN']],
    [
      'in the file',
      { file: stored.replace('api-path: /x/', 'service-token: secret') },
      ['api-token in', 'service-token in', ':5', ':6'],
    ],
    [
      'as value and as path',
      { flags: { url: 'https://a', k8sSaToken: 'secret', k8sSaTokenPath: 'p' } },
      ['--k8s-sa-token ', '--k8s-sa-token-path'],
    ],
  ])('of two kinds %s is an error that names both', async (_where, world, messages) => {
    const error = await failure(world);
    expect(error).toBeInstanceOf(ConfigError);
    for (const message of messages) expect(error.message).toContain(message);
    expect(error.message).not.toContain('secret');
  });

  test('of two kinds in the file does not matter when a flag gives one', async () => {
    const file = stored.replace('api-path: /x/', 'service-token: secret');
    expect((await settings({ flags: { apiToken: 'a' }, file })).token).toEqual({ kind: 'api-token', value: 'a' });
  });

  test('is trimmed', async () => {
    expect((await settings({ flags: { ...flags, apiToken: ' a\r\n' } })).token.value).toBe('a');
  });

  test('given as - is read from stdin', async () => {
    expect((await settings({ flags: { url: 'https://a', apiToken: '-' }, stdin: 'from-stdin\n' })).token.value).toBe(
      'from-stdin',
    );
    expect((await settings({ env: { ...env, STS_CLI_SERVICE_TOKEN: '-' }, stdin: 'x' })).token.value).toBe('x');
    expect((await failure({ flags: { url: 'https://a', apiToken: '-' }, stdin: '\n' })).message).toContain('is empty');
  });

  test.each(['sec\nret', 'sec\u0000ret', 'secr\u00e9t', 'sec\u007fret', 'sec\u202eret'])(
    '%j is refused without being repeated',
    async (apiToken) => {
      const error = await failure({ flags: { ...flags, apiToken } });
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).toContain('--api-token');
      expect([error.message, ...error.hints].join()).not.toContain('sec');
    },
  );

  test('of a service account is read from a file, relative to the working directory', async () => {
    writeFileSync(join(home, 'token'), 'jwt\n');
    expect((await settings({ flags: { url: 'https://a', k8sSaTokenPath: 'token' } })).token).toEqual({
      kind: 'k8s-sa-token',
      value: 'jwt',
    });
  });

  test('file that is not there or a folder is a file error', async () => {
    const missing = await failure({ flags: { url: 'https://a', k8sSaTokenPath: 'nope' } });
    expect(missing).toBeInstanceOf(FileReadError);
    expect(missing.message).toContain(join(home, 'nope'));
    expect(await failure({ flags: { url: 'https://a', k8sSaTokenPath: '.' } })).toBeInstanceOf(FileReadError);
  });

  test('that is empty on the command line does not fall back to a stored one', async () => {
    const error = await failure({ flags: { apiToken: '' }, file: stored });
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe('--api-token is empty.');
  });

  test('of the pod is used in a cluster only, and only when there is no other', async () => {
    const cluster = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    const url = { url: 'https://a' };
    expect((await settings({ flags: url, env: cluster, podToken: 'pod' })).token).toEqual({ kind: 'k8s-sa-token', value: 'pod' });
    expect(await failure({ flags: url, podToken: 'pod' })).toBeInstanceOf(ConfigError);
    expect((await settings({ flags, env: cluster, podToken: 'pod' })).token.value).toBe('by-flag');
    expect((await settings({ env: cluster, file: stored, podToken: 'pod' })).token.value).toBe('stored');
  });
});

describe('the token file of the pod', () => {
  const cluster = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  const url = { url: 'https://a' };

  test('that is a folder is a file error, and does not count as absent', async () => {
    mkdirSync(join(home, 'pod-token'));
    const error = await failure({ flags: url, env: cluster });
    expect(error).toBeInstanceOf(FileReadError);
    expect(error.message).toBe(`The file of the pod's own token ${join(home, 'pod-token')} cannot be read: it is a folder.`);
  });

  test('that is absent is where the token was looked for', async () => {
    const error = await failure({ flags: url, env: cluster });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.hints[0]).toBe(`The pod's own token was expected in ${join(home, 'pod-token')}, but that file does not exist.`);
    expect((await failure({ flags: url })).hints.join()).not.toContain('pod');
  });
});

describe('CA certificates', () => {
  beforeEach(() => {
    writeFileSync(join(home, 'ca.pem'), pem);
    writeFileSync(join(home, 'no.pem'), 'nothing');
  });

  test.each<[what: string, world: World, wanted: string]>([
    ['by path', { flags: { ...flags, caCertPath: 'ca.pem' } }, pem],
    ['inline', { flags: { ...flags, caCertBase64Data: base64 } }, otherPem],
    ['inline, in lines', { env: { ...env, STS_CA_CERT_BASE64_DATA: base64.replace(/.{20}/g, '$&\n') } }, otherPem],
    ['by both: the path wins', { flags: { ...flags, caCertPath: 'ca.pem', caCertBase64Data: base64 } }, pem],
    [
      'inline by flag over a path of the environment',
      { flags: { ...flags, caCertBase64Data: base64 }, env: { STS_CA_CERT_PATH: 'nope' } },
      otherPem,
    ],
    [
      'of the file, relative to the working directory',
      { flags: { context: 'test' }, file: stored.replace('service-token: other', '$&\n      ca-cert-path: ca.pem') },
      pem,
    ],
  ])('%s', async (_what, world, wanted) => {
    expect((await settings(world)).caCertificates).toBe(wanted);
  });

  test('that cannot be read, are no base64 or no certificate are told apart', async () => {
    expect(await failure({ flags: { ...flags, caCertPath: 'nope' } })).toBeInstanceOf(FileReadError);
    expect((await failure({ flags: { ...flags, caCertPath: 'no.pem' } })).message).toContain('holds no PEM certificate');
    expect((await failure({ flags: { ...flags, caCertBase64Data: '%%%' } })).message).toContain('not base64');
    expect((await failure({ env: { ...env, STS_CA_CERT_BASE64_DATA: 'AAAA' } })).message).toContain('holds no PEM certificate');
  });
});

describe('what is missing or wrong', () => {
  test('no URL: names the commands that give one', async () => {
    const error = await failure({});
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe('No StackState URL is configured.');
    expect(error.hints.join('\n')).toContain('sts context save --name NAME --url');
    expect(error.hints.join('\n')).toContain('STS_CLI_URL');
  });

  test('no current context, but saved ones: names the command that chooses one', async () => {
    const error = await failure({ file: stored.replace(/current.*\n/, '') });
    expect(error.hints[0]).toBe('Choose a saved context: sts context set --name "prod"');
  });

  test('a context without URL or token is named, with the command that completes it', async () => {
    const noUrl = await failure({ file: 'contexts: [{name: half, context: {api-token: t}}]\ncurrent-context: half\n' });
    expect(noUrl).toBeInstanceOf(ConfigError);
    expect(noUrl.message).toBe(`The context "half" in ${configPath} has no URL.`);
    expect(noUrl.hints[0]).toBe(
      'Complete it: sts context save --name "half" --url https://stackstate.example.com --service-token -',
    );
    const file = 'contexts: [{name: half, context: {url: https://a}}]\n';
    const noToken = await failure({ flags: { context: 'half', config: configPath }, file });
    expect(noToken.message).toBe(`No token is configured for https://a: the context "half" in ${configPath} has none.`);
    expect(noToken.hints[0]).toBe(
      `Complete it: sts context save --config "${configPath}" --name "half" --url https://a --service-token -`,
    );
    const empty = await failure({ file: 'contexts: [{name: half}]\ncurrent-context: half\n' });
    expect(empty.message).toContain('"half"');
  });

  test('no token', async () => {
    const error = await failure({ flags: { url: 'https://a' } });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe('No token is configured for https://a.');
  });

  test.each<[what: string, world: World]>([
    ['--context', { flags: { context: 'tset' }, file: stored }],
    ['STS_CLI_CONTEXT', { env: { STS_CLI_CONTEXT: 'tset' }, file: stored }],
    ['current-context in line 12', { file: stored.replace('current-context: prod', 'current-context: tset') }],
  ])('an unknown context by %s names the nearest', async (origin, world) => {
    const error = await failure(world);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error.message).toContain(`"tset" (${origin})`);
    expect(error.hints).toEqual(['Did you mean "test"?', 'See which contexts exist: sts context list']);
  });

  test('a timeout by flag is a usage error, by environment a configuration error', async () => {
    expect(await failure({ flags: { ...flags, timeout: '30' } })).toBeInstanceOf(UsageError);
    expect(await failure({ flags, env: { STS_CLI_TIMEOUT: '30' } })).toBeInstanceOf(ConfigError);
  });

  test('a senseless timeout is said to be one even when all else is missing', async () => {
    expect(await failure({ flags: { timeout: '30' } })).toBeInstanceOf(UsageError);
    expect(await failure({ flags: { timeout: '30', context: 'nope' }, file: stored })).toBeInstanceOf(UsageError);
    expect((await failure({ env: { STS_CLI_TIMEOUT: 'soon' } })).message).toContain('STS_CLI_TIMEOUT cannot be "soon"');
  });

  test('a switch in the environment that is none', async () => {
    expect((await failure({ flags, env: { STS_SKIP_SSL: 'maybe' } })).message).toContain('STS_SKIP_SSL must be true or false');
  });
});

describe('a config file that is broken', () => {
  const broken = 'contexts: [';

  test('is an error with line and column when it is needed', async () => {
    expect((await failure({ file: broken })).message).toMatch(/line 1, column \d+/);
    expect(await failure({ flags: { url: 'https://a' }, file: broken })).toBeInstanceOf(ConfigError);
  });

  test('is left out with a warning when URL and token are given', async () => {
    expect((await settings({ flags, file: broken })).url).toBe('https://flag');
    expect(warnings).toEqual([expect.stringContaining('The file is ignored')]);
  });

  test('is an error again when it is asked for', async () => {
    expect(await failure({ flags: { ...flags, config: configPath }, file: broken })).toBeInstanceOf(ConfigError);
    expect(await failure({ flags: { ...flags, context: 'a' }, file: broken })).toBeInstanceOf(ConfigError);
    expect(await failure({ flags, env: { STS_CLI_CONTEXT: 'a' }, file: broken })).toBeInstanceOf(ConfigError);
  });

  test.each([
    ['contexts: [\n', 2, 1, 'a [ is not closed by a ]'],
    ['contexts:\n  - {name: a\n', 3, 1, 'a { is not closed by a }'],
    ['{"contexts": []', 1, 16, 'a { is not closed by a }'],
    ['contexts:\n  - name: a\n    context: *nowhere\n', 3, 14, 'an alias refers to nothing'],
  ])('%j is said to be wrong in line %i, column %i: %s', async (file, line, column, reason) => {
    expect((await failure({ file })).message).toContain(`line ${line}, column ${column}: it is no valid YAML: ${reason}`);
  });

  test('under a relative home does not count, and none is made there', async () => {
    const relative = await resolveSettings({
      globals: { output: 'text', color: true, verbose: 0, ...flags },
      env: {},
      home: 'rel',
      disk: async () => nodeDisk,
      resolvePath: (path) => resolve(home, path),
      readStdin: async () => '',
      warn: (line) => warnings.push(line),
    });
    expect(relative.sources.map(({ source }) => source).join()).not.toContain('rel');
    expect(() => defaultConfigPath({}, 'rel')).toThrow('no home folder is known');
    expect(() => defaultConfigPath({ XDG_CONFIG_HOME: 'rel' }, './rel')).toThrow(ConfigError);
    expect(defaultConfigPath({ XDG_CONFIG_HOME: 'rel' }, '/home/me')).toBe('/home/me/.config/stackstate-cli/config.yaml');
  });

  test('named by --config and missing is an error even if nothing needs it', async () => {
    const error = await failure({ flags: { ...flags, config: 'nope.yaml' } });
    expect(error.message).toBe(`The config file ${join(home, 'nope.yaml')} does not exist.`);
  });
});
