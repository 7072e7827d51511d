import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new, empty folder, gone when the running test has finished. Call it from within a test or a `beforeEach`. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sts-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
