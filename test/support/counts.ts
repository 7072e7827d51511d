import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** One file a name and suite, so that suites that run at the same time do not disturb each other. */
const folder = resolve('node_modules/.cache/sts-counts');

/** What a suite tried, as one number: `fault cases`, `kill points`, `fuzzed answers`. */
interface Count {
  readonly name: string;
  readonly suite: string;
  readonly count: number;
}

/**
 * Says how much of something a suite tried, and keeps it for `readCounts`. Called once a suite and name, in `afterAll`.
 * Prints `counted: fault cases 87`.
 */
export async function count(name: string, n: number): Promise<void> {
  // Only here: the counts are read outside of vitest.
  const { expect } = await import('vitest');
  // By its whole path: two suites of one name count apart.
  const suite = relative('test', expect.getState().testPath ?? 'unknown').replace(/\.test\.ts$/, '');
  const entry: Count = { name, suite, count: n };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${`${suite} ${name}`.replaceAll(/\W+/g, '-')}.json`), `${JSON.stringify(entry)}\n`);
  console.info(`counted: ${name} ${n}`);
}

/** What the suites tried when they last ran, by name, suites of one name added up. */
export function readCounts(): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const file of filesOfCounts()) {
    const { name, count: n } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Count;
    sums.set(name, (sums.get(name) ?? 0) + n);
  }
  return sums;
}

/** Forgets all counts, so that suites which are gone do not count on. */
export function clearCounts(): void {
  rmSync(folder, { recursive: true, force: true });
}

function filesOfCounts(): string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith('.json'));
  } catch {
    return [];
  }
}
