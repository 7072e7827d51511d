import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { pool } from '../../../src/commands/credentials/pool.ts';

/** Runs a pool over items such as `a1`, whose server is `a`; all of `slow` take much longer. */
async function run(items: readonly string[], atOnce: number, slow: string) {
  const started: string[] = [];
  let inWork = 0;
  let most = 0;
  const work = async (item: string) => {
    started.push(item);
    inWork += 1;
    most = Math.max(most, inWork);
    await delay(item.startsWith(slow) ? 100 : 1);
    inWork -= 1;
    return item.toUpperCase();
  };
  const results = await pool(items, atOnce, work, (item) => item[0]);
  return { started, most, results };
}

test('a server that is slow has one thing in work while others have any waiting, and results keep their order', async () => {
  const items = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3'];
  const { started, most, results } = await run(items, 3, 'a');
  expect(started.slice(0, 3)).toEqual(['a1', 'b1', 'c1']);
  expect(started.slice(0, 7).toSorted()).toEqual(['a1', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3']);
  expect(started.slice(7)).toEqual(['a2', 'a3', 'a4']);
  expect(most).toBe(3);
  expect(results).toEqual(items.map((item) => item.toUpperCase()));
});

test('one server alone gets as many at a time as may be', async () => {
  const { most, started } = await run(['a1', 'a2', 'a3', 'a4', 'a5'], 4, 'a');
  expect(most).toBe(4);
  expect(started).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
});

test('more than eight at a time are never begun, and nothing is a pool, too', async () => {
  const items = Array.from({ length: 20 }, (_, number) => `${number}`);
  expect((await run(items, 100, 'x')).most).toBe(8);
  expect((await run([], 8, 'x')).results).toEqual([]);
});
