import { expect, test } from 'vitest';
import { addValue, type ChangeOptions, changeDocument, readDocument } from '../../src/documents/document.ts';
import { DocumentError } from '../../src/documents/errors.ts';
import { KEY_FORMATS } from '../../src/documents/formats.ts';
import { newDocument, whyNotCarried } from '../../src/documents/new.ts';
import { DeliveryError, UsageError } from '../../src/errors.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const of = (keyVar: string): ChangeOptions => ({ keyVar });

/** Text before, the key, text after. */
const changes: readonly (readonly [what: string, before: string, secret: string, after: string, options?: ChangeOptions])[] = [
  ['raw', 'old\n', 'new', 'new\n'],
  ['raw without a newline', 'old', 'new', 'new'],
  ['raw with a Windows line end', 'old\r\n', 'new', 'new\r\n'],
  ['raw with a byte order mark', '\ufeffold\n', 'new', '\ufeffnew\n'],
  ['raw with blank lines', 'old\n\n', 'new', 'new\n\n'],
  ['raw of the format asked for', 'old\n', 'new', 'new\n', { format: 'raw' }],

  ['one variable', 'A=old\n', 'new', 'A=new\n'],
  ['one variable without a newline', 'A=old', 'new', 'A=new'],
  ['a byte order mark', '\ufeffA=old\n', 'new', '\ufeffA=new\n'],
  ['Windows line ends', '# x\r\nA=old\r\nB=1\r\n', 'new', '# x\r\nA=new\r\nB=1\r\n', of('A')],
  [
    'comments and order',
    '# A=old\nB=1 # A=old\nA=old # A=old\nC=old\n',
    'new',
    '# A=old\nB=1 # A=old\nA=new # A=old\nC=old\n',
    of('A'),
  ],
  ['a variable commented out', '#A=old\nA=old\n#A=old\n', 'new', '#A=old\nA=new\n#A=old\n'],
  ['a name that is the end of another', 'XA=old\nA=old\nAX=old\n', 'new', 'XA=old\nA=new\nAX=old\n', of('A')],
  ['export and indentation', '\t export  A=old\n', 'new', '\t export  A=new\n'],
  ['export behind a semicolon', 'A=old; export A\n', 'new', 'A=new; export A\n'],
  ['blanks around the equals sign', 'A = old  \n', 'new', 'A = new  \n'],
  ['single quotes', "A='old'\n", 'new', "A='new'\n"],
  ['double quotes', 'A="old" # x\n', 'new', 'A="new" # x\n'],
  ['single quotes that hold "$"', "A='old'\n", 'n$w', "A='n$w'\n"],
  ['single quotes that cannot hold the key', "A='old'\n", "n'w", `A="n'w"\n`],
  ['double quotes that would need escapes', 'A="old"\n', 'n$w', "A='n$w'\n"],
  ['double quotes that hold a single one', 'A="old"\n', "n'w", `A="n'w"\n`],
  ['both kinds of quotes', 'A=old\n', `n'"$w`, `A="n'\\"\\$w"\n`],
  ['no quotes, but they are needed', 'A=old\n', 'n w', "A='n w'\n"],
  ['no quotes, and a comment would begin', 'A=old\n', 'n#w', "A='n#w'\n"],
  ['quotes that are needed no more', "A='o d'\n", 'new', "A='new'\n"],
  ['quotes in parts', `A=o'l'"d"\n`, 'new', 'A=new\n'],
  ['an empty value', 'A=\nB=1\n', 'new', 'A=new\nB=1\n', of('A')],
  ['an empty value and a comment', 'A= # x\n', 'new', 'A=new # x\n'],
  ['an empty value and blanks', 'A=  \r\n', 'new', 'A=new  \r\n'],
  ['empty quotes', 'A=""\n', 'new', 'A="new"\n'],
  ['a value of several lines', 'A="o\nld"\nB=1\n', 'new', 'A="new"\nB=1\n', of('A')],
  ['a key that is its own value', 'A=A\n', 'new', 'A=new\n'],
  ['replacement patterns in the key', 'A=old\n', '$&$1', "A='$&$1'\n"],

  ['data', `kind: Secret\ndata:\n  A: ${base64('old')} # x\n`, 'new', `kind: Secret\ndata:\n  A: ${base64('new')} # x\n`],
  ['stringData', 'kind: Secret\nstringData:\n  A: old # x\n', 'new', 'kind: Secret\nstringData:\n  A: new # x\n'],
  [
    'both, of which stringData counts',
    'kind: Secret\ndata: {A: b2xk}\nstringData: {A: old}\n',
    'new',
    'kind: Secret\ndata: {A: b2xk}\nstringData: {A: new}\n',
  ],
  [
    'double quotes in YAML',
    'kind: Secret\nstringData:\n  "A": "old"\n',
    'n"\\w',
    'kind: Secret\nstringData:\n  "A": "n\\"\\\\w"\n',
  ],
  ['single quotes in YAML', "kind: Secret\nstringData:\n  A: 'old'\n", "n'w", "kind: Secret\nstringData:\n  A: 'n''w'\n"],
  [
    'a plain scalar that cannot hold the key',
    'kind: Secret\nstringData:\n  A: old\n',
    'n: w',
    'kind: Secret\nstringData:\n  A: "n: w"\n',
  ],
  [
    'a plain scalar that would be true',
    'kind: Secret\nstringData:\n  A: old\n',
    'yes',
    'kind: Secret\nstringData:\n  A: "yes"\n',
  ],
  [
    'a plain scalar that would be a number',
    'kind: Secret\nstringData:\n  A: old\n',
    '1e3',
    'kind: Secret\nstringData:\n  A: "1e3"\n',
  ],
  [
    'a plain scalar of two lines',
    'kind: Secret\nstringData:\n  A: o\n    ld\n  B: 1\n',
    'new',
    'kind: Secret\nstringData:\n  A: new\n  B: 1\n',
    of('A'),
  ],
  [
    'a block scalar',
    'kind: Secret\nstringData:\n  A: |-\n    old\ntype: Opaque\n',
    'new',
    'kind: Secret\nstringData:\n  A: new\ntype: Opaque\n',
  ],
  [
    'a block scalar with a comment, and blank lines behind it',
    'kind: Secret\r\nstringData:\r\n  A: >2-  # x\r\n    old\r\n\r\ntype: Opaque\r\n',
    'new',
    'kind: Secret\r\nstringData:\r\n  A: new  # x\r\n\r\ntype: Opaque\r\n',
  ],
  ['a block scalar at the end', 'kind: Secret\nstringData:\n  A: |\n    old', 'new', 'kind: Secret\nstringData:\n  A: new'],
  ['a newline in data', `kind: Secret\ndata: {A: ${base64('old\n')}}\n`, 'new', `kind: Secret\ndata: {A: ${base64('new')}}\n`],
  ['data that is no text', 'kind: Secret\ndata: {A: "/////w=="}\n', 'new', `kind: Secret\ndata: {A: "${base64('new')}"}\n`],
  [
    'a field without a value',
    'kind: Secret\nstringData:\n  A: # x\n  B: 1\n',
    'new',
    'kind: Secret\nstringData:\n  A: new # x\n  B: 1\n',
    of('A'),
  ],
  ['a last field without a value', 'kind: Secret\nstringData:\n  A:', 'new', 'kind: Secret\nstringData:\n  A: new'],
  ['a field that is null', 'kind: Secret\nstringData:\n  A: ~\n', 'new', 'kind: Secret\nstringData:\n  A: new\n'],
  [
    'braces without blanks',
    'kind: Secret\nstringData: {"A":old,B: 1}\n',
    'new',
    'kind: Secret\nstringData: {"A":new,B: 1}\n',
    of('A'),
  ],
  [
    'braces without a value',
    'kind: Secret\nstringData: {A: , B: 1}\n',
    'new',
    'kind: Secret\nstringData: {A: new , B: 1}\n',
    of('A'),
  ],
  [
    'a key with an explicit mark',
    'kind: Secret\nstringData:\n  ? A\n  : old\n',
    'new',
    'kind: Secret\nstringData:\n  ? A\n  : new\n',
  ],
  ['a tag of text', 'kind: Secret\nstringData:\n  A: !!str 123\n', 'new', 'kind: Secret\nstringData:\n  A: !!str new\n'],
  [
    'anchors elsewhere',
    'kind: Secret\nmetadata: {name: &n x, y: *n}\nstringData: {A: old}\n',
    'new',
    'kind: Secret\nmetadata: {name: &n x, y: *n}\nstringData: {A: new}\n',
  ],
  [
    'one Secret among other documents',
    '---\n# A: old\nkind: ConfigMap\ndata: {A: old}\n---\nkind: Secret\nstringData: {A: old}\n...\n---\nx: old\n',
    'new',
    '---\n# A: old\nkind: ConfigMap\ndata: {A: old}\n---\nkind: Secret\nstringData: {A: new}\n...\n---\nx: old\n',
  ],
  [
    'what kubectl applied last',
    'kind: Secret\nmetadata:\n  annotations:\n    x: |\n      {"stringData":{"A":"old"}}\nstringData:\n  A: old\n',
    'new',
    'kind: Secret\nmetadata:\n  annotations:\n    x: |\n      {"stringData":{"A":"old"}}\nstringData:\n  A: new\n',
  ],
  ['JSON on one line', '{"kind":"Secret","data":{"A":"b2xk"}}', 'new', `{"kind":"Secret","data":{"A":"${base64('new')}"}}`],
  [
    'JSON with its layout',
    '\ufeff{\r\n\t"stringData" :\r\n\t{ "B": "\\"A\\": \\\\", "A" : "old" },\r\n\t"kind": "Secret", "x": {"A": ["old", {}]}\r\n}\r\n',
    'n"w',
    '\ufeff{\r\n\t"stringData" :\r\n\t{ "B": "\\"A\\": \\\\", "A" : "n\\"w" },\r\n\t"kind": "Secret", "x": {"A": ["old", {}]}\r\n}\r\n',
    of('A'),
  ],
  ['JSON null', '{"kind":"Secret","stringData":{"A":null}}', 'new', '{"kind":"Secret","stringData":{"A":"new"}}'],
  [
    'JSON with a last comma',
    '{"kind": "Secret", "stringData": {"A": "old",},}\n',
    'new',
    '{"kind": "Secret", "stringData": {"A": "new",},}\n',
  ],
];

