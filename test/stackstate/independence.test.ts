import { readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importsOf, modulesBelow } from '../support/imports.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const program = fileURLToPath(new URL('../../src', import.meta.url));
const modules = modulesBelow(folder);

/** The files that a module imports in any way. Imports of Node and of packages are left out. */
function filesImportedBy(path: string): string[] {
  return importsOf(readFileSync(path, 'utf8')).flatMap(({ specifier }) => {
    // A computed specifier could lead anywhere.
    if (specifier === undefined) return ['made at run time'];
    if (specifier.startsWith('file:')) return [fileURLToPath(specifier)];
    return /^[./]/.test(specifier) ? [resolve(path, '..', specifier)] : [];
  });
}

// The test double is a second, independent implementation of the API. If it shared code with the program, a mistake in that code would
// never be noticed.
test('the simulated StackState knows nothing but itself', () => {
  const doubles = modules.filter((path) => !path.endsWith('.test.ts'));
  expect(doubles).toContain(resolve(folder, 'server.ts'));
  for (const path of doubles) {
    const outside = filesImportedBy(path).filter((file) => !file.startsWith(folder));
    expect(outside, path).toEqual([]);
  }
});

// If these tests used the program to find out what is right, the program would test itself.
test('its tests, and all that these import, know nothing of the program', () => {
  expect(modules).toContain(fileURLToPath(import.meta.url));
  // The set grows during the loop, so that the helpers of helpers are checked as well.
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
