import { describe, expect, test } from 'vitest';
import { inspectDocument, type ReadOptions, readDocument } from '../../src/documents/document.ts';
import { DocumentError, type DocumentProblem } from '../../src/documents/errors.ts';
import type { KeyFormat } from '../../src/documents/formats.ts';

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('');
const base64 = (text: string) => Buffer.from(text).toString('base64');
/** As `kubectl get secret -o yaml` shows it. */
const fromCluster = lines(
  'apiVersion: v1',
  'data:',
  `  API_KEY: ${base64('abc')}`,
  'kind: Secret',
  'metadata:',
  '  annotations:',
  '    kubectl.kubernetes.io/last-applied-configuration: |',
  '      {"apiVersion":"v1","kind":"Secret","stringData":{"API_KEY":"old"}}',
  '  name: open-telemetry-collector',
  'type: Opaque',
);

interface Understood {
  readonly what: string;
  readonly text: string;
  readonly format: KeyFormat;
  readonly keyVar?: string;
  readonly options?: ReadOptions;
  readonly secret?: string;
}

const understood: readonly Understood[] = [
  { what: 'a key and a newline', text: 'abc\n', format: 'raw' },
  { what: 'a key alone', text: 'abc', format: 'raw-no-newline' },
  { what: 'a key with a Windows line end', text: 'abc\r\n', format: 'raw' },
  { what: 'a byte order mark', text: '\ufeffabc\n', format: 'raw' },
  { what: 'blank lines at the end', text: 'abc\n\n', format: 'raw' },
  { what: 'base64 with padding', text: 'aBc==\n', format: 'raw', secret: 'aBc==' },
  { what: 'base64 with one padding', text: 'aBcdefg=\n', format: 'raw', secret: 'aBcdefg=' },
  { what: 'a key that begins with a brace', text: '{abc}\n', format: 'raw', secret: '{abc}' },
  { what: 'a key of digits, which is JSON too', text: '123\n', format: 'raw', secret: '123' },
  { what: 'one variable', text: 'API_KEY=abc\n', format: 'dotenv', keyVar: 'API_KEY' },
  { what: 'another variable', text: 'STS_API_KEY=abc\n', format: 'dotenv', keyVar: 'STS_API_KEY' },
  { what: 'a variable without a newline', text: 'A=abc', format: 'dotenv', keyVar: 'A' },
  { what: 'a variable behind a byte order mark', text: '\ufeffA=abc\n', format: 'dotenv', keyVar: 'A' },
  { what: 'comments and blank lines', text: '# the key\n\n; so does systemd\nA=abc\n', format: 'dotenv', keyVar: 'A' },
  { what: 'Windows line ends', text: '# x\r\nA=abc\r\n', format: 'dotenv', keyVar: 'A' },
  { what: 'export', text: 'export A="abc"\n', format: 'dotenv', keyVar: 'A' },
  { what: 'export on a line of its own', text: 'A=abc\nexport A\n', format: 'dotenv', keyVar: 'A' },
  { what: 'export behind a semicolon', text: 'A=abc; export A\n', format: 'dotenv', keyVar: 'A' },
  { what: 'a variable that docker takes from outside', text: 'HOME\nA=abc\n', format: 'dotenv', keyVar: 'A' },
  { what: 'indentation and blanks', text: '  A = abc  \n', format: 'dotenv', keyVar: 'A' },
  { what: 'a comment behind the value', text: 'A=abc # the key\n', format: 'dotenv', keyVar: 'A' },
  { what: 'a comment behind quotes', text: "A='abc' # it's\n", format: 'dotenv', keyVar: 'A' },
  { what: 'a "#" within a value', text: 'A=a#c\n', format: 'dotenv', keyVar: 'A', secret: 'a#c' },
  { what: 'an equals sign within a value', text: 'A=a=c==\n', format: 'dotenv', keyVar: 'A', secret: 'a=c==' },
  { what: 'quotes in parts, as a shell joins them', text: `A='it'"'"'s'\\"\n`, format: 'dotenv', keyVar: 'A', secret: `it's"` },
  { what: 'escapes in double quotes', text: 'A="a\\"\\\\\\$\\`\\n"\n', format: 'dotenv', keyVar: 'A', secret: 'a"\\$`\\n' },
  { what: 'a name with a dash', text: 'sts.api-key=abc\n', format: 'dotenv', keyVar: 'sts.api-key' },
  {
    what: 'a variable beside one that is set twice',
    text: 'B=1\nA=abc\nB=2\n',
    format: 'dotenv',
    keyVar: 'A',
    options: { keyVar: 'A' },
  },
  { what: 'a variable among others', text: 'A=1\nB=abc\nC=x y\n', format: 'dotenv', keyVar: 'B', options: { keyVar: 'B' } },
  {
    what: 'a variable behind a value of several lines',
    text: 'PEM="-----BEGIN X-----\nB=no\n-----END X-----"\nB=abc\n',
    format: 'dotenv',
    keyVar: 'B',
    options: { keyVar: 'B' },
  },
  {
    what: 'a variable behind a continued line',
    text: 'OPTS=-x \\\n  -y\nB=abc\n',
    format: 'dotenv',
    keyVar: 'B',
    options: { keyVar: 'B' },
  },
  {
    what: 'a variable beside values of which readers think differently',
    text: `URL=http://x/?a=b&c=$d\nMSG=it's\nB=abc\n`,
    format: 'dotenv',
    keyVar: 'B',
    options: { keyVar: 'B' },
  },
  {
    what: 'a variable that holds a Secret beside the key',
    text: `MANIFEST='apiVersion: v1\nkind: Secret\n'\nB=abc\n`,
    format: 'dotenv',
    keyVar: 'B',
    options: { keyVar: 'B' },
  },
  { what: 'a Secret of a cluster', text: fromCluster, format: 'kubernetes-secret', keyVar: 'API_KEY' },
  {
    what: 'a Secret of a cluster in JSON',
    text: JSON.stringify({ apiVersion: 'v1', kind: 'Secret', data: { API_KEY: base64('abc\n') } }),
    format: 'kubernetes-secret',
    keyVar: 'API_KEY',
  },
  {
    what: 'a Secret in JSON with blanks and escapes',
    text: '\ufeff\r\n{\t"kind" : "Secret",\r\n "stringData":{ "a\\u002db" : "a\\u0062c" } }\r\n',
    format: 'kubernetes-secret',
    keyVar: 'a-b',
  },
  {
    what: 'stringData',
    text: 'kind: Secret\nstringData:\n  sts-api-key: abc\n',
    format: 'kubernetes-secret',
    keyVar: 'sts-api-key',
  },
  {
    what: 'stringData, which wins over data',
    text: `kind: Secret\ndata: {A: ${base64('old')}}\nstringData: {A: abc}\n`,
    format: 'kubernetes-secret',
    keyVar: 'A',
  },
  {
    what: 'stringData before data',
    text: `kind: Secret\nstringData: {A: abc}\ndata: {A: ${base64('old')}}\n`,
    format: 'kubernetes-secret',
    keyVar: 'A',
  },
  {
    what: 'a Secret with Windows line ends',
    text: 'kind: Secret\r\nstringData:\r\n  A: abc\r\n',
    format: 'kubernetes-secret',
    keyVar: 'A',
  },
  { what: 'a block scalar', text: 'kind: Secret\nstringData:\n  A: |\n    abc\n', format: 'kubernetes-secret', keyVar: 'A' },
  {
    what: 'base64 over several lines',
    text: `kind: Secret\ndata:\n  A: |\n    ${base64('abc').slice(0, 2)}\n    ${base64('abc').slice(2)}\n`,
    format: 'kubernetes-secret',
    keyVar: 'A',
  },
  {
    what: 'the one Secret among other documents',
    text: '# c\n---\nkind: ConfigMap\ndata: {A: no}\n---\nkind: Secret\nstringData: {A: abc}\n---\n',
    format: 'kubernetes-secret',
    keyVar: 'A',
  },
  {
    what: 'a field among others',
    text: `kind: Secret\ndata:\n  tls.crt: ${base64('-----BEGIN X\n')}\n  API_KEY: ${base64('abc')}\n`,
    format: 'kubernetes-secret',
    keyVar: 'API_KEY',
    options: { keyVar: 'API_KEY' },
  },
  {
    what: 'a Secret in braces',
    text: '{apiVersion: v1, kind: Secret, stringData: {A: abc}}\n',
    format: 'kubernetes-secret',
    keyVar: 'A',
  },
  {
    what: 'a Secret in JSON with a last comma',
    text: '{"kind":"Secret","stringData":{"A":"abc"},}',
    format: 'kubernetes-secret',
    keyVar: 'A',
  },
  {
    what: 'another directive',
    text: '%YAML 1.1\n---\nkind: Secret\nstringData: {A: abc}\n',
    format: 'kubernetes-secret',
    keyVar: 'A',
  },
];

