import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { InterruptedError } from '../../../src/errors.ts';
import { nodeDisk } from '../../../src/platform/node-disk.ts';
import { tokens } from '../../stackstate/server.ts';
import {
  against,
  caFileOf,
  jsonOf,
  type RunOptions,
  type RunResult,
  runSts,
  startForTest,
  tempFolder,
} from '../../support/run.ts';

let home: string;
let path: string;

beforeEach(() => {
  home = tempFolder();
  path = join(home, '.config', 'stackstate-cli', 'config.yaml');
});

const sts = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  runSts(['context', ...argv], { home, ...options });
/** What the reference says once the server has responded. */
const verified = ({ url }: { readonly url: string }) => `[SUCCESS] Connection verified to ${url} (Platform version: 2.0.0)\n`;
const file = () => readFileSync(path, 'utf8');

function write(text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
}

/** What the Go CLI shows of a context that does not say otherwise. */
const defaults = { 'admin-api-path': '/admin', 'api-path': '/api', 'skip-ssl': false };

const two = `# mine
contexts:
  - name: prod
    context:
      url: https://prod.example.com
      api-token: secret-prod
  - name: test
    context:
      url: https://me:secret-password@test.example.com
      service-token: secret-test
current-context: prod
`;

describe('save', () => {
  test('asks the server, saves the context and makes it current', async () => {
    const stackState = await startForTest();
    const result = await sts(['save', '--name', 'prod', '--url', `${stackState.url}/`, '--api-token', tokens.api]);
    expect(result).toMatchObject({
      code: 0,
      stdout: `${verified(stackState)}[SUCCESS] Saved context: 'prod'\nIt is the current context now, for ${stackState.url}\n`,
      stderr: '',
    });
    expect(stackState.requests.map(({ method, path: asked }) => `${method} ${asked}`)).toEqual(['GET /api/server/info']);
    expect(file()).toBe(`contexts:
  - name: prod
    context:
      url: ${stackState.url}
      api-token: ${tokens.api}
      api-path: /api
current-context: prod
`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await sts(['show'])).toMatchObject({ code: 0, stdout: 'prod\n' });
    expect(await sts(['validate'])).toMatchObject({
      code: 0,
      stdout: `${verified(stackState)}[SUCCESS] Context prod is valid.\n`,
    });
  });

  test('calls the context default, takes its token from stdin and its URL from the environment', async () => {
    const stackState = await startForTest();
    const result = await sts(['save', '--service-token', '-'], {
      env: { STS_CLI_URL: stackState.url },
      stdin: `${tokens.service}\n`,
    });
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining("[SUCCESS] Saved context: 'default'\n") });
    expect(file()).toContain(`service-token: ${tokens.service}`);
  });

  test('shows JSON with the token masked', async () => {
    const stackState = await startForTest();
    const result = await sts(['save', '-n', 'a', '-o', 'json', ...against(stackState)]);
    expect(jsonOf(result.stdout)).toEqual({
      'current-context': 'a',
      context: {
        url: stackState.url,
        'service-token': '********',
        'api-path': '/api',
        'admin-api-path': '/admin',
        'skip-ssl': false,
      },
    });
    expect(result.stdout + result.stderr).not.toContain(tokens.service);
  });

  test('keeps the CA certificates themselves, as the Go CLI does, and no private key that stands beside them', async () => {
    const stackState = await startForTest({ tls: true });
    const ca = caFileOf(stackState);
    const pem = readFileSync(ca, 'utf8');
    writeFileSync(ca, `# our CA\n${pem}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`);
    const argv = ['save', '--url', stackState.url, '--service-token', tokens.service, '--ca-cert-path', 'ca.pem'];
    expect(await sts(argv, { cwd: dirname(ca) })).toMatchObject({ code: 0, stderr: '' });
    const data = /ca-cert-base64-data: (\S+)\n/.exec(file())?.[1] ?? '';
    expect(Buffer.from(data, 'base64').toString().trim()).toBe(pem.trim());
    expect(file()).not.toContain('ca-cert-path');
    rmSync(ca);
    expect(await sts(['validate'])).toMatchObject({ code: 0 });
  });

  test('keeps them also when the certificate is not verified for now', async () => {
    const stackState = await startForTest({ tls: true });
    const ca = caFileOf(stackState);
    const argv = ['save', '--url', stackState.url, '--service-token', tokens.service, '--ca-cert-path', ca, '--skip-ssl'];
    expect(await sts(argv)).toMatchObject({ code: 0 });
    expect(file()).toMatch(/skip-ssl: true\n {6}ca-cert-base64-data: /);
    expect(await sts(['validate'])).toMatchObject({ code: 0 });
  });

  test('does not keep a service-account token, and says so', async () => {
    writeFileSync(join(home, 'token'), 'jwt-secret\n');
    for (const token of [
      ['--k8s-sa-token-path', 'token'],
      ['--k8s-sa-token', 'jwt-secret'],
    ]) {
      const result = await sts(['save', '--url', 'https://a', ...token, '--skip-validate'], { cwd: home });
      expect(result.code).toBe(0);
      expect(result.stderr).toContain('The Kubernetes service-account token is not saved');
      expect(file()).toBe(
        'contexts:\n  - name: default\n    context:\n      url: https://a\n      api-path: /api\ncurrent-context: default\n',
      );
    }
  });

  test('keeps a user name and password of the URL, sends them as HTTP Basic, and shows them nowhere', async () => {
    const stackState = await startForTest();
    const url = stackState.url.replace('//', '//me:hush@');
    const saved = await sts(['save', '--url', url, '--api-token', tokens.api, '-v']);
    expect(file()).toContain(`url: ${url}\n`);
    const validated = await sts(['validate', '-v']);
    const basic = `Basic ${Buffer.from('me:hush').toString('base64')}`;
    expect(stackState.requests.map(({ headers }) => headers['authorization'])).toEqual([basic, basic]);
    const shown = [saved, validated, await sts(['list']), await sts(['list', '-o', 'json']), await sts(['show', '-o', 'json'])];
    for (const { stdout, stderr } of shown) expect(stdout + stderr).not.toMatch(/hush|me:/);
  });

  test('says that a URL that ends in the API path is likely wrong', async () => {
    const result = await sts(['save', '--url', 'https://a/api', '--api-token', 't', '--skip-validate']);
    expect(result.stderr).toContain('drop /api: --url https://a\n');
  });

  test('takes the name from --context where --name is not given', async () => {
    const connection = ['--url', 'https://a', '--api-token', 't', '--skip-validate'];
    expect(await sts(['save', '-c', 'foo', ...connection])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("[SUCCESS] Saved context: 'foo'\n"),
    });
    expect(await sts(['save', '-c', 'foo', '--name', 'foo', ...connection])).toMatchObject({ code: 0 });
    expect(await sts(['list'])).toMatchObject({ stdout: 'NAME | URL\nfoo  | https://a\n' });
    const differ = await sts(['save', '-c', 'foo', '--name', 'bar', ...connection]);
    expect(differ).toMatchObject({ code: 3, stdout: '' });
    expect(differ.stderr).toContain('--name and --context name different contexts.');
    expect(await sts(['save', '-c', 'a\nb', ...connection])).toMatchObject({ code: 3 });
    expect(await sts(['save', ...connection], { env: { STS_CLI_CONTEXT: 'env' } })).toMatchObject({
      stdout: expect.stringContaining("[SUCCESS] Saved context: 'default'\n"),
    });
    expect((await sts(['save', '--help'])).stdout.replace(/\s+/g, ' ')).toContain(
      '(default: the one --context names, else "default")',
    );
  });

  test('into a relative home puts no token anywhere', async () => {
    const result = await sts(['save', '--url', 'https://a', '--api-token', 't', '--skip-validate'], { home: 'rel' });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('no home folder is known');
    expect(existsSync('rel')).toBe(false);
  });

  test('after a signal saves nothing', async () => {
    const interrupt = AbortSignal.abort(new InterruptedError('SIGTERM'));
    const result = await sts(['save', '--url', 'https://a', '--api-token', 't', '--skip-validate'], { interrupt });
    expect(result).toMatchObject({ code: 143, stdout: '' });
    expect(existsSync(path)).toBe(false);
  });

  test('saves nothing when the server refuses the token', async () => {
    const stackState = await startForTest();
    write(two);
    const result = await sts(['save', '--name', 'a', '--url', stackState.url, '--api-token', 'wrong-token']);
    expect(result).toMatchObject({ code: 4, stdout: '' });
    expect(result.stderr).not.toContain('wrong-token');
    expect(file()).toBe(two);
  });

  test('with --skip-validate asks nobody', async () => {
    const result = await sts([
      'save',
      '--url',
      'https://nowhere.invalid',
      '--api-token',
      't',
      '--skip-validate',
      '--api-path',
      'v2',
    ]);
    expect(result).toMatchObject({ code: 0 });
    expect(file()).toContain('api-path: /v2\n');
  });

  test.each([
    [' typed ', 'api-token: typed\n'],
    ['svctok-typed', 'service-token: svctok-typed\n'],
  ])('asks for a missing token on a terminal, without echo, and tells the kind by its beginning: %j', async (answer, saved) => {
    const result = await sts(['save', '--url', 'https://me:hush@a', '--skip-validate'], {
      stdin: { isTTY: true, answers: [answer] },
    });
    const text = 'https://a asks for an API token or service token: ';
    expect(result).toMatchObject({ code: 0, questions: [{ text, hidden: true }] });
    expect(file()).toContain(saved);
  });

  test('says what it replaced', async () => {
    write(two);
    const result = await sts(['save', '--name', 'test', '--url', 'https://new', '--api-token', 't', '--skip-validate']);
    expect(result.stdout).toBe(
      "[SUCCESS] Saved context: 'test'\nIt is the current context now, for https://new; it replaces one of this name, for https://test.example.com\n",
    );
  });

  test('off a terminal a missing token is an error with the way to give it', async () => {
    const result = await sts(['save', '--url', 'https://a', '--skip-validate']);
    expect(result).toMatchObject({ code: 1, stdout: '', questions: [] });
    expect(result.stderr).toContain('No token is configured for https://a.');
    expect(result.stderr).toContain('--service-token -');
  });

  test('without a URL does not take the one of the current context', async () => {
    write(two);
    const result = await sts(['save', '--name', 'a', '--api-token', 't', '--skip-validate']);
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toContain('No StackState URL is configured.');
    expect(file()).toBe(two);
  });

  test('into a file that cannot be changed sends nothing and leaves it as it is', async () => {
    const stackState = await startForTest();
    const aliased = 'shared: &l [{name: a}]\ncontexts: *l\n';
    write(aliased);
    const result = await sts(['save', ...against(stackState)]);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('cannot be changed without touching more than this context; nothing was written.');
    expect(stackState.requests).toEqual([]);
    expect(file()).toBe(aliased);
  });

  test('onto a disk that refuses leaves the file as it is', async () => {
    write(two);
    const rename = async () => {
      throw Object.assign(new Error('no'), { code: 'EIO' });
    };
    const argv = ['save', '--url', 'https://a', '--api-token', 't', '--skip-validate'];
    const result = await sts(argv, { disk: { ...nodeDisk, rename } });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('cannot be written: the disk reports an error.\n  The file is unchanged.');
    expect(file()).toBe(two);
  });

  test('into a broken file sends nothing and leaves it as it is', async () => {
    const stackState = await startForTest();
    write('contexts: [\n');
    const result = await sts(['save', ...against(stackState)]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/line \d+, column \d+/);
    expect(stackState.requests).toEqual([]);
    expect(file()).toBe('contexts: [\n');
  });

  test('makes the file that --config names', async () => {
    const other = join(home, 'new', 'c.yaml');
    expect(await sts(['save', '--config', other, '--url', 'https://a', '--api-token', 't', '--skip-validate'])).toMatchObject({
      code: 0,
    });
    expect(readFileSync(other, 'utf8')).toContain('url: https://a');
    expect(existsSync(path)).toBe(false);
  });

  test('under -v says where the settings came from, and no token', async () => {
    const result = await sts(['save', '-v', '--url', 'https://a', '--skip-validate'], { env: { STS_CLI_API_TOKEN: 'hush' } });
    expect(result.stderr).toContain('url=https://a from flag --url\n');
    expect(result.stderr).toContain('api-token from environment STS_CLI_API_TOKEN\n');
    expect(result.stderr).not.toContain('hush');
  });

  test.each([[['--name', '']], [['--name', 'a\nb']], [['extra']]])('refuses %j', async (argv) => {
    expect(await sts(['save', '--url', 'https://a', '--api-token', 't', '--skip-validate', ...argv])).toMatchObject({
      code: 3,
      stdout: '',
    });
    expect(existsSync(path)).toBe(false);
  });
});

