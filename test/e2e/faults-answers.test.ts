import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listen } from '../stackstate/listen.ts';
import type { Fault } from '../stackstate/server.ts';
import { tempFolder } from '../support/temp.ts';
import { check, checkSuites, type FaultCase, firstId } from './hostile-support.ts';

// Whether there is a key, when the server's answer does not say so.

const candidate = ['250558013078953', 'sts ingestion-api-key delete --id 250558013078953'];
const unknown = { code: 11, requests: ['POST', 'GET'] };
/** The key exists; it is named and left alone. */
const orphan = { ...unknown, keys: ['faulty'], stderr: candidate };
/** The response names the key, which is deleted again: nobody holds it. */
const undone = { code: 2, requests: ['POST', 'GET', 'DELETE #1', 'GET'], stderr: ['250558013078953', 'was deleted again'] };
const nothing = { code: 2, requests: ['POST'] };

/** The server makes the key, and its answer goes wrong. */
const lost: readonly (readonly [string, Fault])[] = [
  ['500', { kind: 'status', status: 500, handler: 'run' }],
  ['500 without a body', { kind: 'status', status: 500, handler: 'run', body: '' }],
  [
    '500 with a page',
    { kind: 'status', status: 500, handler: 'run', body: '<html>oops</html>', headers: { 'content-type': 'text/html' } },
  ],
  ['502', { kind: 'status', status: 502, handler: 'run' }],
  ['503', { kind: 'status', status: 503, handler: 'run' }],
  ['504', { kind: 'status', status: 504, handler: 'run' }],
  ['599', { kind: 'status', status: 599, handler: 'run' }],
  ['408', { kind: 'status', status: 408, handler: 'run' }],
  ['a reset', { kind: 'reset', handler: 'run' }],
  ['an answer cut in its body', { kind: 'truncate' }],
  ['an answer cut after a byte', { kind: 'truncate', bytes: 1 }],
  ['an answer cut in its head', { kind: 'raw', bytes: 'HTTP/1.1 200 OK\r\nContent-Le', handler: 'run' }],
  ['no byte at all', { kind: 'raw', bytes: '', handler: 'run' }],
  ['bytes that are not HTTP', { kind: 'raw', bytes: '\u0000\u001b]0;evil\u0007SSH-2.0', handler: 'run' }],
  ['a header of 400 KB', { kind: 'raw', bytes: `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(400_000)}\r\n\r\n{}`, handler: 'run' }],
  ['no response within the deadline', { kind: 'stall', handler: 'run' }],
  ['half an answer within the deadline', { kind: 'stall', part: 'half', handler: 'run' }],
  ['an answer after the deadline', { kind: 'delay', ms: 5000, handler: 'run' }],
  ['an answer that drips', { kind: 'drip', intervalMs: 50 }],
  ['an answer that never ends', { kind: 'endless', handler: 'run' }],
  ['200 with nothing', { kind: 'body', text: '' }],
  ['200 with null', { kind: 'body', text: 'null' }],
  ['200 with a list', { kind: 'body', text: '[]' }],
  ['200 with a string', { kind: 'body', text: '"iapikeyok-1"' }],
  ['200 with half a document', { kind: 'body', text: '{"id":1,"apiKey":"iapi' }],
  ['200 with a document too deep', { kind: 'body', text: '['.repeat(100_000) }],
  ['200 with bytes that are no text', { kind: 'body', text: Uint8Array.of(0xff, 0xfe, 0x00, 0x80) }],
  ['204', { kind: 'body', text: '', status: 204 }],
  ['200 with a key that is no text', { kind: 'body', text: '{"id":1,"apiKey":7}' }],
  ['200 with an id that is no number', { kind: 'body', text: '{"id":"1","apiKey":"iapikeyok-1"}' }],
];

