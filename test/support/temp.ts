import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The folder in which Linux keeps files in memory. Syncing them takes no time. */
const memory = '/dev/shm';

/**
 * Creates an empty folder, which is removed when the running test has finished. Must be called in a test or a `beforeEach`.
 * @param options.fast puts the folder in memory, if the system has such a place. For tests that write many files.
 */
export function tempFolder({ fast = false }: { readonly fast?: boolean } = {}): string {
  const folder = mkdtempSync(join(fast && existsSync(memory) ? memory : tmpdir(), 'sts-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
