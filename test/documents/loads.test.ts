import { expect, test, vi } from 'vitest';
import { addValue, changeDocument, readDocument } from '../../src/documents/document.ts';
import { newDocument } from '../../src/documents/new.ts';

vi.mock('yaml', () => {
  throw new Error('the YAML parser was loaded');
});

const names = { keyVar: 'API_KEY', secretName: 'otel' };

test.each([
  ['raw', 'old\n'],
  ['dotenv', 'A=1\nAPI_KEY=old\n'],
  ['JSON', '{"kind":"Secret","stringData":{"API_KEY":"old"}}'],
])('the YAML parser is not loaded for %s', async (format, text) => {
  const options = format === 'raw' ? {} : { keyVar: 'API_KEY' };
  expect((await readDocument(text, options)).secret).toBe('old');
  expect(await changeDocument(text, 'new', options)).toBe(text.replace('old', 'new'));
  if (format !== 'raw') expect(await addValue(text, 'new', { keyVar: 'B' })).toContain('new');
});

test('the YAML parser is not loaded to write a new Secret', () => {
  expect(newDocument('new', 'kubernetes-secret', names)).toContain('"new"');
});

test('the YAML parser is loaded for YAML', async () => {
  await expect(readDocument('kind: Secret\nstringData: {A: old}\n')).rejects.toThrow();
});
