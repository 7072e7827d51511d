import { execFileSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { keyFileIn } from '../contracts/destinations.ts';
import { count } from '../support/counts.ts';
import { tempFolder } from '../support/temp.ts';
import { startWorld } from './support.ts';

const rounds = 160;
let tried = 0;

afterAll(() => count('second actors', tried, tried === rounds));

test('two rotations of one file by two paths of a folder that is mounted twice', { timeout: 180_000 }, async () => {
  const world = await startWorld();
  const again = tempFolder();
  try {
    execFileSync('mount', ['--bind', dirname(world.path), again], { stdio: 'ignore' });
  } catch {
    console.info('not tested here: this account may not mount');
    return;
  }
  onTestFinished(() => void execFileSync('umount', [again]));
  const other = keyFileIn(join(again, basename(world.path)));
  world.seedHeld();
  let refused = 0;
  for (; tried < rounds; tried++) {
    const ended = await Promise.allSettled([
      world.rotate({}, { interrupt: new AbortController().signal }),
      world.rotate({}, { destination: other.forRun(), interrupt: new AbortController().signal }),
    ]);
    const failures = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    for (const failure of failures)
      expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('Another sts') });
    expect(failures.length).toBeLessThan(2);
    refused += failures.length;
    world.expectHealed(`round ${tried}`);
  }
  expect(refused).toBeGreaterThan(rounds / 2);
});
