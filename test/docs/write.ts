// Writes the generated parts of the docs anew, after a change of verbs, flags, settings or exit codes: `npm run docs`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadProgram } from '../../src/cli/catalogue.ts';
import { pages, root } from './pages.ts';
import { withGenerated } from './reference.ts';

const program = await loadProgram();
for (const { path, text } of pages()) {
  const written = withGenerated(text, program);
  if (written === text) continue;
  writeFileSync(join(root, path), written);
  console.info(`written: ${path}`);
}