describe('list', () => {
  test('is a table of two columns; a terminal shows the current context in a third', async () => {
    write(two);
    const table = `NAME | URL
prod | https://prod.example.com
test | https://test.example.com
`;
    const marked = `NAME | URL                      |
prod | https://prod.example.com | *
test | https://test.example.com |
`;
    expect(await sts(['list'])).toMatchObject({ code: 0, stdout: table });
    expect(await sts(['list'], { stdout: { isTTY: true } })).toMatchObject({ code: 0, stdout: marked });
  });

  test.each([20, 30, 40])(
    'never breaks a URL: on a terminal of %i columns each context is a record where it would',
    async (columns) => {
      write(two.replace('https://prod.example.com', 'https://stackstate.prod.example.com'));
      const { stdout } = await sts(['list', '-o', 'wide'], { stdout: { isTTY: true, columns } });
      expect(stdout).toMatch(/https:\/\/stackstate\.prod\.example\.com$/m);
      expect(stdout).toMatch(/https:\/\/test\.example\.com$/m);
      expect(stdout).toMatch(/\*\n\n/);
    },
  );

  test('-o wide has the kind of token, -q the names alone', async () => {
    write(two.replace('current-context', '  - name: none\n    context: { url: "https://none" }\ncurrent-context'));
    expect((await sts(['list', '-o', 'wide'])).stdout.split('\n').map((line) => line.split(' | ')[2])).toEqual([
      'TOKEN',
      'api-token',
      'service-token',
      '-',
      undefined,
    ]);
    expect(await sts(['list', '-q'])).toMatchObject({ code: 0, stdout: 'prod\ntest\nnone\n', stderr: '' });
  });

  test('as JSON masks the secrets unless asked not to', async () => {
    write(two);
    const masked = await sts(['list', '-o', 'json']);
    expect(jsonOf(masked.stdout)).toEqual({
      contexts: [
        { name: 'prod', context: { ...defaults, url: 'https://prod.example.com', 'api-token': '********' } },
        { name: 'test', context: { ...defaults, url: 'https://test.example.com', 'service-token': '********' } },
      ],
    });
    expect(masked.stdout).not.toContain('secret');
    expect((await sts(['list', '-o', 'json', '--show-tokens'])).stdout).toContain('"service-token": "secret-test"');
  });

  test('of nothing says so, and how to save one', async () => {
    expect(await sts(['list'])).toMatchObject({ code: 0, stdout: 'No contexts found.\n', stderr: '' });
    expect((await sts(['list'], { stderr: { isTTY: true } })).stderr).toContain('sts context save');
    expect(jsonOf((await sts(['list', '-o', 'json'])).stdout)).toEqual({ contexts: [] });
  });

  test('shows the old flat form as default', async () => {
    write('url: https://flat\napi-token: t\n');
    expect((await sts(['list'])).stdout).toBe('NAME    | URL\ndefault | https://flat\n');
  });
});

