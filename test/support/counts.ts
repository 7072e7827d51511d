import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** One file a name and suite, so that suites that run at the same time do not disturb each other. */
const folder = resolve('node_modules/.cache/sts-counts');

/** What a suite tried, as one number: `fault cases`, `kill points`, `fuzzed answers`. */
interface Count {
  readonly name: string;
  readonly suite: string;
  readonly count: number;
  /** Whether the suite tried all it has: some need rights that not every account has. */
  readonly whole: boolean;
}

/**
 * Says how much of something a suite tried, and keeps it for `readCounts`. Called once a suite and name, in `afterAll`.
 * Prints `counted: fault cases 87`.
 * @param whole false where this machine or account did not let the suite try all it has.
 */
export async function count(name: string, n: number, whole = true): Promise<void> {
  // Only here: the counts are read outside of vitest.
  const { expect } = await import('vitest');
  // By its whole path: two suites of one name count apart.
  const suite = relative('test', expect.getState().testPath ?? 'unknown').replace(/\.test\.ts$/, '');
  const entry: Count = { name, suite, count: n, whole };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${`${suite} ${name}`.replaceAll(/\W+/g, '-')}.json`), `${JSON.stringify(entry)}\n`);
  console.info(`counted: ${name} ${n}`);
}

/** What the suites tried when they last ran, by name, suites of one name added up. */
export function readCounts(): ReadonlyMap<string, Pick<Count, 'count' | 'whole'>> {
  const sums = new Map<string, Pick<Count, 'count' | 'whole'>>();
  for (const file of filesOfCounts()) {
    const one = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Count;
    const sum = sums.get(one.name) ?? { count: 0, whole: true };
    sums.set(one.name, { count: sum.count + one.count, whole: sum.whole && one.whole });
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
