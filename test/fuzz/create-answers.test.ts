import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { whyNotRaw } from '../../src/documents/raw.ts';
import { count } from '../support/counts.ts';
import { jsonOf as parsed, type RunResult, runSts, tempFolder } from '../support/run.ts';
import {
  type Answer,
  cleanAnswer,
  harmed,
  isId,
  isRow,
  jsonOf,
  keyMembers,
  lastOf,
  type Members,
  strangeBody,
} from './arbitraries.ts';
import { expectNever, fuzzing } from './never.ts';
import { type FuzzServer, startFuzzServer } from './server.ts';

// Whatever a server answers to `create`: no crash, no stack, no raw control byte, never 0 without the key delivered.

const codes = [0, 2, 4, 6, 10, 11];
let tried = 0;
afterAll(() => count('fuzzed answers', tried));

/** Where the key goes; `full` takes some bytes of it and no more. */
const ways = fc.constantFrom('text', 'text', 'text', 'json', 'json', 'json', 'document', 'file', 'full');
type Way = 'text' | 'json' | 'document' | 'file' | 'full';

interface Outcome extends RunResult {
  /** The key, where it was delivered. */
  readonly delivered: string | undefined;
  readonly requests: readonly string[];
}

test('keys, whole and garbled', { timeout: 120_000 }, async () => {
  const create = await startCreating();
  const answers = keyMembers(true).chain((members) => cleanAnswer(jsonOf(members)).map((answer) => ({ answer, members })));
  await fc.assert(
    fc.asyncProperty(answers, ways, async ({ answer, members }, way) => {
      const outcome = await create(answer, way);
      const { status, html } = answer.clean ?? { status: 0, html: false };
      const key = status >= 200 && status < 300 && status !== 204 ? keyOf(members) : undefined;
      if (key === undefined) {
        expect(outcome.delivered).toBeUndefined();
        // An answer of success without a key in it says nothing of whether there is one.
        const isDeleted = outcome.requests.some((request) => request.startsWith('DELETE'));
        if (status >= 200 && status < 300 && !html) expect(outcome.code, outcome.stderr).toBe(isDeleted ? 2 : 11);
      } else if (isRow(members) && lastOf(members, 'name') !== JSON.stringify('fuzz')) {
        // A whole row about another name is somebody else's key: it is named, and neither taken nor deleted.
        expect(outcome.code, outcome.stderr).toBe(11);
        expect(outcome.stderr).toContain(String(lastOf(members, 'id')));
      } else if (way === 'full' || (isDocument(way) && whyNotRaw(key) !== undefined)) {
        // A document of which the key could not be read again is none. The list is asked whether the deletion is true.
        expect(outcome.code).toBe(6);
        const undone = ['POST', `DELETE ${lastOf(members, 'id')}`, 'GET'];
        expect(outcome.requests).toEqual(way === 'file' ? ['GET', ...undone] : undone);
      } else {
        expect(outcome.code, outcome.stderr).toBe(0);
        expect(outcome.delivered).toBe(key);
        expect(outcome.requests).toEqual(way === 'file' ? ['GET', 'POST'] : ['POST']);
      }
    }),
    fuzzing(2500),
  );
});

test('bodies that are no key', { timeout: 120_000 }, async () => {
  const create = await startCreating();
  await fc.assert(
    fc.asyncProperty(strangeBody.chain(cleanAnswer), ways, async (answer, way) => void (await create(answer, way))),
    fuzzing(1000),
  );
});

test('answers harmed on their way', { timeout: 120_000 }, async () => {
  const create = await startCreating();
  const answers = harmed(keyMembers(true).chain((members) => cleanAnswer(jsonOf(members))));
  await fc.assert(
    fc.asyncProperty(answers, ways, async (answer, way) => void (await create(answer, way))),
    fuzzing(2000),
  );
});

async function startCreating(): Promise<(answer: Answer, way: Way) => Promise<Outcome>> {
  const server = await startFuzzServer();
  const folder = tempFolder();
  return (answer, way) => create({ server, folder, answer, way });
}

interface Attempt {
  readonly server: FuzzServer;
  readonly folder: string;
  readonly answer: Answer;
  readonly way: Way;
}

async function create({ server, folder, answer, way }: Attempt): Promise<Outcome> {
  tried += 1;
  const path = join(folder, 'key');
  const flags: Readonly<Record<Way, readonly string[]>> = {
    text: [],
    json: ['-o', 'json'],
    document: ['--key-file', '-'],
    file: ['--key-file', path],
    full: [],
  };
  for (const left of [path, `${path}.sts-pending`]) rmSync(left, { force: true });
  const { env, requests } = server.begin('POST', answer.bytes);
  const result = await runSts(['ingestion-api-key', 'create', '--name', 'fuzz', '--timeout', '5s', ...flags[way]], {
    env,
    sleep: async () => {},
    ...(way === 'full' ? { stdout: { failWith: { code: 'ENOSPC', afterBytes: 7 } } } : {}),
  });
  expectNever(result, codes);
  expect(requests.filter((request) => request === 'POST')).toHaveLength(1);
  const delivered = result.code === 0 ? deliveredBy(way, result, path) : undefined;
  if (result.code === 0) expect(delivered).toSatisfy(isPrintable);
  if (result.code === 11) expect(result.stderr).toMatch(/sts ingestion-api-key|Run the same command again/);
  if (result.code !== 0 && way !== 'full') expect(result.stdout).toBe('');
  // Nothing is left on the disk but a key file, or the journal of a creation of which nobody knows what became.
  const isUnknown = way === 'file' && result.code !== 0 && existsSync(`${path}.sts-pending`);
  expect(readdirSync(folder)).toEqual(isUnknown ? ['key.sts-pending'] : result.code === 0 && way === 'file' ? ['key'] : []);
  if (isUnknown) expect([2, 11]).toContain(result.code);
  // A key that was not delivered is deleted by whoever knows its id, and by nobody else.
  if (requests.some((request) => request.startsWith('DELETE'))) expect([2, 6]).toContain(result.code);
  return { ...result, delivered, requests };
}

function isDocument(way: Way): boolean {
  return way === 'document' || way === 'file';
}

function deliveredBy(way: Way, { stdout }: RunResult, path: string): string | undefined {
  switch (way) {
    case 'text':
      return /^\[SUCCESS\] Ingestion API Key generated: (.+)\n$/.exec(stdout)?.[1];
    case 'json':
      return (parsed(stdout) as { 'ingestion-api-key': { apiKey?: string } })['ingestion-api-key'].apiKey;
    case 'document':
      return stdout.replace(/\n$/, '');
    case 'file':
      return existsSync(path) ? readFileSync(path, 'utf8').replace(/\n$/, '') : undefined;
    case 'full':
      return undefined;
  }
}

/** The key that an answer holds: an id and a key that can be printed are all it needs. */
function keyOf(members: Members): string | undefined {
  const secret = lastOf(members, 'apiKey');
  if (!isId(lastOf(members, 'id')) || secret?.startsWith('"') !== true) return undefined;
  const key = String(parsed(secret));
  return isPrintable(key) ? key : undefined;
}

/** Whether a header of HTTP bears it, and nobody has masked it. */
function isPrintable(key: string): boolean {
  if (key.trim() !== key || key === '' || Buffer.byteLength(key) > 8192) return false;
  return !/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\*{3}|[\u2022\u25cf\u2026]/u.test(key);
}
