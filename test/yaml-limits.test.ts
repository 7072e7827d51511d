import { expect, test } from 'vitest';
import { readDocument } from '../src/documents/document.ts';
import { parseKubeconfig } from '../src/kubernetes/kubeconfig-file.ts';
import { isTooDeep } from '../src/yaml-limits.ts';

// Where the stack ends V8 may end the whole process: no text may bring a reader there.
const deep = '['.repeat(20_000);

test.each([
  ['', false],
  ['a: { b: [c] }', false],
  [deep, true],
  [`a: ${'{ b: '.repeat(5000)}`, true],
  [Array.from({ length: 3000 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'), true],
])('%.20j... is nested too deeply: %s', (text, expected) => {
  expect(isTooDeep(text)).toBe(expected);
});

test('a kubeconfig file and a Secret that are nested too deeply are refused in words', async () => {
  expect(() => parseKubeconfig('/k', `apiVersion: ${deep}`)).toThrow(/nested too deeply/);
  await expect(readDocument(`kind: Secret\napiVersion: v1\ndata: ${deep}`)).rejects.toThrow(/not valid YAML/);
});