test.each(understood)('$what: $format', async ({ text, format, keyVar, options, secret = 'abc' }) => {
  const document = await readDocument(text, options);
  expect(document).toMatchObject({ format, secret });
  expect(document.keyVar).toBe(keyVar);
  expect((await inspectDocument(text)).format).toBe(format);
});

test('a document tells its variables and fields in their order', async () => {
  expect(await inspectDocument('B=1\n# x\nA=2\nB=3\n')).toEqual({ format: 'dotenv', fields: ['B', 'A'] });
  expect(await inspectDocument('kind: Secret\nstringData: {b: x}\ndata: {a: eA==, b: eA==}\n')).toEqual({
    format: 'kubernetes-secret',
    fields: ['a', 'b'],
  });
  expect(await inspectDocument('abc\n')).toEqual({ format: 'raw', fields: [] });
  expect(await inspectDocument('# nothing yet\n')).toEqual({ format: 'dotenv', fields: [] });
});

/** All of these hold `secret`, which no message may show. */
const refused: readonly (readonly [what: string, problem: DocumentProblem, message: RegExp, text: string, keyVar?: string])[] = [
  ['an empty file', 'no-key', /is empty/, ''],
  ['blank lines', 'no-key', /is empty/, '\ufeff \r\n\n'],
  ['bytes that are not text', 'no-key', /not UTF-8/, 'secret\0\n'],
  ['UTF-16', 'no-key', /not UTF-8/, Buffer.from('\ufeffsecret\n', 'utf16le').toString('utf8')],
  ['bytes that no decoder understands', 'no-key', /not UTF-8/, Buffer.from('736563726574ff', 'hex').toString('utf8')],
  ['a script', 'no-key', /script/, '#!/bin/sh\nAPI_KEY=secret\n'],
  ['a script without its first line', 'no-key', /line 2 is neither/, 'API_KEY=secret\nif true; then\n'],
  ['a script that sets after it did', 'no-key', /line 1 is neither/, 'set -a\nAPI_KEY=secret\n'],
  ['a script in another language', 'no-key', /line 1 is neither/, 'import os\nkey="secret"\n'],
  ['a certificate', 'no-key', /PEM/, '-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n'],
  ['JSON', 'no-key', /JSON, but/, '{"api-key":"secret"}\n'],
  ['a JSON list', 'no-key', /JSON, but/, '["secret"]\n'],
  ['a JSON string', 'no-key', /JSON, but/, '"secret"\n'],
  ['broken JSON', 'no-key', /looks like JSON/, '{"api-key":"secret"\n'],
  ['a broken Secret in JSON', 'no-key', /not valid YAML or JSON/, '{"kind":"Secret","data":{"a":"secret"\n'],
  ['YAML', 'no-key', /looks like YAML/, 'api-key: secret\n'],
  ['another object', 'no-key', /no Kubernetes Secret/, 'apiVersion: v1\nkind: ConfigMap\ndata: {a: secret}\n'],
  [
    'a sealed Secret',
    'no-key',
    /no Kubernetes Secret/,
    'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: {a: secret}\n',
  ],
  ['a Secret of another API', 'no-key', /apiVersion v1/, 'apiVersion: x.io/v1\nkind: Secret\nstringData: {a: secret}\n'],
  ['a Secret encrypted by sops', 'no-key', /sops/, 'kind: Secret\nstringData: {a: secret}\nsops: {mac: x}\n'],
  ['a List of Secrets', 'no-key', /list of Kubernetes objects/, 'kind: List\nitems: [{kind: Secret, stringData: {a: secret}}]\n'],
  ['a SecretList in JSON', 'no-key', /list of Kubernetes objects/, '{"kind":"SecretList","items":[{"kind":"Secret","data":{}}]}'],
  ['broken YAML', 'no-key', /not valid YAML/, 'kind: Secret\nstringData: {a: "secret\n'],
  ['a field that is there twice', 'no-key', /not valid YAML/, 'kind: Secret\nstringData:\n  a: secret\n  a: secret\n'],
  [
    'a field that is there twice in JSON',
    'no-key',
    /two members with the same name/,
    '{"kind":"Secret","stringData":{"a":"secret","a":"x"}}',
  ],
  ['YAML too deep for a parser', 'no-key', /not valid YAML/, `kind: Secret\na: ${'['.repeat(200_000)}\n`],
  ['JSON deeper than a stack', 'missing', /no field/, `{"kind":"Secret","a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
  ['data that is a list', 'no-key', /data is not a map/, 'kind: Secret\ndata: [secret]\n'],
  ['data that is a list in JSON', 'no-key', /data is not an object/, '{"kind":"Secret","data":["secret"]}'],
  ['a list of lines', 'no-key', /several lines/, 'secret\nsecret2\n'],
  ['a list of base64', 'no-key', /several lines/, 'c2VjcmV0MQ==\nc2VjcmV0Mg==\nQXNlY3JldA=\n'],
  ['a key with blanks', 'no-key', /has blanks/, 'my secret\n'],
  ['a blank behind a key', 'no-key', /has blanks/, 'secret \n'],
  ['a key that is not ASCII', 'no-key', /ASCII/, 'secretü\n'],
  ['a comment alone', 'missing', /no variable/, '# secret\n'],
  ['two variables', 'ambiguous', /2 variables/, 'A=secret\nB=secret\n'],
  ['a variable that is not there', 'missing', /no variable C/, 'A=secret\nB=secret\n', 'C'],
  ['a variable of a raw key', 'other-format', /key alone/, 'secret\n', 'API_KEY'],
  ['a variable without a value', 'no-value', /API_KEY: it is empty/, 'API_KEY=\n'],
  ['a variable without a value, lower case', 'no-value', /api_key: it is empty/, 'api_key=\n'],
  ['an empty variable', 'no-value', /API_KEY: it is empty/, 'API_KEY="" # secret\n'],
  ['a variable of several lines', 'no-value', /line break/, 'A="secret\nsecret"\n'],
  ['a variable with an umlaut', 'no-value', /ASCII/, 'A=secretü\n'],
  ['a variable that sops encrypted', 'no-value', /sops/, 'A=ENC[AES256_GCM,data:secret,type:str]\n'],
  ['a masked key', 'no-value', /masked/, 'iapikeyok-****secret\n'],
  ['a variable that is set twice', 'unclear', /lines 1 and 3/, 'A=secret\n# x\nA=secret\n'],
  ['a value that a shell makes', 'unclear', /\(line 1\)/, 'A=$(cat /run/secret)\n'],
  ['a value of another variable', 'unclear', /elsewhere/, 'A="$' + '{secret}"\n'],
  ['a value with a home folder', 'unclear', /elsewhere/, 'A=~/secret\n'],
  ['a value with blanks', 'unclear', /blanks outside/, 'A=my secret\n'],
  ['a command with a variable of its own', 'unclear', /blanks outside/, 'A=secret ./collector\n'],
  ['a value that is a command', 'unclear', /acts on/, 'A=secret;reboot\n'],
  ['a quote that is not closed', 'unclear', /not closed/, "# x\nA=it's-secret\n"],
  ['a value that goes on', 'unclear', /next line/, 'A=secr\\\net\n'],
  ['a value within the quotes of another', 'unclear', /inside quotes/, "A=it's\nB=secret\nC=that's\n", 'B'],
  ['a Secret without fields', 'missing', /no field/, 'kind: Secret\n'],
  ['a Secret of two fields', 'ambiguous', /2 fields/, 'kind: Secret\nstringData: {a: secret, b: secret}\n'],
  ['a field that is not there', 'missing', /no field c/, 'kind: Secret\nstringData: {a: secret, b: secret}\n', 'c'],
  [
    'two Secrets',
    'ambiguous',
    /2 Secrets/,
    'kind: Secret\nstringData: {a: secret}\n---\nkind: Secret\nstringData: {a: secret}\n',
  ],
  ['a field without a value', 'no-value', /a: it is empty/, 'kind: Secret\nstringData:\n  a: # secret\n'],
  ['a field that is a number', 'no-value', /a: it is not text/, 'kind: Secret\nstringData:\n  a: 123 # secret\n'],
  ['a field of data that is no base64', 'no-value', /base64/, 'kind: Secret\ndata: {a: secret!}\n'],
  ['a field of data that is no text', 'no-value', /base64/, 'kind: Secret\ndata: {a: /////w==} # secret\n'],
  ['a field of several lines', 'no-value', /line break/, 'kind: Secret\nstringData:\n  a: |\n    secret\n    secret\n'],
  ['a field that is a map', 'unclear', /not text/, 'kind: Secret\nstringData: {a: {b: secret}}\n'],
  ['an alias', 'unclear', /alias/, 'kind: Secret\nx: &x secret\nstringData: {a: *x}\n'],
  ['an anchor', 'unclear', /anchor/, 'kind: Secret\nstringData: {a: &x secret}\ny: *x\n'],
  ['fields that are an alias', 'unclear', /alias/, 'kind: Secret\nx: &x {a: secret}\nstringData: *x\n'],
  ['fields that have an anchor', 'unclear', /anchor/, 'kind: Secret\nstringData: &x {a: secret}\ny: *x\n'],
  ['fields that are merged', 'unclear', /merges/, 'kind: Secret\nx: &x {a: secret}\nstringData: {<<: *x, b: secret}\n'],
  ['a tag', 'unclear', /tag/, 'kind: Secret\nstringData:\n  a: !vault secret\n'],
  ['what Helm fills in', 'no-value', /placeholder/, 'kind: Secret\nstringData:\n  a: "{{ .Values.secret }}"\n'],
];

describe.each(refused.map(([what, problem, message, text, keyVar]) => ({ what, problem, message, text, keyVar })))(
  '$what',
  ({ problem, message, text, keyVar }) => {
    test(`is refused (${problem}) without being quoted`, async () => {
      const subject = 'The key file /x';
      const failure = await readDocument(text, { subject, ...(keyVar === undefined ? {} : { keyVar }) }).catch(
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(DocumentError);
      if (!(failure instanceof DocumentError)) return;
      expect(failure).toMatchObject({ problem, exitCode: 3 });
      expect(failure.message).toMatch(message);
      expect(failure.message.startsWith(subject)).toBe(true);
      expect(failure.hints.length).toBeGreaterThan(0);
      expect(JSON.stringify([failure.message, failure.hints, failure.cause])).not.toMatch(/secret\w|=secret|"secret|c2VjcmV0/);
      expect(failure.message.replaceAll('Kubernetes Secret', '')).not.toMatch(/\bsecret/);
    });
  },
);

test('the names are listed, the nearest first, and no control character of theirs reaches a terminal', async () => {
  const hintsFor = async (text: string, keyVar?: string) => {
    const failure = await readDocument(text, keyVar === undefined ? {} : { keyVar }).catch((error: unknown) => error);
    return failure instanceof DocumentError ? failure.hints : [];
  };
  expect(await hintsFor('HOME=1\nPATH=2\nSTS_API_KEY=3\n', 'STS_API_KEYS')).toEqual([
    'Name the one that holds the key: --key-var STS_API_KEY',
    'There are: STS_API_KEY, HOME, PATH',
  ]);
  expect(await hintsFor('HOME=1\nAPI_KEY=2\n')).toEqual([
    'Name the one that holds the key: --key-var API_KEY',
    'There are: API_KEY, HOME',
  ]);
  // Pasted, the hint overwrites a value: it names one that looks like a key, else none.
  expect(await hintsFor("API_KEYS=1\nA=2\nOTEL='iapikeyok-abc' # now\n")).toEqual([
    'Name the one that holds the key: --key-var OTEL',
    'There are: OTEL, API_KEYS, A',
  ]);
  expect((await hintsFor('kind: Secret\ndata: {HOME: eA==, OTEL: c3ZjdG9rLWFiYw==}\n'))[0]).toMatch(/--key-var OTEL$/);
  for (const unclear of ['HOME=1\nPATH=2\n', 'HOME=iapikeyok-a\nPATH=iapikeyok-b\n']) {
    expect((await hintsFor(unclear))[0]).toBe('Name the one that holds the key: --key-var NAME');
  }
  expect((await hintsFor('kind: Secret\nstringData: {"a\\e[2J": x, b: y}\n')).join()).not.toContain('\u001b');
  const many = Array.from({ length: 30 }, (_, index) => `V${index}=x\n`).join('');
  expect((await hintsFor(many)).at(-1)).toMatch(/V19 and 10 more$/);
});
