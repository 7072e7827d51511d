import { readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importsOf, modulesBelow } from '../support/imports.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const program = fileURLToPath(new URL('../../src', import.meta.url));
const modules = modulesBelow(folder);

/** The files that a module imports, in whatever way; what belongs to Node or a package is left out. */
function filesImportedBy(path: string): string[] {
  return importsOf(readFileSync(path, 'utf8')).flatMap(({ specifier }) => {
    // Nobody could tell where this leads.
    if (specifier === undefined) return ['made at run time'];
    if (specifier.startsWith('file:')) return [fileURLToPath(specifier)];
    return /^[./]/.test(specifier) ? [resolve(path, '..', specifier)] : [];
  });
}

// A second reading of the API: what both the program and its test double got wrong would never be seen.
test('the simulated StackState knows nothing but itself', () => {
  const doubles = modules.filter((path) => !path.endsWith('.test.ts'));
  expect(doubles).toContain(resolve(folder, 'server.ts'));
  for (const path of doubles) {
    const outside = filesImportedBy(path).filter((file) => !file.startsWith(folder));
    expect(outside, path).toEqual([]);
  }
});

// Were these to ask the program what is right, it would be judged by itself.
test('its tests, and all that these import, know nothing of the program', () => {
  expect(modules).toContain(fileURLToPath(import.meta.url));
  // A set grows while it is walked through: the helpers' helpers are read as well.
  const reached = new Set(modules);
  for (const path of reached) {
    const files = filesImportedBy(path);
    expect(files, path).not.toContain('made at run time');
    expect(
      files.filter((file) => file === program || file.startsWith(program + sep)),
      path,
    ).toEqual([]);
    for (const file of files) if (file.endsWith('.ts')) reached.add(file);
  }
});
