import { expect, test } from 'vitest';
import { loadProgram } from '../../src/cli/catalogue.ts';
import { flagsOf, globalFlags } from '../../src/cli/flags.ts';
import { readCall } from '../../src/cli/program.ts';
import { refusalOf as refusalOfLine } from '../../src/cli/refusals.ts';
import { commandPath, faultOf, type Line, readLine, withHelp } from '../../src/cli/words.ts';

const program = await loadProgram();

interface Parsed {
  readonly verb: string;
  readonly options: object;
  readonly globals: object;
}

function lineOf(text: string): Line {
  const words = text.split(' ').filter((word) => word !== '');
  return readLine(program, words);
}

/** What a command line asks for; the verb itself does not run. */
function parse(text: string): Parsed {
  const line = lineOf(text);
  if (faultOf(line) !== undefined) throw refusalOfLine(line);
  const { options, globals } = readCall(line);
  return { verb: commandPath(line), options, globals };
}

function refusalOf(text: string): unknown {
  try {
    parse(text);
  } catch (error) {
    return withHelp(error, lineOf(text));
  }
  throw new Error(`not refused: ${text}`);
}

const noGlobals = { output: 'text', verbose: 0 };

test.each<readonly [string, string, Record<string, unknown>, Record<string, unknown>]>([
  ['version', 'sts version', {}, {}],
  ['version -o json', 'sts version', {}, { output: 'json' }],
  ['-o json version', 'sts version', {}, { output: 'json' }],
  ['-ojson version', 'sts version', {}, { output: 'json' }],
  ['--output=json version', 'sts version', {}, { output: 'json' }],
  ['version --no-color -vv', 'sts version', {}, { color: false, verbose: 2 }],
  ['-v version -v --verbose', 'sts version', {}, { verbose: 3 }],
  ['version --verbose=2', 'sts version', {}, { verbose: 2 }],
  ['version -v=2', 'sts version', {}, { verbose: 2 }],
  ['version -q', 'sts version', {}, { quiet: true }],
  ['version -o wide', 'sts version', {}, { output: 'wide' }],
  ...['true', 'T', '1', 'yes', 'on'].map((word) => [`version --skip-ssl=${word}`, 'sts version', {}, { skipSsl: true }] as const),
  ...['false', 'F', '0', 'no', 'off'].map(
    (word) => [`version --skip-ssl=${word}`, 'sts version', {}, { skipSsl: false }] as const,
  ),
  ['version --no-color=false', 'sts version', {}, { color: true }],
  ['ingestion-api-key delete --name a -n b --yes=false', 'sts ingestion-api-key delete', { name: ['a', 'b'], yes: false }, {}],
  ['ingestion-api-key create --name n', 'sts ingestion-api-key create', { name: 'n' }, {}],
  ['ingestion-api-key create -n n', 'sts ingestion-api-key create', { name: 'n' }, {}],
  ['ingestion-api-key create -nn', 'sts ingestion-api-key create', { name: 'n' }, {}],
  ['ingestion-api-key create --name=n', 'sts ingestion-api-key create', { name: 'n' }, {}],
  ['ingestion-api-key create --name=a=b', 'sts ingestion-api-key create', { name: 'a=b' }, {}],
  ['--name n ingestion-api-key create', 'sts ingestion-api-key create', { name: 'n' }, {}],
  ['ingestion-api-key --name n create', 'sts ingestion-api-key create', { name: 'n' }, {}],
  ['ingestion-api-key create --name create', 'sts ingestion-api-key create', { name: 'create' }, {}],
  ['ingestion-api-key create --name --description', 'sts ingestion-api-key create', { name: '--description' }, {}],
  ['ingestion-api-key create -n n --description d', 'sts ingestion-api-key create', { name: 'n', description: 'd' }, {}],
  [
    'ingestion-api-key create -n n --url http://h --service-token t -c prod --timeout 2m',
    'sts ingestion-api-key create',
    { name: 'n' },
    { url: 'http://h', serviceToken: 't', context: 'prod', timeout: '2m' },
  ],
  [
    '--url http://h --api-token - --skip-ssl --config /c.yaml ingestion-api-key list',
    'sts ingestion-api-key list',
    {},
    { url: 'http://h', apiToken: '-', skipSsl: true, config: '/c.yaml' },
  ],
  [
    'ingestion-api-key list --ca-cert-path p --ca-cert-base64-data d --k8s-sa-token t --k8s-sa-token-path q',
    'sts ingestion-api-key list',
    {},
    { caCertPath: 'p', caCertBase64Data: 'd', k8sSaToken: 't', k8sSaTokenPath: 'q' },
  ],
  ['context list', 'sts context list', {}, {}],
  ['context set --name prod', 'sts context set', { name: 'prod' }, {}],
])('%s', (line, verb, options, globals) => {
  const parsed = parse(line);
  expect(parsed.verb).toBe(verb);
  expect(parsed.options).toMatchObject(options);
  expect(parsed.globals).toEqual({ ...noGlobals, ...globals });
});

