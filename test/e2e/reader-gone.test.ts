import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import type { StackState } from '../stackstate/server.ts';
import { runBuilt } from '../support/built.ts';
import { count } from '../support/counts.ts';
import { environmentOf, startForTest, tempFolder } from '../support/run.ts';
import { expectHarmless } from './hostile-support.ts';

// `create | reader`, and the reader goes away: before the key is written, at that moment, or after it.

const runs = 200;
const lanes = 4;
let tried = 0;
afterAll(() => count('readers gone', tried));

/** How long a reader stays, spread over more than a run of the program takes. */
const stay = (run: number) => (((run * 37) % 100) * 0.003).toFixed(3);

const readers: readonly {
  readonly name: string;
  readonly command: (run: number) => string;
  readonly reads: 'never' | 'perhaps' | 'always';
}[] = [
  { name: 'true', command: () => 'true', reads: 'never' },
  { name: 'sleep', command: (run) => `sleep ${stay(run)}`, reads: 'never' },
  { name: 'cat, killed', command: (run) => `timeout -s KILL ${Number(stay(run)) + 0.001} cat`, reads: 'perhaps' },
  { name: 'head, late', command: (run) => `{ sleep ${stay(run)}; head -n 1; }`, reads: 'always' },
];

test(`${runs} times: what went out was written to a reader, else it is deleted`, { timeout: 120_000 }, async () => {
  const stackState = await startForTest({ now: Date.now });
  const ends = new Map<string, number>();
  await inLanes(runs, async (run) => {
    const reader = readers[run % readers.length] ?? { name: 'true', command: () => 'true', reads: 'never' };
    const name = `run-${run}`;
    const result = await runBuilt(['ingestion-api-key', 'create', '--name', name], {
      stdout: { pipeTo: reader.command(Math.floor(run / readers.length)) },
      env: environmentOf(stackState),
    });
    tried += 1;
    const end = `${reader.name}: exit ${result.code}`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
    expectHarmless(result);
    const line = lineOf(stackState, name);
    const lives = stackState.store.byName(name).length;
    const posts = stackState.requests.filter(({ method, body }) => method === 'POST' && body.includes(`"${name}"`)).length;
    const told = `${name}, ${end}\n${result.stderr}`;
    expect(posts, told).toBe(1);
    expect([0, 6], told).toContain(result.code);
    // 0: the pipe took the key while its reader was there, so the reader could read it. 6: nobody could, and the key is gone.
    expect(lives, told).toBe(result.code === 0 ? 1 : 0);
    if (reader.reads === 'always') expect(result, told).toMatchObject({ code: 0, stdout: line });
    else expect(result.code === 0 && reader.reads === 'perhaps' ? ['', line] : [''], told).toContain(result.stdout);
  });
  console.info(
    `readers gone: ${[...ends]
      .sort()
      .map(([end, times]) => `${end} ${times} times`)
      .join(', ')}`,
  );
});

test('a reader that is surely gone before the answer comes: exit 6, and the key is gone', async () => {
  const folder = tempFolder();
  const stackState = await startForTest({
    now: Date.now,
    onStage: async (stage, request) => {
      const gone = join(folder, 'gone');
      while (stage === 'handled' && request.route === 'create' && !existsSync(gone)) await sleep(5);
    },
  });
  const result = await runBuilt(['ingestion-api-key', 'create', '--name', 'ci'], {
    stdout: { pipeTo: `{ exec 0<&-; : > '${folder}/gone'; }` },
    env: environmentOf(stackState),
  });
  tried += 1;
  expectHarmless(result);
  expect(result).toMatchObject({ code: 6, stdout: '' });
  expect(result.stderr).toMatch(/EPIPE[\s\S]*deleted again/);
  expect(stackState.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE', 'GET']);
  expect(stackState.keys()).toEqual([]);
});

function lineOf({ store }: StackState, name: string): string {
  return `[SUCCESS] Ingestion API Key generated: ${store.history.find((key) => key.name === name)?.apiKey}\n`;
}

/** Works through 0 to `total - 1`, a few at a time. */
async function inLanes(total: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < total) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