describe('show', () => {
  test('prints the current name, or the chosen one', async () => {
    write(two);
    expect(await sts(['show'])).toMatchObject({ code: 0, stdout: 'prod\n' });
    expect(await sts(['show', '--context', 'test'])).toMatchObject({ code: 0, stdout: 'test\n' });
    expect(await sts(['show'], { env: { STS_CLI_CONTEXT: 'test' } })).toMatchObject({ code: 0, stdout: 'test\n' });
  });

  test('as JSON has the context too', async () => {
    write(two);
    expect(jsonOf((await sts(['show', '-o', 'json'])).stdout)).toEqual({
      name: 'prod',
      'current-context': { ...defaults, url: 'https://prod.example.com', 'api-token': '********' },
    });
    expect((await sts(['show', '-o', 'json', '--show-tokens'])).stdout).toContain('secret-prod');
  });

  test('the path of the admin API, which the Go CLI has put there, is shown', async () => {
    write(two.replace('api-token: secret-prod', 'api-token: secret-prod\n      admin-api-path: /my-admin'));
    const { stdout } = await sts(['show', '-o', 'json']);
    expect(jsonOf(stdout)).toMatchObject({ 'current-context': { 'admin-api-path': '/my-admin', 'api-path': '/api' } });
  });

  test('of none, or one that is not there, is exit 8', async () => {
    const none = await sts(['show']);
    expect(none).toMatchObject({ code: 8, stdout: '' });
    expect(none.stderr).toContain('sts context save');
    write(two.replace('current-context: prod', 'current-context: prd'));
    const gone = await sts(['show']);
    expect(gone.code).toBe(8);
    expect(gone.stderr).toContain('Did you mean "prod"?');
  });
});

