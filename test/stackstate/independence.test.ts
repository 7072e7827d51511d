import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('.', import.meta.url));

// A second reading of the API: what both the program and its test double got wrong would never be seen.
test('the simulated StackState knows nothing of the program', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  expect(files).toContain('server.ts');
  for (const name of files) {
    const imports = [...readFileSync(folder + name, 'utf8').matchAll(/(?:from|import) ?\(?'(\.[^']*)'/g)].map(([, path]) => path);
    expect(imports.filter((path) => !path?.startsWith('./'))).toEqual([]);
  }
});
