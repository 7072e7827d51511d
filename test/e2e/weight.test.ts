import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { builtProgram, runBuilt, testOfTheBuild as test } from '../support/built.ts';
import { environmentOf, startForTest, tempFolder } from '../support/run.ts';

// What a command loads, in counts: times differ from run to run, these do not.

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const keys = 'ingestion-api-key';

interface Weight {
  /** Parts of the program that were loaded, by file name, each with whether its code cache was taken. */
  readonly parts: Readonly<Record<string, boolean>>;
  /** Node's own modules that a bare Node does not load. */
  readonly builtins: readonly string[];
}

/** Runs the built program with somebody looking over its shoulder at the end. */
async function weigh(argv: readonly string[], code: number, env: Readonly<Record<string, string>> = {}): Promise<Weight> {
  const folder = tempFolder();
  const [hook, report] = [join(folder, 'hook.cjs'), join(folder, 'report.json')];
  writeFileSync(
    hook,
    `const { writeFileSync } = require('node:fs');
    const bare = new Set(process.moduleLoadList);
    process.on('exit', () => {
      const load = require(${JSON.stringify(join(dist, 'load.cjs'))});
      const builtins = process.moduleLoadList.filter((name) => !bare.has(name) && name.startsWith('NativeModule '));
      writeFileSync(${JSON.stringify(report)}, JSON.stringify({
        parts: Object.fromEntries(load.loadedParts()),
        builtins: builtins.map((name) => name.slice('NativeModule '.length)),
      }));
    });`,
  );
  const result = await runBuilt(argv, { env, nodeArguments: ['--require', hook] });
  expect(result.code, result.stderr).toBe(code);
  return JSON.parse(readFileSync(report, 'utf8'));
}

/** Names of the packages that have a module in a part. */
function packagesIn(parts: Iterable<string>): string[] {
  const mapped = [...parts].filter((part) => existsSync(join(dist, `${part}.map`)));
  const names = mapped.flatMap((part) => {
    const { sources }: { sources: string[] } = JSON.parse(readFileSync(join(dist, `${part}.map`), 'utf8'));
    return sources.map((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1]);
  });
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

function bytesOf(parts: Iterable<string>): number {
  return [...parts].reduce((sum, part) => sum + statSync(join(dist, part)).size, 0);
}

/** What every command loads. */
const grammar = ['ground.cjs', 'main.cjs', 'rolldown-runtime.cjs'];
const network = /^(net|tls|_tls|http|https|_http|crypto|stream|internal\/streams|dns|zlib|tty|readline|fs\/promises|worker)/;

test.each([
  { argv: ['--help'], code: 0, more: [] },
  { argv: ['--version'], code: 0, more: [] },
  // The verbs of a noun are loaded where it is named.
  { argv: [keys, '--help'], code: 0, more: ['credentials.cjs'] },
  { argv: [keys, 'create', '--help'], code: 0, more: ['credentials.cjs'] },
  { argv: ['context', 'save', '--help'], code: 0, more: ['context.cjs'] },
  // Values are read by commander, which help does not need.
  { argv: ['version'], code: 0, more: ['run.cjs'] },
  { argv: [keys, 'delete', '--id', '010'], code: 3, more: ['credentials.cjs', 'run.cjs'] },
])('sts $argv loads the grammar and nothing else', async ({ argv, code, more }) => {
  const { parts, builtins } = await weigh(argv, code);
  const names = Object.keys(parts);
  expect(names.filter((name) => !grammar.includes(name)).sort()).toEqual(more);
  expect(bytesOf(names)).toBeLessThan(more.length === 0 ? 37_000 : 116_000);
  expect(packagesIn(grammar)).toEqual(['fastest-levenshtein']);
  expect(builtins.filter((name) => network.test(name))).toEqual([]);
});

test.each([[keys, 'lst'], [keys, 'list', '--nam', 'x'], ['list']])(
  'sts %s %s is refused with what was meant',
  async (...argv) => {
    const { parts, builtins } = await weigh(argv, 3);
    // What was meant may be a verb of any noun.
    expect(
      Object.keys(parts)
        .filter((name) => !grammar.includes(name))
        .sort(),
    ).toEqual(['completion.cjs', 'context.cjs', 'credentials.cjs', 'refusals.cjs']);
    expect(builtins.filter((name) => network.test(name))).toEqual([]);
  },
);

const request = ['client.cjs', 'connection.cjs', 'credentials.cjs', 'run.cjs', 'schemas.cjs', 'settings.cjs'];

test.each([
  { argv: ['list'], more: ['table.cjs'] },
  { argv: ['list', '-o', 'json'], more: [] },
  { argv: ['create', '--name', 'n'], more: ['protocol.cjs'] },
  { argv: ['delete', '--id', '7'], more: ['removal.cjs'] },
])('sts ingestion-api-key $argv loads what one request takes', async ({ argv, more }) => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ id: 7n, name: 'seven' });
  const { parts, builtins } = await weigh([keys, ...argv], 0, environmentOf(stackState));
  const names = Object.keys(parts);
  expect(names.filter((name) => !grammar.includes(name)).sort()).toEqual([...request, ...more].sort());
  expect(bytesOf(names)).toBeLessThan(names.includes('protocol.cjs') ? 405_000 : 375_000);
  // No YAML, no lock, no layouter.
  expect(packagesIn(names.filter((name) => !['credentials.cjs', 'ground.cjs', 'run.cjs'].includes(name)))).toEqual([
    ...(argv.length === 1 ? ['get-east-asian-width'] : []),
    'lossless-json',
    'undici',
    'zod',
  ]);
  // TLS and HTTP of Node's own are for other URLs and other programs.
  const unwanted = /^(tls|_tls|http2?|https|_http_(client|server|agent)|crypto|zlib|worker|perf_hooks)/;
  expect(builtins.filter((name) => unwanted.test(name))).toEqual([]);
});

