import { expect, test } from 'vitest';
import { type BuiltResult, runBuilt } from '../support/built.ts';

const quiet = { code: 0, signal: null, stderr: '' };

/** The verbs a noun's help lists, in its order. */
function verbsIn(help: string): string[] {
  const [, list = ''] = /\nAvailable Commands:\n((?: {2}.+\n)+)/.exec(help) ?? [];
  return list.split('\n').flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? []);
}

/** Titles of the sections, in their order. */
function sectionsOf(help: string): string[] {
  // A description may have a line that ends in a colon as well.
  return help.split('\n').filter((line) => /^(?:[A-Z][a-z]+ ?){1,2}:$/.test(line));
}

test('ingestion-api-key --help is the text that users of the Go CLI know, with our own verbs among its', async () => {
  const result = await runBuilt(['ingestion-api-key', '--help']);
  expect(result).toMatchObject(quiet);
  const verbs = verbsIn(result.stdout);
  const ours = verbs.filter((verb) => !['create', 'delete', 'list'].includes(verb));
  const [text = '', examples] = result.stdout.split('\nExamples:\n');
  const withoutOurs = text
    .split('\n')
    .filter((line) => !ours.some((verb) => line.startsWith(`  ${verb} `)))
    .join('\n');
  expect(
    withoutOurs,
  ).toBe(`Manage API Keys used by ingestion pipelines, means data (spans, metrics, logs an so on) send by STS Agent, OTel and so on.

Usage:
  sts ingestion-api-key [command]

Available Commands:
  create      Create a new Ingestion Api Key
  delete      Delete an Ingestion Api Key
  list        List Ingestion Api Keys

Use "sts ingestion-api-key [command] --help" for more information about a command.
`);
  // They stand behind the text, which is what it was for whoever compares it.
  expect(examples).toMatch(/^ {2}# .*\n {2}sts ingestion-api-key create .*\n/);
  expect(verbs).toEqual(verbs.toSorted());
  expect(verbs).toEqual(expect.arrayContaining(['rotate', 'verify']));
});

test.each([
  [['ingestion-api-key'], ['ingestion-api-key', '--help']],
  [
    ['ingestion-api-key', '-h'],
    ['ingestion-api-key', '--help'],
  ],
  [
    ['help', 'ingestion-api-key'],
    ['ingestion-api-key', '--help'],
  ],
  [
    ['ingestion-api-key', 'help'],
    ['ingestion-api-key', '--help'],
  ],
  [['context'], ['context', '--help']],
  [
    ['help', 'ingestion-api-key', 'create'],
    ['ingestion-api-key', 'create', '--help'],
  ],
  [
    ['ingestion-api-key', 'help', 'create'],
    ['ingestion-api-key', 'create', '--help'],
  ],
  [
    ['--help', 'ingestion-api-key', 'create'],
    ['ingestion-api-key', 'create', '--help'],
  ],
  [
    ['ingestion-api-key', 'create', '-h'],
    ['ingestion-api-key', 'create', '--help'],
  ],
  [
    ['ingestion-api-key', 'create', '--name', 'x', '-vh'],
    ['ingestion-api-key', 'create', '--help'],
  ],
  [
    ['help', 'version'],
    ['version', '--help'],
  ],
  [[], ['--help']],
  [['help'], ['--help']],
  [['help', 'help'], ['--help']],
  [['help', '-o', 'json'], ['--help']],
  [
    ['help', 'context', 'help'],
    ['context', '--help'],
  ],
  [['-h'], ['--help']],
  [['-v'], ['--help']],
])('%j shows the same as %j', async (argv, same) => {
  const [result, expected] = await Promise.all([runBuilt(argv), runBuilt(same)]);
  expect(result).toEqual(expected);
  expect(result).toMatchObject(quiet);
  expect(result.stdout).toContain('\nUsage:\n');
});

test('every verb says what it does, how it is called, with examples, flags and exit codes', async () => {
  const nouns = ['ingestion-api-key', 'service-token', 'context'];
  const helps = await Promise.all(nouns.map((noun) => runBuilt([noun, '--help'])));
  const paths = nouns.flatMap((noun, index) => verbsIn(helps[index]?.stdout ?? '').map((verb) => [noun, verb]));
  expect(paths.length).toBeGreaterThanOrEqual(10);
  const results: [string[], BuiltResult][] = [];
  for (const path of paths) results.push([path, await runBuilt([...path, '--help'])]);
  for (const [path, result] of results) {
    const name = `sts ${path.join(' ')}`;
    expect(result, name).toMatchObject(quiet);
    expect(result.stdout, name).toMatch(/^(?:\S.*\n)+\nUsage:\n/);
    expect(result.stdout, name).toContain(`\nUsage:\n  ${name} [flags]\n`);
    expect(sectionsOf(result.stdout), name).toEqual(['Usage:', 'Examples:', 'Flags:', 'Global Flags:', 'Exit Codes:']);
    // Each example is this command, and its help is among its flags.
    expect(result.stdout, name).toMatch(new RegExp(`\nExamples:\n(?: {2}.*\n|\n)*? {2}(?:.*\\| )?${name}`));
    expect(result.stdout, name).toMatch(/\n {2}-h, --help +help for /);
    expect(result.stdout, name).toMatch(/\nGlobal Flags:\n(?: {2}.*\n)*? {2}(?:.* )?-o, --output format\b/);
    expect(result.stdout, name).toMatch(/\nExit Codes:\n {2}0 +done\n(?: {2}[\d ]+ +\S.*\n)+$/);
    expect(result.stdout, name).not.toMatch(/ +\n|undefined|\[object/);
  }
});

test('exit codes stand in their order: every verb can be refused, and one that waits for a server interrupted', async () => {
  const codesOf = async (...path: string[]) => {
    const { stdout } = await runBuilt([...path, '--help']);
    return [...stdout.slice(stdout.indexOf('Exit Codes:')).matchAll(/\n {2}(\d+)/g)].map(([, code]) => Number(code));
  };
  expect(await codesOf('version')).toEqual([0, 3, 6]);
  expect(await codesOf('completion', 'zsh')).toEqual([0, 3, 6, 141]);
  expect(await codesOf('context', 'list')).toEqual([0, 1, 3, 6, 141]);
  expect(await codesOf('context', 'set')).toEqual([0, 1, 3, 6, 8, 129, 130, 143]);
  expect(await codesOf('context', 'delete')).toEqual([0, 1, 3, 6, 8, 129, 130, 143]);
  for (const verb of ['create', 'delete', 'list', 'rotate', 'verify']) {
    const codes = await codesOf('ingestion-api-key', verb);
    expect(codes, verb).toEqual([...new Set(codes)].sort((a, b) => a - b));
    expect(codes, verb).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 5, 6, 129, 130, 143]));
  }
  for (const verb of ['save', 'validate']) {
    expect(await codesOf('context', verb), verb).toEqual(expect.arrayContaining([3, 4, 129, 130, 143]));
  }
});