const answers: FaultCase[] = [
  ...lost.map(([what, fault]) => ({
    title: what,
    // That is a whole response about a token.
    ...(what.includes('an id that is no number') ? { forTokens: false as const } : {}),
    flags: fault.kind === 'endless' ? ['--timeout', '900ms'] : ['--timeout', '700ms'],
    faults: [['create', fault] as const],
    ...orphan,
  })),
  {
    title: '200 with the row but without the key',
    // The id of a token is not among what the response names.
    forTokens: orphan,
    faults: [['create', { kind: 'body', text: `{"id":${firstId},"lastUpdateTimestamp":1,"name":"faulty"}` }]],
    ...undone,
  },
  {
    title: '200 with a key that holds escapes',
    forTokens: orphan,
    faults: [
      ['create', { kind: 'body', text: `{"id":${firstId},"lastUpdateTimestamp":1,"name":"faulty","apiKey":"\\u001b[2J\\n"}` }],
    ],
    ...undone,
  },
  {
    title: '500, JSON',
    flags: ['-o', 'json'],
    faults: [['create', { kind: 'status', status: 500, handler: 'run' }]],
    ...orphan,
    stderr: ['"exit-code": 11', ...candidate],
    after: (_, { stderr }) => expect(JSON.parse(stderr)).toMatchObject({ error: true, 'exit-code': 11 }),
  },
  {
    title: 'a reset, the key meant for a file',
    flags: ({ path }) => ['--key-file', path],
    faults: [['create', { kind: 'reset', handler: 'run' }]],
    // The journal knows what there was before: what is new is this run's.
    ...undone,
    requests: ['GET', ...undone.requests],
  },
  {
    title: 'a reset, and an older key of that name',
    faults: [['create', { kind: 'reset', handler: 'run' }]],
    before: ({ seed }) => seed({ name: 'faulty', id: 77n, lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) }),
    ...orphan,
    keys: ['faulty', 'faulty'],
    silent: ['--id 77'],
  },
  {
    title: 'a reset, and somebody else made such a key at the same time',
    faults: [['create', { kind: 'reset', handler: 'run' }]],
    afterCreation: ({ seed }) => seed({ name: 'faulty', id: 78n }),
    ...orphan,
    keys: ['faulty', 'faulty'],
    stderr: [...candidate, 'sts ingestion-api-key delete --id 78'],
  },
  {
    title: 'a reset, and a new key of another name',
    faults: [['create', { kind: 'reset', handler: 'run' }]],
    afterCreation: ({ seed }) => seed({ name: 'other', id: 79n }),
    ...orphan,
    keys: ['faulty', 'other'],
    silent: ['--id 79'],
  },
  {
    title: 'a reset, and the keys cannot be listed',
    faults: [
      ['create', { kind: 'reset', handler: 'run' }],
      ['list', { kind: 'status', status: 500 }],
    ],
    ...unknown,
    keys: ['faulty'],
    stderr: ['may exist', 'sts ingestion-api-key list', 'sts ingestion-api-key delete --id'],
  },
  {
    title: 'a reset, and the list has bad rows among the good',
    faults: [
      ['create', { kind: 'reset', handler: 'run' }],
      [
        'list',
        {
          kind: 'body',
          text: `[null,{"id":${firstId},"lastUpdateTimestamp":${Date.now() + 60_000},"name":"faulty","roles":["ingestion"]},{"id":-1}]`,
        },
      ],
    ],
    ...orphan,
  },
  {
    title: 'a reset, and the clock of the server is a day behind',
    server: { now: () => Date.now() - 86_400_000 },
    faults: [['create', { kind: 'reset', handler: 'run' }]],
    ...orphan,
  },
  {
    title: 'a reset, and the clock of the server is a day ahead',
    server: { now: () => Date.now() + 86_400_000 },
    faults: [['create', { kind: 'reset', handler: 'run' }]],
    ...orphan,
  },
];

const notMade: FaultCase[] = [
  { title: 'a reset, nothing made', faults: [['create', { kind: 'reset' }]], ...unknown, stderr: ['sts ingestion-api-key list'] },
  { title: 'no answer, nothing made', flags: ['--timeout', '700ms'], faults: [['create', { kind: 'stall' }]], ...unknown },
  { title: '502, nothing made', faults: [['create', { kind: 'status', status: 502 }]], ...unknown },
  {
    title: '500, nothing made',
    faults: [['create', { kind: 'status', status: 500 }]],
    code: 2,
    requests: ['POST', 'GET'],
    listsAgain: true,
    stderr: ['told to fail', /lists no new key/],
    silent: ['delete --id'],
  },
  { title: '400', faults: [['create', { kind: 'status', status: 400 }]], ...nothing, stderr: ['told to fail'] },
  { title: '403', faults: [['create', { kind: 'status', status: 403 }]], ...nothing, stderr: ['manage-ingestion-api-keys'] },
  { title: '401', faults: [['create', { kind: 'status', status: 401 }]], ...nothing, code: 4, stderr: ['service token'] },
  {
    title: '409',
    faults: [['create', { kind: 'status', status: 409 }]],
    ...nothing,
    requests: ['POST', 'GET'],
    stderr: ['told to fail', /lists no new key/],
  },
  { title: '429', faults: [['create', { kind: 'status', status: 429, headers: { 'retry-after': '0' } }]], ...nothing },
  {
    title: '404',
    // The list comes first, and tells it.
    forTokens: { server: { serviceTokens: false }, requests: ['GET', 'GET server/info'], stderr: ['Use an ingestion API'] },
    server: { ingestionApiKeys: false },
    ...nothing,
    code: 10,
    requests: ['POST', 'GET server/info'],
    stderr: ['service token'],
  },
  ...[301, 302, 303, 307, 308].map((status) => ({
    title: `${status} to another host`,
    faults: [['create', { kind: 'redirect', to: 'http://127.0.0.1:9/evil', status }] as const],
    ...nothing,
    stderr: ['redirects to'],
  })),
];

