import fc from 'fast-check';

/** What is known of an answer to which nothing was done on the way: then it is known what must come of it. */
export interface Clean {
  readonly status: number;
  /** Said to be a web page. */
  readonly html: boolean;
}

/** An answer to try. A failure shows it as text. */
export class Answer {
  constructor(
    /** All that goes over the wire. */
    readonly bytes: Uint8Array,
    readonly clean?: Clean,
  ) {}

  [fc.toStringMethod](): string {
    return JSON.stringify(Buffer.from(this.bytes).toString('latin1').slice(0, 3000));
  }
}

/** A JSON object as text, member by member, so that names may come twice and numbers be of any size. */
export type Members = readonly (readonly [name: string, value: string])[];

const hostile = [
  ...'\u0000\u0007\b\t\n\r\u001b\u007f\u0085\u009b\u009d\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\ud800\udfff|\\"\'$`<&',
  '\u001b[2J',
  '\u001b]0;t\u0007',
  '\r\n[SUCCESS] ',
  '👩‍👩‍👧',
  'e\u0301',
  '한',
  '{{',
  '%s%n',
  'undefined',
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...hostile), fc.string({ maxLength: 6, unit: 'binary' })), { maxLength: 6 })
  .map((parts) => parts.join(''));
const jsonString = fc.oneof(
  // What must be escaped is, all else stands raw.
  text.map((value) => JSON.stringify(value)),
  text.map((value) => `"${[...value].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`),
);

const largest = 2n ** 63n - 1n;
const goodId = fc.oneof(fc.bigInt({ min: 1n, max: largest }), fc.constantFrom(1n, largest, 2n ** 53n + 1n)).map(String);
const goodTime = fc.oneof(
  fc.integer({ min: 0, max: 4_000_000_000_000 }).map(String),
  fc.constantFrom('0', '-1', '8640000000000000'),
);
const goodKey = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) }),
  fc.constant(`iapikeyok-${'k'.repeat(500)}`),
);
const oddNumber = fc.constantFrom(
  '-0',
  '0',
  '-1',
  '1.5',
  '1e400',
  '-1e400',
  '1e-400',
  '9223372036854775808',
  '9'.repeat(400),
  '0.1e1',
  '8640000000000001',
  '-9223372036854775809',
);
const deep = fc.integer({ min: 1, max: 300 }).map((depth) => `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`);
const scalar = fc.oneof(oddNumber, jsonString, fc.constantFrom('null', 'true', 'false', '[]', '{}', '""', '[null]'));
const anyValue = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: fc.constant('{"__proto__":{"apiKey":"p","id":1}}') },
);
const oddName = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '', 'ID', 'then', 'toJSON'),
  text,
);

/** A value that is right as a rule. */
const mostly = (good: fc.Arbitrary<string>) => fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: anyValue });
const member = (name: string, good: fc.Arbitrary<string>) => fc.tuple(fc.constant(name), mostly(good));
const quotedKey = goodKey.map((key) => JSON.stringify(key));

/** The members of a key, some of them wrong, missing, twice, or of another world. */
export function keyMembers(withSecret: boolean): fc.Arbitrary<Members> {
  const known = fc.tuple(
    member('id', goodId),
    member('lastUpdateTimestamp', goodTime),
    member('name', jsonString),
    member('description', jsonString),
    member('expiration', goodTime),
    ...(withSecret ? [member('apiKey', quotedKey)] : []),
  );
  const extra = fc.array(
    fc.oneof(fc.tuple(oddName, anyValue), member('id', goodId), member('name', jsonString), member('apiKey', quotedKey)),
    { maxLength: 2 },
  );
  const kept = fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 6, maxLength: 6 });
  return fc.tuple(known, extra, kept, fc.boolean()).map(([members, more, keep, first]) => {
    const left = members.filter((_, index) => keep[index] !== 0);
    return first ? [...more, ...left] : [...left, ...more];
  });
}