test.each<[string, RegExp, RegExp]>([
  ['ingestion-api-key creat', /Unknown command "creat" for 'sts ingestion-api-key'/, /Did you mean create\?/],
  ['ingestion-api-key cre', /Unknown command "cre"/, /Did you mean create\?/],
  ['ingestion-api-key creat -n x', /Unknown command "creat"/, /Did you mean create\?/],
  ['ingestion-api-key creat --name x --foo bar', /Unknown command "creat"/, /Did you mean create\?/],
  ['ingestion-api-key --foo bar creat', /Unknown flag: --foo/, /ingestion-api-key --help/],
  ['ingestion-api-key del', /Unknown command "del"/, /Did you mean delete\?/],
  ['ingestion-api-key crate', /Unknown command "crate"/, /Did you mean create\?/],
  ['hlep', /Unknown command "hlep" for 'sts'/, /Did you mean help\?/],
  ['context hlep', /Unknown command "hlep" for 'sts context'/, /Did you mean help\?/],
  ['ingestion-api-key list --out json', /Unknown flag: --out\b/, /Did you mean --output\?/],
  ['ingestion-api-key create -n n --desc d', /Unknown flag: --desc\b/, /Did you mean --description\?/],
  ['ingestion-api-key list -o jsn', /--output cannot be "jsn"/, /Did you mean json\?/],
  ['context list --config=', /--config is empty/, /context list --help/],
  ['context list -c=', /--context is empty/, /context list --help/],
  ['ingestion-api-key create -n n --expires-in 6m', /6m is 6 minutes; for months write 6mo/, /units/],
  ['help -o', /A value is missing for -o, --output/, /sts --help/],
  ['help version -o', /A value is missing for -o, --output/, /sts version --help/],
  ['help ingestion-api-key create extra', /Unknown command "extra" for 'sts ingestion-api-key create'/, /create --help/],
  ['ingestion-api-key help create extra', /Unknown command "extra" for 'sts ingestion-api-key create'/, /create --help/],
  ['help ingestion-api-key cre', /Unknown command "cre" for 'sts ingestion-api-key'/, /Did you mean create\?/],
  ['ingestion-api-keys list', /Unknown command "ingestion-api-keys" for 'sts'/, /Did you mean ingestion-api-key\?/],
  ['frobnicate', /Unknown command "frobnicate" for 'sts'/, /sts --help/],
  ['help frobnicate', /Unknown command "frobnicate"/, /sts --help/],
  ['ingestion-api-key create --nam x', /Unknown flag: --nam\b/, /Did you mean --name\?/],
  ['ingestion-api-key list --outptu=json', /Unknown flag: --outptu/, /Did you mean --output\?/],
  ['ingestion-api-key create', /A flag is missing: .*--name/, /create --help/],
  ['ingestion-api-key create --name', /A value is missing for .*--name/, /create --help/],
  ['ingestion-api-key create --name=', /--name is empty/, /create --help/],
  ['ingestion-api-key create -n x extra', /takes no arguments/, /create --help/],
  ['ingestion-api-key list -o yaml', /--output cannot be "yaml"/, /./],
  ['ingestion-api-key list -o', /A value is missing for .*--output/, /./],
  ['ingestion-api-key list -q -o json', /--quiet and --output both/, /list --help/],
  ['ingestion-api-key list -o json --output=text', /--output is given twice/, /list --help/],
  ['ingestion-api-key create -n a -n b', /--name is given twice/, /create --help/],
  ['ingestion-api-key create --name a --name=a', /--name is given twice/, /create --help/],
  ['--url a version --url b', /--url is given twice/, /version --help/],
  ['version --skip-ssl=perhaps', /--skip-ssl takes true or false/, /version --help/],
  ['version --verbose=much', /--verbose takes a number/, /version --help/],
  ['ingestion-api-key create foo', /takes no arguments/, /A name is given with a flag: --name NAME/],
  ['ingestion-api-key delete 250558013078953', /takes no arguments/, /An id is given with a flag: --id ID/],
  ['context set prod', /takes no arguments/, /A name is given with a flag: --name NAME/],
  ['ingestion-api-key create --name my key', /takes no arguments/, /Put a value that has spaces in quotes: --name "..."/],
  ['ingestion-api-key rm --id 1', /Unknown command "rm"/, /Did you mean delete\?/],
  ['ingestion-api-key remove', /Unknown command "remove"/, /Did you mean delete\?/],
  ['ingestion-api-key ls', /Unknown command "ls"/, /Did you mean list\?/],
  ['ingestion-api-key describe -n x', /Unknown command "describe"/, /Did you mean get\?/],
  ['ingestion-api-key show', /Unknown command "show"/, /Did you mean get\?/],
  ['context get', /Unknown command "get"/, /Did you mean show\?/],
  ['context use', /Unknown command "use"/, /Did you mean set\?/],
  ['context rm', /Unknown command "rm"/, /Did you mean delete\?/],
  ['context use-context prod', /Unknown command "use-context"/, /Did you mean set\?/],
  ['api-key list', /Unknown command "api-key" for 'sts'/, /Did you mean ingestion-api-key\?/],
  ['keys', /Unknown command "keys" for 'sts'/, /Did you mean ingestion-api-key\?/],
  ['token list', /Unknown command "token" for 'sts'/, /Did you mean service-token\?/],
  ['ingestion-api-key list --skip-ssl no', /takes no arguments/, /is joined to it: --skip-ssl=no/],
  ['ingestion-api-key list --expired ci', /takes no arguments/, /A name is given with a flag: --name NAME/],
  ['use prod', /Unknown command "use" for 'sts'/, /Did you mean sts context set\?/],
  ['login', /Unknown command "login" for 'sts'/, /Did you mean sts context save\?/],
  ['list', /Unknown command "list" for 'sts'/, /Did you mean sts ingestion-api-key list or sts service-token list or /],
  ['rotate', /Unknown command "rotate" for 'sts'/, /Did you mean sts ingestion-api-key rotate/],
  ['rm', /Unknown command "rm" for 'sts'/, /Did you mean sts ingestion-api-key delete or /],
  ['help enviroment', /Unknown command "enviroment" for 'sts'/, /Did you mean environment\?/],
  ['version extra', /takes no arguments/, /version --help/],
])('%s is refused, with the next step', (line, message, hint) => {
  expect(refusalOf(line)).toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(message),
    hints: expect.arrayContaining([expect.stringMatching(hint)]),
  });
});

