import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** One file for each name and suite, so that suites that run at the same time do not disturb each other. */
const folder = resolve('node_modules/.cache/sts-counts');

/** How many cases a suite tried: `fault cases`, `kill points`, `fuzzed answers`. */
interface Count {
  readonly name: string;
  readonly suite: string;
  readonly count: number;
  /** Whether the suite tried all of its cases. Some cases need rights that not every account has. */
  readonly whole: boolean;
}

/**
 * Prints how many cases a suite tried, and stores it for `readCounts`. Called once for each suite and name, in `afterAll`. Prints `counted:
 * fault cases 87`.
 * @param whole false if this machine or account did not allow all cases of the suite.
 */
export async function count(name: string, n: number, whole = true): Promise<void> {
  // Imported only here, because the counts are read outside of vitest.
  const { expect } = await import('vitest');
  // The whole path is used, so that two suites with the same name count separately.
  const suite = relative('test', expect.getState().testPath ?? 'unknown').replace(/\.test\.ts$/, '');
  const entry: Count = { name, suite, count: n, whole };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${`${suite} ${name}`.replaceAll(/\W+/g, '-')}.json`), `${JSON.stringify(entry)}\n`);
  console.info(`counted: ${name} ${n}`);
}

/** The counts of the last run by name, added up over all suites. */
export function readCounts(): ReadonlyMap<string, Pick<Count, 'count' | 'whole'>> {
  const sums = new Map<string, Pick<Count, 'count' | 'whole'>>();
  for (const file of filesOfCounts()) {
    const one = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Count;
    const sum = sums.get(one.name) ?? { count: 0, whole: true };
    sums.set(one.name, { count: sum.count + one.count, whole: sum.whole && one.whole });
  }
  return sums;
}

/** Removes all counts, so that removed suites no longer count. */
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
