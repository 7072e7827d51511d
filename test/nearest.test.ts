import { expect, test } from 'vitest';
import { nearest } from '../src/nearest.ts';

const verbs = ['create', 'delete', 'list', 'rotate', 'verify'];
const shells = ['bash', 'zsh', 'fish', 'powershell'];

test.each<[what: string, word: string, known: readonly string[], meant: string | undefined]>([
  ['the only one that begins so', 'cre', verbs, 'create'],
  ['the only one that begins so', 'del', verbs, 'delete'],
  ['the only one that begins so', 'out', ['output', 'url', 'config'], 'output'],
  ['two that begin so', 'exp', ['expired', 'expiring-within'], undefined],
  ['two that begin so, one of them a slip away', 'nam', ['namespace', 'name'], 'name'],
  ['a letter left out', 'lst', verbs, 'list'],
  ['two letters left out', 'ls', ['list-all', 'lists'], undefined],
  ['neighbours swapped', 'crate', verbs, 'create'],
  ['neighbours swapped', 'hlep', ['context', 'help'], 'help'],
  ['neighbours swapped', 'rwa', ['raw', 'dotenv'], 'raw'],
  ['neighbours swapped at the start', 'est', ['set', 'show'], 'set'],
  ['neighbours swapped and a letter left out', 'cretae', verbs, 'create'],
  ['another first letter', 'treate', verbs, 'create'],
  ['capitals', 'LIST', verbs, 'list'],
  ['another shell', 'tcsh', shells, undefined],
  ['another shell', 'csh', shells, undefined],
  ['another shell', 'sh', shells, undefined],
  ['another word', 'get', ['set', 'list'], undefined],
  ['nothing', '', verbs, undefined],
  ['nothing known', 'list', [], undefined],
])('%s: %j of %j is %s', (_what, word, known, meant) => {
  expect(nearest(word, known)).toBe(meant);
});

test('a long word does not take long', () => {
  expect(nearest('x'.repeat(100_000), verbs)).toBeUndefined();
});