describe('set', () => {
  test('changes the current context and nothing else', async () => {
    write(two);
    expect(await sts(['set', '--name', 'test'])).toMatchObject({ code: 0, stdout: '[SUCCESS] Current context set to test\n' });
    expect(file()).toBe(two.replace('current-context: prod', 'current-context: test'));
    expect(jsonOf((await sts(['set', '-n', 'prod', '-o', 'json'])).stdout)).toEqual({ 'current-context': 'prod' });
    expect(file()).toBe(two);
  });

  test('to an unknown name is exit 8 and names the nearest; without a name it is a usage error', async () => {
    write(two);
    const result = await sts(['set', '--name', 'tets']);
    expect(result).toMatchObject({ code: 8, stdout: '' });
    expect(result.stderr).toContain('Did you mean "test"?');
    const unnamed = await sts(['set']);
    expect(unnamed).toMatchObject({ code: 3, stdout: '' });
    expect(unnamed.stderr).toBe("[ERROR] A flag is missing: -n, --name <name>.\n  See 'sts context set --help'.\n");
    expect(file()).toBe(two);
  });
});

describe('delete', () => {
  test('removes the context and nothing else', async () => {
    write(two);
    expect(await sts(['delete', '--name', 'test'])).toMatchObject({ code: 0, stdout: "[SUCCESS] Deleted context 'test'\n" });
    expect(file()).toBe(`${two.slice(0, two.indexOf('  - name: test'))}current-context: prod\n`);
  });

  test('takes the name from --context, never from the environment', async () => {
    write(two);
    expect(await sts(['delete'], { env: { STS_CLI_CONTEXT: 'test' } })).toMatchObject({ code: 3, stdout: '' });
    expect(await sts(['delete', '-c', 'test', '--name', 'prod'])).toMatchObject({ code: 3, stdout: '' });
    expect(file()).toBe(two);
    expect(await sts(['set', '-c', 'test'])).toMatchObject({ code: 0, stdout: '[SUCCESS] Current context set to test\n' });
    expect(await sts(['delete', '-c', 'prod'])).toMatchObject({ code: 0, stdout: "[SUCCESS] Deleted context 'prod'\n" });
  });

  test('as JSON', async () => {
    write(two);
    expect(jsonOf((await sts(['delete', '--name', 'test', '-o', 'json'])).stdout)).toEqual({ 'deleted context': 'test' });
  });

  test('refuses the current one and says what to run first', async () => {
    write(two);
    const result = await sts(['delete', '--name', 'prod']);
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toContain('sts context set --name "test"');
    expect(file()).toBe(two);
  });

  test('of an unknown one is exit 8', async () => {
    write(two);
    expect(await sts(['delete', '--name', 'nope'])).toMatchObject({ code: 8, stdout: '' });
  });
});

