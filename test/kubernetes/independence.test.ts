import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importsOf, modulesBelow } from '../support/imports.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const sockets = fileURLToPath(new URL('../stackstate/', import.meta.url));
const doubles = modulesBelow(folder).filter((path) => !path.endsWith('.test.ts'));

// A second reading of the API: what both the program and its test double got wrong would never be seen.
test('the simulated Kubernetes knows nothing but itself, and the sockets and faults of the simulated StackState', () => {
  expect(doubles).toContain(resolve(folder, 'server.ts'));
  for (const path of doubles) {
    const outside = importsOf(readFileSync(path, 'utf8'))
      .map(({ specifier = 'made at run time' }) => (/^[./]/.test(specifier) ? resolve(path, '..', specifier) : specifier))
      .filter((file) => file === 'made at run time' || (file.startsWith('/') && !file.startsWith(folder)));
    for (const file of outside) {
      expect(file.startsWith(sockets), `${path} -> ${file}`).toBe(true);
      expect(file).toMatch(/\/(front|faults|fault-choice|certificates)\.ts$/);
    }
  }
});
