import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Where Linux keeps files in memory: to sync them takes no time. */
const memory = '/dev/shm';

/**
 * A new, empty folder, gone when the running test has finished. Call it from within a test or a `beforeEach`.
 * @param options.fast for tests that write many files: in memory, where the system has such a place.
 */
export function tempFolder({ fast = false }: { readonly fast?: boolean } = {}): string {
  const folder = mkdtempSync(join(fast && existsSync(memory) ? memory : tmpdir(), 'sts-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
