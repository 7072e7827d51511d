import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { count } from '../support/counts.ts';
import { jsonOf as parsed, runSts } from '../support/run.ts';
import { type Answer, cleanAnswer, harmed, isRow, jsonOf, keyMembers, type Members, strangeBody } from './arbitraries.ts';
import { expectNever, fuzzing } from './never.ts';
import { type FuzzServer, startFuzzServer } from './server.ts';

// Whatever a server answers to `list`: no crash, no stack, no raw control byte, and no good row hidden by a bad one.

const codes = [0, 2, 4, 10];
let tried = 0;
afterAll(() => count('fuzzed answers', tried));

const listed = fc.array(keyMembers(false), { maxLength: 5 });
const listOf = (rows: readonly Members[]) => `[${rows.map(jsonOf).join(',')}]`;

test('lists of rows, good and bad', { timeout: 120_000 }, async () => {
  const server = await startFuzzServer();
  const answers = listed.chain((rows) => cleanAnswer(listOf(rows)).map((answer) => ({ answer, rows })));
  await fc.assert(
    fc.asyncProperty(answers, fc.boolean(), async ({ answer, rows }, json) => {
      const result = await list(server, answer, json);
      if (answer.clean?.status !== 200 || answer.clean.html) return;
      const isGood = rows.every(isRow);
      expect(result.code, result.stderr).toBe(isGood ? 0 : 2);
      // A row that stands there twice is one.
      const good = new Set(rows.filter(isRow).map(idOf)).size;
      if (good === 0 && rows.length > 0) expect(result.stdout).toBe('');
      else expect(shownIn(result.stdout, json)).toBe(good);
    }),
    fuzzing(2500),
  );
});

test('bodies that are no list', { timeout: 120_000 }, async () => {
  const server = await startFuzzServer();
  await fc.assert(
    fc.asyncProperty(
      strangeBody.chain(cleanAnswer),
      fc.boolean(),
      async (answer, json) => void (await list(server, answer, json)),
    ),
    fuzzing(1000),
  );
});

test('answers harmed on their way', { timeout: 120_000 }, async () => {
  const server = await startFuzzServer();
  const answers = harmed(listed.chain((rows) => cleanAnswer(listOf(rows))));
  await fc.assert(
    fc.asyncProperty(answers, fc.boolean(), async (answer, json) => void (await list(server, answer, json))),
    fuzzing(2000),
  );
});

/** The id that counts: the last, as in JSON. */
function idOf(row: Members): string | undefined {
  return row.findLast(([name]) => name === 'id')?.[1];
}

async function list(server: FuzzServer, { bytes }: Answer, json: boolean) {
  tried += 1;
  const { env, requests } = server.begin('GET', bytes);
  const argv = ['ingestion-api-key', 'list', '--timeout', '5s', ...(json ? ['-o', 'json'] : [])];
  const result = await runSts(argv, { env, sleep: async () => {} });
  expectNever(result, codes);
  expect(requests.every((request) => request === 'GET' || request === 'GET info')).toBe(true);
  if (json && result.stdout !== '') parsed(result.stdout);
  return result;
}

function shownIn(stdout: string, json: boolean): number {
  if (json) return (parsed(stdout) as { 'ingestion-api-keys': unknown[] })['ingestion-api-keys'].length;
  return stdout.startsWith('No ingestion api keys') ? 0 : stdout.split('\n').length - 2;
}