test('a flag that must be given is marked', async () => {
  const { stdout } = await runBuilt(['ingestion-api-key', 'create', '--help']);
  expect(stdout).toMatch(/\n {2}-n, --name name +name of the key \(required\)\n/);
  expect(stdout.match(/\(required\)/g)).toHaveLength(1);
});

test('help needs no configuration: a broken one does not disturb it', async () => {
  const env = { STS_CLI_URL: 'not a url', STS_CLI_API_TOKEN: 'a', STS_CLI_SERVICE_TOKEN: 'b', HOME: undefined };
  const result = await runBuilt(['ingestion-api-key', 'list', '--config', '/dev/null/none', '--help'], { env });
  expect(result).toMatchObject(quiet);
});

test('the version stands alone on a line', async () => {
  const [flag, verb, json] = await Promise.all([
    runBuilt(['--version']),
    runBuilt(['version']),
    runBuilt(['version', '-o', 'json']),
  ]);
  expect(flag).toMatchObject(quiet);
  expect(flag.stdout).toMatch(/^(?:sts version )?\d+\.\d+\.\d+\n$/);
  const version = /\d+\.\d+\.\d+/.exec(flag.stdout)?.[0];
  expect(verb).toMatchObject(quiet);
  expect(verb.stdout).toMatch(
    new RegExp(`^VERSION +\\| BUILD DATE +\\| COMMIT *\n${version} +\\| \\d{4}-\\d\\d-\\d\\d +\\| \\w+\n$`),
  );
  expect(json).toMatchObject(quiet);
  expect(json.stdout).toMatch(
    /^\{\n {2}"build-date": ".+",\n {2}"commit": ".+",\n {2}"runtime": "(?:bun|node) .+",\n {2}"version": ".+"\n\}\n$/,
  );
  expect(JSON.parse(json.stdout)).toMatchObject({ version });
});