const salvaged: FaultCase[] = [
  ['the key given twice', '"id":%,"id":%,"apiKey":"iapikeyok-a","apiKey":"iapikeyok-b"', 'iapikeyok-b'],
  ['a prototype', '"__proto__":{"apiKey":"evil"},"constructor":{"prototype":{}},"id":%,"apiKey":"iapikeyok-a"', 'iapikeyok-a'],
  ['a garbled rest', '"id":%,"apiKey":"iapikeyok-a","name":{},"expiration":"never","lastUpdateTimestamp":null', 'iapikeyok-a'],
  [
    'much more than asked',
    `"id":%,"apiKey":"iapikeyok-a","name":"faulty","lastUpdateTimestamp":1,"more":"${'x'.repeat(200_000)}"`,
    'iapikeyok-a',
  ],
  [
    'a far expiration',
    '"id":%,"apiKey":"iapikeyok-a","name":"faulty","lastUpdateTimestamp":1,"expiration":9223372036854775807',
    'iapikeyok-a',
  ],
].map(([what, members = '', key = '']) => ({
  title: `an answer with ${what}`,
  faults: [['create', { kind: 'body', text: `{${members.replaceAll('%', String(firstId))}}` }] as const],
  code: 0,
  requests: ['POST'],
  keys: ['faulty'],
  stdout: `generated: ${key}\n`,
}));

const suites: readonly [string, readonly FaultCase[]][] = [
  ["made and lost: one POST; the key is named, or deleted where it is sure to be this run's", answers],
  ['nothing made: it is said', notMade],
  ['a key in a strange answer is delivered', salvaged],
];

checkSuites(suites);

interface Unreachable {
  readonly title: string;
  readonly urlOf: () => Promise<string> | string;
  readonly flags?: readonly string[];
  /** Made where the case runs: it may need a file. */
  readonly envOf?: () => Record<string, string>;
  readonly stderr: RegExp;
}

const unreachable: readonly Unreachable[] = [
  { title: 'a refused connection', urlOf: closedPort, stderr: /refused the connection/ },
  {
    title: 'a host name nobody knows',
    urlOf: () => 'http://no-such-host.invalid',
    envOf: withoutNames,
    stderr: /no-such-host\.invalid cannot be found/,
  },
  {
    title: 'a TLS client at a plain server',
    urlOf: async () => `https://127.0.0.1:${await silent('HTTP/1.1 400 Bad Request\r\n\r\n')}`,
    stderr: /TLS/,
  },
  {
    title: 'a server that never shakes hands',
    urlOf: async () => `https://127.0.0.1:${await silent('')}`,
    flags: ['--timeout', '700ms'],
    stderr: /--timeout/,
  },
];

describe('no connection: nothing was sent, and it is said that nothing was created', () => {
  test.each(unreachable)('$title', async ({ title, urlOf, flags = [], envOf, stderr }) => {
    const url = await urlOf();
    const said = [/nothing was created/i, stderr];
    await check({ title, flags: ['--url', url, ...flags], env: envOf?.() ?? {}, code: 4, requests: [], stderr: said });
  });
});

async function closedPort(): Promise<string> {
  const server = createServer();
  const port = await listen(server, 0);
  await new Promise((done) => server.close(done));
  return `http://127.0.0.1:${port}`;
}

/**
 * The environment of a program that no host name leads anywhere for. Resolvers answer for names that do not exist, or for none in
 * time: what the machine's own one does is not asked here.
 */
function withoutNames(): Record<string, string> {
  const path = join(tempFolder(), 'resolver.cjs');
  writeFileSync(
    path,
    `require('node:dns').lookup = (name, _, done) =>
      process.nextTick(done, Object.assign(new Error('getaddrinfo ENOTFOUND ' + name), { code: 'ENOTFOUND' }));`,
  );
  return { NODE_OPTIONS: `--require="${path}"` };
}

/** A server that takes connections and has only this to say. */
async function silent(words: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    if (words !== '') socket.once('data', () => socket.end(words));
  });
  onTestFinished(() => void server.close());
  return listen(server, 0);
}
