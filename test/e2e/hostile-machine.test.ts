import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { tokens } from '../stackstate/server.ts';
import { type BuiltOptions, type BuiltResult, runBuilt, type Sink, testsTheBuild } from '../support/built.ts';
import { count } from '../support/counts.ts';
import { environmentOf, startForTest, tempFolder } from '../support/run.ts';
import { canMount, expectHarmless, mounted, mountTiny, pour, runLimited } from './hostile-support.ts';

// A machine that lacks what every program expects, or that changes under it.

const list = ['ingestion-api-key', 'list'];
const create = ['ingestion-api-key', 'create', '--name', 'faulty'];
const save = ['context', 'save', '--name', 'new', '--url', 'http://127.0.0.1:9', '--service-token', 'T0ken', '--skip-validate'];
let tried = 0;
afterAll(() => count('fault cases', tried));

describe('streams that are not there, in all combinations', () => {
  const sinks: readonly Sink[] = ['pipe', 'closed', 'null', 'full'];
  const inputs: readonly NonNullable<BuiltOptions['stdin']>[] = ['', { state: 'closed' }];
  const rows = inputs.flatMap((stdin) => sinks.flatMap((stdout) => sinks.map((stderr) => ({ stdin, stdout, stderr }))));

  test.each([...new Map(rows.map((row) => [nameOf(row), row]))])('create, %s', async (_, row) => {
    tried += 1;
    const stackState = await startForTest({ now: Date.now });
    const result = await runBuilt([...create, '-v'], { ...row, env: environmentOf(stackState) });
    expectHarmless(result);
    const readable = row.stdout === 'pipe';
    expect(result.code, result.stderr).toBe(readable ? 0 : 6);
    expect(stackState.keys()).toHaveLength(readable ? 1 : 0);
    expect(stackState.count('create')).toBe(row.stdout === 'closed' || row.stdout === 'null' ? 0 : 1);
    expect(result.stdout).toBe(readable ? `[SUCCESS] Ingestion API Key generated: ${stackState.keys()[0]?.apiKey}\n` : '');
  });

  test.each([
    ['list', list],
    ['version', ['version']],
    ['help', ['--help']],
    ['a usage error', ['ingestion-api-key', 'creat']],
  ])('%s, whatever is closed or full, ends without a crash and is never hung', async (_, argv) => {
    const stackState = await startForTest({ now: Date.now });
    const usage = argv[1] === 'creat';
    for (const row of rows) {
      tried += 1;
      const result = await runBuilt(argv, { ...row, env: environmentOf(stackState) });
      expectHarmless(result);
      const expected = usage ? 3 : row.stdout === 'full' ? 6 : 0;
      // Nothing secret is lost with a result that went to nobody: for these a closed stdout may pass as the null device.
      expect(row.stdout === 'closed' && !usage ? [0, 6] : [expected], nameOf(row)).toContain(result.code);
    }
  });

  test('a list whose reader has seen enough ends with 141, in silence', async () => {
    tried += 1;
    const stackState = await startForTest({ now: Date.now });
    for (let number = 0; number < 20_000; number++) stackState.seed({ name: `key-${number}` });
    const result = await runBuilt(list, { stdout: { pipeTo: 'head -n 2' }, env: environmentOf(stackState) });
    expectHarmless(result);
    expect(result).toMatchObject({ code: 141, stderr: '' });
    expect(result.stdout.split('\n')).toHaveLength(3);
  });

  function nameOf(row: {
    readonly stdin: NonNullable<BuiltOptions['stdin']>;
    readonly stdout: Sink;
    readonly stderr: Sink;
  }): string {
    return `stdin ${row.stdin === '' ? 'empty' : 'closed'}, stdout ${String(row.stdout)}, stderr ${String(row.stderr)}`;
  }
});