test.each(changes.map(([what, before, secret, after, options]) => ({ what, before, secret, after, options })))(
  'changes one value alone: $what',
  async ({ before, secret, after, options }) => {
    expect(await changeDocument(before, secret, options)).toBe(after);
    expect((await readDocument(after, options)).secret).toBe(secret);
    // And again: nothing adds up from one rotation to the next.
    expect(await changeDocument(after, secret, options)).toBe(after);
  },
);

const additions: readonly (readonly [what: string, before: string, after: string])[] = [
  ['a variable', 'B=1\n', 'B=1\nA=new\n'],
  ['a variable where there was no newline', 'B=1', 'B=1\nA=new'],
  ['a variable with a Windows line end', 'B=1\r\n# x\r\n', 'B=1\r\n# x\r\nA=new\r\n'],
  ['a variable that is exported and quoted as the last one', 'C=2\nexport B="1"\n', 'C=2\nexport B="1"\nexport A="new"\n'],
  ['a variable behind comments alone', '# x\n', '# x\nA=new\n'],
  ['a variable where one is commented out', '#A=old\nB=1\n', '#A=old\nB=1\nA=new\n'],
  ['a variable that is there', 'A=old\nB=1\n', 'A=new\nB=1\n'],
  [
    'a field of stringData',
    'kind: Secret\nstringData:\n    B: 1 # x\n# y\ntype: Opaque\n',
    'kind: Secret\nstringData:\n    B: 1 # x\n    A: new\n# y\ntype: Opaque\n',
  ],
  ['a field of data', 'kind: Secret\ndata:\n  B: MQ==', `kind: Secret\ndata:\n  B: MQ==\n  A: ${base64('new')}`],
  [
    'a field of both',
    'kind: Secret\ndata:\n  B: MQ==\nstringData:\n  C: x\n',
    'kind: Secret\ndata:\n  B: MQ==\nstringData:\n  C: x\n  A: new\n',
  ],
  [
    'a field behind a block scalar',
    'kind: Secret\r\nstringData:\r\n  B: |\r\n    1\r\n',
    'kind: Secret\r\nstringData:\r\n  B: |\r\n    1\r\n  A: new\r\n',
  ],
  [
    'a field behind one without a value',
    'kind: Secret\nstringData:\n  B: # x\n',
    'kind: Secret\nstringData:\n  B: # x\n  A: new\n',
  ],
  ['a field in braces', 'kind: Secret\nstringData: {B: x}\n', 'kind: Secret\nstringData: {B: x, A: new}\n'],
  ['a field in empty braces', 'kind: Secret\nstringData: {}\n', 'kind: Secret\nstringData: {A: new}\n'],
  [
    'a section',
    'apiVersion: v1\nkind: Secret\nmetadata:\n  name: x # y\n',
    'apiVersion: v1\nkind: Secret\nmetadata:\n  name: x # y\nstringData:\n  A: new\n',
  ],
  [
    'a section in a document that is not the last',
    'kind: Secret\n---\nx: 1\n',
    'kind: Secret\nstringData:\n  A: new\n---\nx: 1\n',
  ],
  ['a section in braces', '{kind: Secret}\n', '{kind: Secret, stringData: {A: new}}\n'],
  [
    'a section without a value',
    'kind: Secret\nstringData: # x\ntype: Opaque\n',
    'kind: Secret\nstringData: # x\n  A: new\ntype: Opaque\n',
  ],
  ['a section that is null', 'kind: Secret\nstringData: null\n', 'kind: Secret\nstringData: {A: new}\n'],
  ['a member', '{"kind":"Secret","data":{"B":"MQ=="}}', `{"kind":"Secret","data":{"B":"MQ==","A":"${base64('new')}"}}`],
  [
    'a member with its layout',
    '{\r\n  "kind": "Secret",\r\n  "stringData": {\r\n    "B": "1"\r\n  }\r\n}\r\n',
    '{\r\n  "kind": "Secret",\r\n  "stringData": {\r\n    "B": "1",\r\n    "A": "new"\r\n  }\r\n}\r\n',
  ],
  ['a section of JSON', '{ "kind": "Secret" }', '{ "kind": "Secret", "stringData": {"A": "new"} }'],
  ['a section of JSON that is null', '{"kind":"Secret","stringData":null}', '{"kind":"Secret","stringData":{"A":"new"}}'],
  ['an empty section of JSON', '{"kind":"Secret","stringData":{ }}', '{"kind":"Secret","stringData":{"A": "new" }}'],
];

