import type fc from 'fast-check';
import { expect } from 'vitest';
import { rawControls } from '../e2e/hostile-support.ts';
import type { RunResult } from '../support/run.ts';

/** Runs, and from where: the same ones each time unless asked for others with STS_FUZZ_SEED and STS_FUZZ_RUNS. */
export function fuzzing(runs: number): fc.Parameters<unknown> {
  return {
    numRuns: Number(process.env['STS_FUZZ_RUNS'] ?? runs),
    seed: Number(process.env['STS_FUZZ_SEED'] ?? 20_260_315),
    // Each attempt at a smaller answer is a whole run of the program.
    interruptAfterTimeLimit: 100_000,
    markInterruptAsFailure: true,
  };
}

/** What never comes of an answer, whatever it was. */
export function expectNever(result: RunResult, codes: readonly number[]): void {
  const { code, stdout, stderr } = result;
  expect(codes, stderr).toContain(code);
  for (const stream of [stdout, stderr]) {
    expect(rawControls(stream), stream).toEqual([]);
    expect(stream).not.toMatch(/^\s+at .+:\d+|node:internal|Unexpected failure inside/m);
  }
  if (code !== 0) expect(stderr).not.toBe('');
}