describe('an environment nobody expects', () => {
  test.each<readonly [string, Record<string, string | undefined>]>([
    ['no HOME', { HOME: undefined }],
    ['an empty HOME', { HOME: '' }],
    ['a HOME that does not exist', { HOME: '/does/not/exist' }],
    ['a HOME that is a file', { HOME: '/dev/null' }],
    ['a relative HOME', { HOME: 'home' }],
    ['a relative XDG_CONFIG_HOME', { XDG_CONFIG_HOME: 'config' }],
    ['a locale and time zone of nowhere', { LANG: 'xx_YY.KOI', LC_ALL: 'C', TZ: 'Nowhere/Land' }],
    ['a width of nonsense', { COLUMNS: '-5', LINES: 'x' }],
    ['all colours forced', { FORCE_COLOR: '3', CLICOLOR_FORCE: '1' }],
    ['debugging of others', { NODE_DEBUG: 'undici', DEBUG: '*' }],
    ['no PATH', { PATH: undefined }],
  ])('%s: flags and variables are enough', async (_, env) => {
    tried += 1;
    const stackState = await startForTest({ now: Date.now });
    const result = await runBuilt(create, { env: { ...environmentOf(stackState), ...env } });
    expect(result, result.stderr).toMatchObject({
      code: 0,
      stdout: `[SUCCESS] Ingestion API Key generated: ${stackState.keys()[0]?.apiKey}\n`,
    });
    expect(stackState.count('create')).toBe(1);
    if (env['NODE_DEBUG'] === undefined) expectHarmless(result);
  });

  test.each([
    ['list', list],
    ['context list', ['context', 'list']],
    ['context save', save],
  ])('no HOME and nothing given: %s says which file it looks for', async (_, argv) => {
    tried += 1;
    const result = await runBuilt(argv, { env: { HOME: undefined } });
    expectHarmless(result);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/--config|STS_CLI_URL/);
  });

  test.each([
    ['an absolute key file', (folder: string) => ['--key-file', join(folder, 'key')], 0],
    ['a relative key file', () => ['--key-file', 'key'], 5],
  ])('a working folder that is gone, %s', async (_, flags, code) => {
    tried += 1;
    const stackState = await startForTest({ now: Date.now });
    const [gone, folder] = [tempFolder(), tempFolder()];
    const result = await runLimited(`cd '${gone}' && rmdir '${gone}'`, [...create, ...flags(folder)], {
      env: environmentOf(stackState),
    });
    expectHarmless(result);
    // Bun ends by itself in such a folder, before the program starts.
    const expected = testsTheBuild ? code : 1;
    expect(result.code, result.stderr).toBe(expected);
    expect(stackState.keys()).toHaveLength(expected === 0 ? 1 : 0);
  });

  test('a token with control characters is refused and not echoed', async () => {
    tried += 1;
    const result = await runBuilt([...list, '--url', 'http://127.0.0.1:9'], {
      env: { STS_CLI_SERVICE_TOKEN: 'evil\u001b[2Jtoken\r\nX-Other: 1' },
    });
    expectHarmless(result);
    expect(result.code).toBe(1);
    expect(result.stderr).not.toMatch(/evil|X-Other/);
  });
});