test.each(additions)('adds %s', async (_, before, after) => {
  expect(await addValue(before, 'new', { keyVar: 'A' })).toBe(after);
  expect(await readDocument(after, { keyVar: 'A' })).toMatchObject({ keyVar: 'A', secret: 'new' });
});

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test('a format that is not the document’s own is refused, and both are named', async () => {
  const documents = KEY_FORMATS.map((format) => [format, newDocument('old', format, { keyVar: 'A', secretName: 'x' })] as const);
  for (const [own, text] of documents) {
    for (const format of KEY_FORMATS) {
      const failure = await rejection(changeDocument(text, 'new', { format }));
      if (format === own) expect(failure).toBeUndefined();
      else {
        expect(failure).toMatchObject({ problem: 'other-format', exitCode: 3 });
        expect(String(failure)).toContain(`has the format ${own}, not ${format}.`);
      }
    }
  }
});

test('a variable that is missing is not made by a change, and one is not added to a raw key', async () => {
  expect(await rejection(changeDocument('B=1\n', 'new', of('A')))).toMatchObject({ problem: 'missing' });
  expect(await rejection(changeDocument('kind: Secret\n', 'new', of('A')))).toMatchObject({ problem: 'missing' });
  expect(await rejection(addValue('old\n', 'new', { keyVar: 'A' }))).toMatchObject({ problem: 'other-format' });
});

