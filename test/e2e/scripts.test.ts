import { expect, test } from 'vitest';
import { type StackState, tokens } from '../stackstate/server.ts';
import { caFileOf, startForTest } from '../support/stackstate.ts';
import { isInstalled, posixShell, runShell } from './shell.ts';

const hasJq = isInstalled('jq');
// Rows that are not there say nothing.
if (!hasJq) console.info('not tried, since jq is not installed here: scripts that read JSON with jq');

/** What scripts for the Go CLI read of the documents of a noun. */
const nouns = [
  {
    noun: 'ingestion-api-key',
    secret: 'apiKey',
    flags: '',
    collection: '/api/security/ingestion/api_keys',
    deleted: 'Ingestion Api Key deleted',
    made: (stackState: StackState) => stackState.store.history.map(({ apiKey, ...key }) => ({ ...key, secret: apiKey })),
    left: (stackState: StackState) => stackState.keys(),
    // Of a token the list tells the id.
    requests: ['POST'],
  },
  {
    noun: 'service-token',
    secret: 'token',
    flags: '--roles ingestion',
    collection: '/api/security/tokens',
    deleted: 'Service token deleted',
    made: (stackState: StackState) => stackState.tokenStore.history.map(({ token, ...rest }) => ({ ...rest, secret: token })),
    left: (stackState: StackState) => stackState.serviceTokens(),
    requests: ['GET', 'POST', 'GET'],
  },
] as const;

/** The same functions for scripts, on jq where there is one and on node always. */
const readersOf = ({ noun, secret }: (typeof nouns)[number]) => ({
  ...(hasJq
    ? {
        jq: `secret_of() { jq -r '."${noun}".${secret}'; }
             id_of() { jq -r --arg n "$1" '."${noun}s"[] | select(.name == $n) | .id'; }`,
      }
    : {}),
  node: `json() { node -e 'const d = JSON.parse(require("fs").readFileSync(0, "utf8")); console.log(eval(process.argv[1]))' "$@"; }
         secret_of() { json 'd["${noun}"].${secret}'; }
         id_of() { json "d['${noun}s'].find((k) => k.name === process.argv[2]).id" "$1"; }`,
});

const shells = [
  { shell: 'bash', strict: 'set -euo pipefail' },
  { shell: posixShell, strict: 'set -eu' },
];
const rows = nouns.flatMap((noun) =>
  shells.flatMap((shell) =>
    Object.entries(readersOf(noun)).map(([reader, functions]) => ({ ...noun, ...shell, reader, functions })),
  ),
);

test.each(rows)('a $shell script creates, finds and deletes a $noun over HTTPS, reading JSON with $reader', async (row) => {
  const stackState = await startForTest({ now: Date.now, tls: true });
  stackState.seed({ name: 'another' });
  stackState.seedToken({ name: 'another', roles: ['ingestion'] });
  const script = `${row.strict}
    ${row.functions}
    secret=$(sts ${row.noun} create -n "$NAME" ${row.flags} -o json --url "$U" --service-token "$T" --ca-cert-path "$CA" | secret_of)
    id=$(sts ${row.noun} list -o json --url "$U" --service-token "$T" --ca-cert-path "$CA" | id_of "$NAME")
    echo "$secret $id"
    sts ${row.noun} delete --id $id --url "$U" --service-token "$T" --ca-cert-path "$CA"`;
  const variables = { NAME: 'my-own', U: stackState.url, T: tokens.service, CA: caFileOf(stackState) };
  const { code, stdout, stderr } = await runShell(row.shell, script, { variables });
  const [created] = row.made(stackState).filter(({ name }) => name === 'my-own');
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: `${created?.secret} ${created?.id}\n[SUCCESS] ${row.deleted}: ${created?.id}\n`,
    stderr: '',
  });
  expect(row.left(stackState).map(({ name }) => name)).toEqual(['another']);
  expect(stackState.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    ...row.requests.map((method) => `${method} ${row.collection}`),
    `GET ${row.collection}`,
    `DELETE ${row.collection}/${created?.id}`,
  ]);
});