test.each([
  [['ingestion-api-key', 'lst'], 'Unknown command "lst" for \'sts ingestion-api-key\'.', 'Did you mean list?'],
  [['ingestion-api-key', 'cre'], 'Unknown command "cre" for \'sts ingestion-api-key\'.', 'Did you mean create?'],
  [['contxt', 'list'], 'Unknown command "contxt" for \'sts\'.', 'Did you mean context?'],
  [['ingestion-api-key', '--url', 'http://h', 'lst'], 'Unknown command "lst" for', 'Did you mean list?'],
  [['ingestion-api-key', 'create', '--nmae', 'x'], 'Unknown flag: --nmae', 'Did you mean --name?'],
  [['ingestion-api-key', 'list', '--otput', 'json'], 'Unknown flag: --otput', 'Did you mean --output?'],
  [['ingestion-api-key', 'list', '-x'], 'Unknown flag: -x', "See 'sts ingestion-api-key list --help'."],
  [
    ['ingestion-api-key', 'list', '--skip-ssl=perhaps'],
    '--skip-ssl takes true or false, or no value.',
    "See 'sts ingestion-api-key list --help'.",
  ],
  [['ingestion-api-key', 'create'], 'A flag is missing: -n, --name', "See 'sts ingestion-api-key create --help'."],
  [['ingestion-api-key', 'create', '--name'], 'A value is missing for -n, --name', "See 'sts ingestion-api-key create --help'."],
  [['ingestion-api-key', 'list', '--out', 'json'], 'Unknown flag: --out', 'Did you mean --output?'],
  [['completion', 'tcsh'], 'Unknown command "tcsh" for \'sts completion\'.', "See 'sts completion --help'."],
  [
    ['help', 'ingestion-api-key', 'create', 'extra'],
    'Unknown command "extra" for \'sts ingestion-api-key create\'.',
    "See 'sts ingestion-api-key create --help'.",
  ],
  [['help', 'contxt'], 'Unknown command "contxt" for \'sts\'.', 'Did you mean context?'],
])('%j names the nearest right one', async (argv, message, hint) => {
  const result = await runBuilt(argv);
  expect(result).toMatchObject({ code: 3, stdout: '' });
  const [first, ...hints] = result.stderr.split('\n');
  expect(first).toContain(`[ERROR] ${message}`);
  expect(hints).toContain(`  ${hint}`);
});

/** What scripts look for in the reference's help of the noun. */
const oneLine = [/^Manage API Keys used by ingestion pipelines, /, /^Use "sts ingestion-api-key \[command\] --help"/];

test('help is wrapped to 80 columns off a terminal, but for what is to be copied and what scripts look for', async () => {
  const verbs = ['create', 'list', 'get', 'delete', 'rotate', 'renew', 'verify'];
  const paths = [
    ...['', 'ingestion-api-key', 'service-token', 'context', 'completion', 'version'],
    ...verbs.flatMap((verb) => [`ingestion-api-key ${verb}`, `service-token ${verb}`]),
    ...['save', 'list', 'show', 'set', 'delete', 'validate'].map((verb) => `context ${verb}`),
    ...['ingestion-api-key migrate', 'help environment', 'help exit-codes', 'help config-file'],
  ].map((words) => words.split(' ').filter((word) => word !== ''));
  for (const path of paths) {
    const { stdout } = await runBuilt(path[0] === 'help' ? path : [...path, '--help']);
    const [before = '', examples = ''] = stdout.split('\nExamples:\n');
    // A command of an example, with its lines after a backslash.
    const lines = [before, examples.replace(/^ {2,}[^ #].*$/gm, '')].join('\n').split('\n');
    const long = lines.filter((line) => line.length > 80 && !oneLine.some((sentence) => sentence.test(line)));
    expect(long, path.join(' ')).toEqual([]);
  }
}, 60_000);

test.each([
  ['environment', ['STS_CLI_API_TOKEN', 'STS_CLI_CONTEXT', 'NO_COLOR', 'SSL_CERT_DIR']],
  ['exit-codes', ['0     done', '141   the reader of a listing went away']],
  ['config-file', ['current-context: prod', 'ca-cert-base64-data']],
])('sts help %s is a text of its own', async (topic, words) => {
  const result = await runBuilt(['help', topic]);
  expect(result).toMatchObject(quiet);
  for (const word of words) expect(result.stdout).toContain(word);
  expect((await runBuilt(['--help'])).stdout).toMatch(new RegExp(`^More help: sts help .*\\b${topic}\\b`, 'm'));
});

test.each([['--help'], ['ingestion-api-key', 'list', '--help'], ['completion', 'bash']])(
  'a reader that goes away ends %s %s silently',
  async (...argv) => {
    const result = await runBuilt(argv, { stdout: { pipeTo: 'exec 0<&-; sleep 0.2' } });
    expect([0, 141]).toContain(result.code);
    expect(result.stderr).toBe('');
  },
);