describe('a config file in a state', () => {
  const flat = 'url: http://127.0.0.1:9\napi-token: T0ken\n';

  test.each<readonly [string, (path: string) => void]>([
    ['no YAML', (path) => writeFileSync(path, 'contexts: [a: {\n')],
    ['escapes in it', (path) => writeFileSync(path, 'contexts:\n  - name: "a\u001b[2J\u202e"\n    context: 7\n')],
    ['an escape as its syntax error', (path) => writeFileSync(path, 'contexts: \u001b]0;evil\u0007\n\t- {')],
    ['no text', (path) => writeFileSync(path, Buffer.from([0xff, 0xfe, 0, 1, 2, 0x80]))],
    ['zeros after a power cut', (path) => writeFileSync(path, Buffer.alloc(4096))],
    ['a bomb of aliases', (path) => writeFileSync(path, aliasBomb())],
    ['too deep', (path) => writeFileSync(path, '['.repeat(50_000))],
    ['too large', (path) => writeFileSync(path, '#'.repeat(20 * 1024 * 1024))],
    ['a list', (path) => writeFileSync(path, '- a\n- b\n')],
    ['a scalar', (path) => writeFileSync(path, '42\n')],
    ['a folder', (path) => mkdirSync(path)],
    ['a FIFO', (path) => void execFileSync('mkfifo', [path])],
    ['a symlink to itself', (path) => symlinkSync(path, path)],
  ])('%s: list and save end with 1 and leave it', async (_, make) => {
    tried += 2;
    const path = join(tempFolder(), 'config.yaml');
    make(path);
    const before = contentOf(path);
    for (const argv of [[...list, '--url', 'http://127.0.0.1:9'], save]) {
      const result = await runBuilt([...argv, '--config', path]);
      expectHarmless(result);
      expect(result.code, `${argv[1]}: ${result.stderr}`).toBe(1);
      expect(result.stderr).toContain(path);
    }
    expect(contentOf(path)).toBe(before);
    expect(readdirSync(join(path, '..'))).toEqual(['config.yaml']);
  });

  test('replaced under us while it is saved: both changes stand', async () => {
    tried += 1;
    const { path, stackState } = await savable(flat);
    // While the program asks the server who it is, somebody else writes the file.
    const theirs = `${flat}# theirs\ncurrent-context: default\n`;
    stackState.setFault('info', { kind: 'delay', ms: 300 });
    const running = runBuilt(['context', 'save', '--name', 'new', '--config', path], { env: environmentOf(stackState) });
    while (stackState.count('info') === 0) await new Promise((done) => setTimeout(done, 5));
    writeFileSync(path, theirs);
    expect((await running).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toContain('# theirs');
    expect(readFileSync(path, 'utf8')).toContain('name: new');
  });

  test('broken under us while it is saved: exit 1, and it is left', async () => {
    tried += 1;
    const { path, stackState } = await savable(flat);
    stackState.setFault('info', { kind: 'delay', ms: 300 });
    const running = runBuilt(['context', 'save', '--name', 'new', '--config', path], { env: environmentOf(stackState) });
    while (stackState.count('info') === 0) await new Promise((done) => setTimeout(done, 5));
    writeFileSync(path, 'contexts: [');
    const result = await running;
    expectHarmless(result);
    expect(result.code).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe('contexts: [');
  });

  test('what a killed program left, its lock and a file with tokens, is gone after the next', async () => {
    tried += 1;
    const { path, stackState } = await savable(flat);
    const folder = join(path, '..');
    writeFileSync(join(folder, '.config.yaml.sts-config-0123456789.tmp'), 'api-token: T0ken\n');
    // The process that listened there was killed, so that nobody removed its socket.
    const program = `require('node:net').createServer().listen(${JSON.stringify(join(folder, '.config.yaml.sts-lock'))}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', program]);
    expect(readdirSync(folder)).toHaveLength(3);
    const result = await runBuilt(['context', 'save', '--name', 'new', '--config', path], { env: environmentOf(stackState) });
    expect(result, result.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  test('/proc as its folder: an error at once', async () => {
    tried += 1;
    const argv = [
      'context',
      'save',
      '--config',
      '/proc/x/c.yaml',
      '--url',
      'http://127.0.0.1:9',
      '--api-token',
      't',
      '--skip-validate',
    ];
    const result = await runBuilt(argv);
    expectHarmless(result);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('its folder cannot be created');
  });

  test('~ that no shell has replaced is the home folder', async () => {
    tried += 1;
    const home = tempFolder();
    const argv = ['context', 'save', '--config=~/x/sts.yaml', '--url', 'http://a', '--api-token', 't', '--skip-validate'];
    const result = await runBuilt(argv, { home, env: { HOME: home } });
    expect(result.code, result.stderr).toBe(0);
    expect(readFileSync(join(home, 'x', 'sts.yaml'), 'utf8')).toContain('url: http://a');
    const other = await runBuilt(
      argv.map((word) => word.replace('~/', '~you/')),
      { home },
    );
    expect(other.code).toBe(3);
    expect(other.stderr).toContain('the home folder ~you is not known here');
  });

  test.each([
    [mounted('a disk that is full', 'a disk that lets no file grow'), 16, 'fill'],
    ['a disk that lets no file grow', 0, 'limit'],
  ])('%s: exit 1, the file as it was', async (_, kilobytes, how) => {
    tried += 1;
    const { path, stackState } = await savable(flat, canMount() ? kilobytes : 0);
    const folder = join(path, '..');
    const full = how === 'fill' && canMount();
    if (full) pour(folder);
    const env = environmentOf(stackState);
    const before = readdirSync(folder);
    const argv = ['context', 'save', '--name', 'new', '--config', path];
    const result: BuiltResult = full ? await runBuilt(argv, { env }) : await runLimited('ulimit -f 0', argv, { env });
    expectHarmless(result);
    expect(result.code, result.stderr).toBe(1);
    expect(result.stderr).toMatch(/the disk is full|too large/);
    expect(readFileSync(path, 'utf8')).toBe(flat);
    expect(readdirSync(folder)).toEqual(before);
  });

  async function savable(text: string, kilobytes = 0) {
    const stackState = await startForTest({ now: Date.now });
    const folder = tempFolder();
    if (kilobytes > 0) mountTiny(folder, kilobytes);
    const path = join(folder, 'config.yaml');
    writeFileSync(path, text, { mode: 0o600 });
    return { stackState, path };
  }
});

test('the token of a saved context stands nowhere but in the config file', async () => {
  tried += 1;
  const stackState = await startForTest({ now: Date.now });
  const home = tempFolder();
  const result = await runBuilt(['context', 'save', '--name', 'new', '-vvv'], { home, env: environmentOf(stackState) });
  expect(result.code, result.stderr).toBe(0);
  expectHarmless(result);
  const path = join(home, '.config/stackstate-cli/config.yaml');
  expect(readFileSync(path, 'utf8')).toContain(tokens.service);
  expect([statSync(path).mode & 0o777, statSync(join(path, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
});

function contentOf(path: string): string {
  return existsSync(path) && statSync(path).isFile() ? readFileSync(path, 'latin1') : 'no file';
}

function aliasBomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 12; level++)
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
  return `${lines.join('\n')}\ncontexts: *a11\n`;
}
