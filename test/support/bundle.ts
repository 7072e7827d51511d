import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { tempFolder } from './temp.ts';

/**
 * Bundles a TypeScript program into one file that plain Node can run.
 * @param entry such as `new URL('./program.ts', import.meta.url)`.
 * @returns its path, in a folder that is removed when the test has finished.
 */
export async function bundle(entry: URL): Promise<string> {
  const file = join(tempFolder(), 'program.cjs');
  const output = { file, format: 'cjs', codeSplitting: false } as const;
  await build({ input: fileURLToPath(entry), platform: 'node', output, logLevel: 'silent' });
  return file;
}