describe('validate', () => {
  test('connects with the stored context, whatever the environment says', async () => {
    const stackState = await startForTest();
    await sts(['save', '--name', 'a', ...against(stackState)]);
    const result = await sts(['validate', '-o', 'json'], {
      env: { STS_CLI_URL: 'https://nowhere.invalid', STS_CLI_API_TOKEN: 'other' },
    });
    expect(result.code).toBe(0);
    expect(jsonOf(result.stdout)).toMatchObject({
      context: 'a',
      connected: true,
      'server-info': { version: { major: expect.any(Number) } },
    });
  });

  test('of another one by name, of one that is not there, and of one that fails', async () => {
    const stackState = await startForTest();
    await sts(['save', '--name', 'good', ...against(stackState)]);
    await sts(['save', '--name', 'bad', '--url', stackState.url, '--api-token', 'wrong', '--skip-validate']);
    expect(await sts(['validate', '--name', 'good'])).toMatchObject({
      code: 0,
      stdout: `${verified(stackState)}[SUCCESS] Context good is valid.\n`,
    });
    expect(await sts(['validate'])).toMatchObject({ code: 4, stdout: '' });
    expect(await sts(['validate', '--name', 'goof'])).toMatchObject({ code: 8, stdout: '' });
  });
});

test.each([['list'], ['show'], ['set', '--name', 'a'], ['delete', '--name', 'a'], ['validate']])(
  '%s with a --config that does not exist is a configuration error',
  async (...argv) => {
    const result = await sts([...argv, '--config', join(home, 'nope.yaml')]);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain(`The config file ${join(home, 'nope.yaml')} does not exist.`);
  },
);

test.each(['save', 'list', 'show', 'set', 'delete', 'validate'])('%s refuses an empty --config or --context', async (verb) => {
  for (const flag of ['--config', '-c']) {
    const result = await sts([verb, flag, '']);
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(/--(config|context) is empty: /);
  }
});

test.each(['save', 'list', 'show', 'set', 'delete', 'validate'])('the help of %s has examples and exit codes', async (verb) => {
  const { code, stdout } = await sts([verb, '--help']);
  expect(code).toBe(0);
  for (const heading of ['Usage:', 'Examples:', 'Flags:', 'Global Flags:', 'Exit Codes:']) expect(stdout).toContain(heading);
});