test.each(['completion tcsh', 'completion csh', 'ingestion-api-key exp', 'ingestion-api-key list -x'])(
  '%s is refused without a guess',
  (line) => {
    expect(refusalOf(line)).toMatchObject({ exitCode: 3, hints: [expect.stringMatching(/^See /)] });
  },
);

test.each(['010', '0x10', '1e3', '-1', '0', '', '1.0', '+1', '9223372036854775808', '99999999999999999999'])(
  'delete --id %j is refused before anything is sent',
  (id) => {
    expect(refusalOf(`ingestion-api-key delete --id=${id}`)).toMatchObject({ exitCode: 3 });
  },
);

test('what is secret is not repeated where it stands without its flag, and the right way to give it is said', () => {
  const error = refusalOf('ingestion-api-key verify iapikeyok-not-to-be-shown');
  expect(error).toMatchObject({ hints: [expect.stringContaining('--key-file PATH'), expect.any(String)] });
  expect(JSON.stringify(error)).not.toContain('not-to-be-shown');
});

test.each([
  ['ingestion-api-key create help', 'sts ingestion-api-key create'],
  ['ingestion-api-key create --name x help', 'sts ingestion-api-key create'],
  ['help version help', 'sts version'],
  ['context help', 'sts context'],
])('%s asks for help', (text, path) => {
  const line = lineOf(text);
  expect(faultOf(line)).toBeUndefined();
  expect({ help: line.help, path: commandPath(line) }).toEqual({ help: true, path });
});

test('a flag of one name takes a value in every command, or in none', () => {
  const arities = new Map<string, boolean>();
  for (const verb of [program, ...program.nouns].flatMap(({ verbs }) => verbs)) {
    for (const { long, short, value } of [...flagsOf(verb), ...globalFlags]) {
      for (const name of [long, ...(short === undefined ? [] : [short])]) {
        expect(arities.get(name) ?? value !== undefined, name).toBe(value !== undefined);
        arities.set(name, value !== undefined);
      }
    }
  }
});

test('a noun comes with its verbs where it is named, and only there', async () => {
  const { nouns } = await loadProgram(['context', 'list', '--config', 'x']);
  expect(nouns.filter(({ verbs }) => verbs.length > 0).map(({ name }) => name)).toEqual(['context']);
});