test('a context of the config file brings YAML, and nothing to write it with', async () => {
  const stackState = await startForTest({ now: Date.now });
  const env = environmentOf(stackState);
  const config = join(tempFolder(), 'config.yaml');
  writeFileSync(config, `contexts:\n  - name: a\n    context: { url: "${env['STS_CLI_URL']}" }\ncurrent-context: a\n`, {
    mode: 0o600,
  });
  const { STS_CLI_URL: _, ...token } = env;
  const { parts } = await weigh([keys, 'list', '--config', config], 0, token);
  expect(packagesIn(Object.keys(parts))).toContain('yaml');
  expect(packagesIn(Object.keys(parts))).not.toContain('proper-lockfile');
});

test('no part of the program is larger than what it is for', () => {
  const sizes = Object.fromEntries(
    readdirSync(dist)
      .filter((name) => name.endsWith('.cjs'))
      .map((name) => [name, statSync(join(dist, name)).size]),
  );
  const limits: Record<string, number> = {
    'load.cjs': 2_500,
    'main.cjs': 17_000,
    'ground.cjs': 20_000,
    'credentials.cjs': 39_500,
    'run.cjs': 41_000,
    'protocol.cjs': 43_500,
    'client.cjs': 38_000,
    'connection.cjs': 165_000,
    'schemas.cjs': 30_000,
    // With the disk.
    'settings.cjs': 21_000,
    'table.cjs': 9_000,
  };
  for (const [name, limit] of Object.entries(limits)) expect(sizes[name], name).toBeLessThan(limit);
});

test('every part takes its code cache, whatever flags were set on the way', async () => {
  const stackState = await startForTest({ now: Date.now });
  for (const argv of [['list'], ['create', '--name', 'n']]) {
    const { parts } = await weigh([keys, ...argv], 0, environmentOf(stackState));
    expect(Object.entries(parts).filter(([, cached]) => !cached)).toEqual([]);
  }
});

test('without a code cache for this Node the program is the same', async () => {
  const folder = tempFolder();
  for (const name of ['bin', 'dist', 'package.json']) cpSync(join(dist, '..', name), join(folder, name), { recursive: true });
  const program = join(folder, 'bin', 'sts.js');
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ name: 'seven' });
  const run = (path: string) => runBuilt([keys, 'list'], { program: path, env: environmentOf(stackState) });
  const expected = await run(builtProgram);
  expect(expected).toMatchObject({ code: 0, stderr: '' });
  rmSync(join(folder, 'dist', 'code-cache'), { recursive: true });
  expect(await run(program)).toEqual(expected);
  const lockedUp = await runBuilt(['version'], { program, env: { XDG_CACHE_HOME: '/dev/null/nowhere' } });
  expect(lockedUp).toMatchObject({ code: 0, stderr: '' });
});

test('the licences of all that is bundled ship with it', () => {
  const licences = readFileSync(join(dist, 'LICENCES.txt'), 'utf8');
  const packages = packagesIn(readdirSync(dist).filter((name) => name.endsWith('.cjs')));
  expect(packages).toEqual(expect.arrayContaining(['fastest-levenshtein', 'undici', 'zod', 'yaml', 'cli-table3', 'date-fns']));
  for (const name of packages) expect(licences).toMatch(new RegExp(`^${name} \\d[^\\n]* \\([^)]+\\)\\n\\n`, 'm'));
  const { files } = JSON.parse(readFileSync(join(dist, '..', 'package.json'), 'utf8'));
  expect(files).toContain('dist');
});