test.each(rows)('a $shell script may echo a whole list of $noun into $reader, as scripts for the Go CLI do', async (row) => {
  const stackState = await startForTest({ now: Date.now });
  const facts = { name: 'collector', description: 'for the collector', expiration: 1_893_456_000_000n };
  const ids = {
    'ingestion-api-key': stackState.seed(facts).id,
    'service-token': stackState.seedToken({ ...facts, roles: ['a', 'b'] }).id,
  };
  const script = `${row.strict}
    ${row.functions}
    all=$(sts ${row.noun} list -o json --url $U --service-token $T)
    id=$(echo $all | id_of collector)
    sts ${row.noun} delete -i $id --url $U --service-token $T --output json`;
  const result = await runShell(row.shell, script, { variables: { U: stackState.url, T: tokens.service } });
  expect(result).toEqual({ code: 0, signal: null, stdout: `{\n  "deleted-${row.noun}": ${ids[row.noun]}\n}\n`, stderr: '' });
  expect(row.left(stackState)).toEqual([]);
});

test('a create that fails ends a bash script with its own exit code and gives the reader nothing', async () => {
  const stackState = await startForTest({ now: Date.now });
  const script = `set -euo pipefail
    sts ingestion-api-key create -n x -o json --url "$U" --service-token wrong | cat
    echo not reached`;
  const { code, stdout, stderr } = await runShell('bash', script, { variables: { U: stackState.url } });
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(JSON.parse(stderr)).toMatchObject({ error: true, 'exit-code': 4 });
});

test('a script tells a key that is not there from other failures', async () => {
  const stackState = await startForTest({ now: Date.now });
  const script = `export STS_CLI_URL="$U" STS_CLI_API_TOKEN="$T"
    sts ingestion-api-key delete --id 42 || echo "code $?"
    sts ingestion-api-key delete --id 42 --if-exists && echo fine
    sts ingestion-api-key delete --id forty-two || echo "code $?"`;
  const { stdout, stderr } = await runShell(posixShell, script, { variables: { U: stackState.url, T: tokens.api } });
  expect(stdout).toMatch(/^code 8\n(?:.*\n)?fine\ncode 3\n$/);
  expect(stderr).toContain(
    '[ERROR] There is no ingestion API key with the id 42.\n  See the ids with: sts ingestion-api-key list\n',
  );
});

test('contexts saved by one command are used by the next ones', async () => {
  const stackState = await startForTest({ now: Date.now, tls: true });
  const script = `set -eu
    printf '%s\\n' "$T" | sts context save --name prod --url "$U" --service-token - --ca-cert-path "$CA"
    printf '%s\\n' "$A" | sts context save --name test --url "$U/" --api-token - --ca-cert-path "$CA"
    sts context list
    sts context show
    sts context set --name prod
    sts context show
    sts context validate
    sts ingestion-api-key list
    sts ingestion-api-key list --context test
    STS_CLI_CONTEXT=test sts context show
    sts context delete --name test
    sts context list`;
  const variables = { U: stackState.url, T: tokens.service, A: tokens.api, CA: caFileOf(stackState) };
  const { code, stdout, stderr } = await runShell('bash', script, { variables });
  const { url } = stackState;
  const verified = `[SUCCESS] Connection verified to ${url} (Platform version: 2.0.0)`;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(
    [
      verified,
      "[SUCCESS] Saved context: 'prod'",
      `It is the current context now, for ${url}`,
      verified,
      "[SUCCESS] Saved context: 'test'",
      `It is the current context now, for ${url}`,
      'NAME | URL',
      `prod | ${url}`,
      `test | ${url}`,
      'test',
      '[SUCCESS] Current context set to prod',
      'prod',
      verified,
      '[SUCCESS] Context prod is valid.',
      'No ingestion api keys found.',
      'No ingestion api keys found.',
      'test',
      "[SUCCESS] Deleted context 'test'",
      'NAME | URL',
      `prod | ${url}`,
      '',
    ].join('\n'),
  );
  const lists = stackState.requests.filter(({ route }) => route === 'list');
  expect(lists.map(({ headers }) => [headers['x-api-key'], headers['x-api-token']])).toEqual([
    [tokens.service, undefined],
    [undefined, tokens.api],
  ]);
});