test('a variable is not added by a name that only a Secret can have', async () => {
  const failure = await rejection(addValue('B=1\n', 'new', { keyVar: 'sts-api-key' }));
  expect(failure).toBeInstanceOf(UsageError);
  expect(await addValue('kind: Secret\n', 'new', { keyVar: 'sts-api-key' })).toContain('  sts-api-key: new\n');
});

test('a document that cannot be added to without harm is not: its last line goes on', async () => {
  const failure = await rejection(addValue('B=x \\', 'new', { keyVar: 'A' }));
  expect(failure).toBeInstanceOf(DeliveryError);
  expect(String(failure)).toContain('was not changed');
});

test('a key that the document cannot carry is not delivered (exit 6)', async () => {
  for (const [text, secret] of [
    ['old\n', 'n w'],
    ['old\n', 'n=w'],
    ['A=old\n', 'n\nw'],
    ['A=old\n', ''],
    ['A=old\n', 'n****w'],
    ['kind: Secret\nstringData: {A: old}\n', 'nüw'],
  ] as const) {
    const failure = await rejection(changeDocument(text, secret));
    expect(failure).toMatchObject({ exitCode: 6 });
    if (secret !== '') expect(JSON.stringify(failure) + String(failure)).not.toContain(secret);
  }
});

test('what is refused for reading is refused for a change', async () => {
  for (const text of [
    '',
    '#!/bin/sh\nA=old\n',
    '{"a":"old"}',
    'old\nold\n',
    'A=$B\n',
    'kind: Secret\nx: &x old\nstringData: {A: *x}\n',
  ]) {
    expect(await rejection(changeDocument(text, 'new'))).toBeInstanceOf(DocumentError);
    expect(whyNotCarried('new', 'raw')).toBeUndefined();
  }
});