export function jsonOf(members: Members): string {
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

/** The last value of a name: what counts where a name comes twice. */
export function lastOf(members: Members, name: string): string | undefined {
  return members.findLast(([candidate]) => candidate === name)?.[1];
}

/** Whether the text is a positive int64 and nothing else. */
export function isId(value: string | undefined): boolean {
  return value !== undefined && /^[1-9]\d{0,18}$/.test(value) && BigInt(value) <= largest;
}

function isInt64(value: bigint): boolean {
  return value >= -largest - 1n && value <= largest;
}

/** Whether a list must show this row: all it needs is there and of its kind. */
export function isRow(members: Members): boolean {
  const isTime = (value: string | undefined) => value !== undefined && /^-?\d{1,19}$/.test(value) && isInt64(BigInt(value));
  const isText = (value: string | undefined) => value?.startsWith('"') === true;
  const [description, expiration] = [lastOf(members, 'description'), lastOf(members, 'expiration')];
  return (
    isId(lastOf(members, 'id')) &&
    isTime(lastOf(members, 'lastUpdateTimestamp')) &&
    isText(lastOf(members, 'name')) &&
    (description === undefined || description === 'null' || isText(description)) &&
    (expiration === undefined || expiration === 'null' || isTime(expiration))
  );
}

const status = fc.oneof(
  { weight: 8, arbitrary: fc.constant(200) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      201,
      202,
      204,
      206,
      301,
      302,
      304,
      307,
      400,
      401,
      403,
      404,
      405,
      408,
      409,
      418,
      429,
      500,
      501,
      502,
      503,
      504,
      599,
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 999 }) },
);
const headerText = text.map((value) => Buffer.from(value.replaceAll(/[\p{Cc}\ud800-\udfff]/gu, ''), 'utf8').toString('latin1'));
const headers = fc.array(
  fc.oneof(
    fc.constantFrom(
      'Content-Type: application/json',
      'Content-Type: text/html; charset=utf-8',
      'Content-Type: ',
      'Content-Encoding: gzip',
      'Content-Encoding: nonsense',
      'Retry-After: 0',
      'Retry-After: -5',
      'Retry-After: 99999999999999999999',
      'Retry-After: Thu, 01 Jan 1970 00:00:00 GMT',
      'Date: yesterday',
      'Location: javascript:alert(1)',
      'Location: //evil.test/\u009b',
      'Set-Cookie: a=b',
      'Keep-Alive: timeout=0',
      'Trailer: X',
      `X-Long: ${'x'.repeat(4000)}`,
    ),
    headerText.map((value) => `X-Text: ${value}`),
  ),
  { maxLength: 3 },
);

/** An HTTP answer with this body, unharmed. */
export function cleanAnswer(body: string): fc.Arbitrary<Answer> {
  return fc.tuple(status, headers, fc.constantFrom('length', 'chunked', 'close')).map(([code, lines, framing]) => {
    const content = Buffer.from(body, 'utf8');
    const html = lines.find((line) => line.startsWith('Content-Type'))?.includes('html') ?? false;
    return new Answer(framed(code, lines, framing, content), { status: code, html });
  });
}

function framed(code: number, lines: readonly string[], framing: string, content: Buffer): Buffer {
  const frame =
    framing === 'length' ? [`Content-Length: ${content.length}`] : framing === 'chunked' ? ['Transfer-Encoding: chunked'] : [];
  const head = Buffer.from(
    `HTTP/1.1 ${code} Whatever\r\n${['Connection: close', ...lines, ...frame].join('\r\n')}\r\n\r\n`,
    'latin1',
  );
  if (code === 204 || code === 304) return head;
  if (framing !== 'chunked') return Buffer.concat([head, content]);
  const middle = Math.floor(content.length / 2);
  const chunks = [content.subarray(0, middle), content.subarray(middle)].filter((chunk) => chunk.length > 0);
  const pieces = chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
  return Buffer.concat([head, ...pieces, Buffer.from('0\r\n\r\n')]);
}

/** The bytes of an answer with something done to them, anywhere from the first letter of HTTP on. */
export function harmed(answers: fc.Arbitrary<Answer>): fc.Arbitrary<Answer> {
  const harm = fc.tuple(
    fc.constantFrom('flip', 'insert', 'remove', 'cut', 'double', 'number'),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.boolean(),
  );
  return fc.tuple(answers, fc.array(harm, { minLength: 1, maxLength: 3 })).map(([{ bytes }, harms]) => {
    let left: Buffer = Buffer.from(bytes);
    for (const [kind, place, junk, inHead] of harms) {
      const head = left.indexOf('\r\n\r\n');
      const at = Math.floor(place * (inHead && head > 0 ? head + 4 : left.length));
      left = doHarm(left, kind, at, Buffer.from(junk));
    }
    return new Answer(left);
  });
}

function doHarm(bytes: Buffer, kind: string, at: number, junk: Buffer): Buffer {
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (junk[0] ?? 1)]), after.subarray(1)]);
    case 'insert':
      return Buffer.concat([before, junk, after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(junk.length)]);
    case 'cut':
      return Buffer.from(before);
    case 'double':
      return Buffer.concat([before, after, after]);
    default:
      return Buffer.from(
        bytes
          .toString('latin1')
          .replace(/\d+/g, (digits, offset: number) => (offset >= at && offset < at + 80 ? `${digits}${junk[0]}` : digits)),
        'latin1',
      );
  }
}

/** What a server says in trouble, garbled. */
const trouble = fc
  .tuple(
    member('_type', jsonString),
    member('message', jsonString),
    member('message', jsonString),
    member('trackingKey', anyValue),
  )
  .map(([type, message, inner, more]) => jsonOf([type, message, ['errors', `[${jsonOf([inner, more])},${inner[1]}]`], more]));

/** Bodies that are nothing like a key. */
export const strangeBody = fc.oneof(
  { weight: 2, arbitrary: trouble },
  anyValue,
  text,
  fc.constantFrom(
    '',
    ' ',
    'null',
    '[',
    '{',
    '"',
    '<!doctype html><p>',
    '\ufeff[]',
    '[]garbage',
    '[,]',
    "{'a':1}",
    'NaN',
    '[1e999]',
    '['.repeat(20_000),
    '{"a":'.repeat(20_000),
    `[${'0,'.repeat(2000)}0]`,
  ),
  fc.json(),
);
