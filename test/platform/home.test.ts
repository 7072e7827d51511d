import { expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { expandHome } from '../../src/platform/home.ts';
import { nodeWorld } from '../../src/platform/node.ts';

test.each([
  ['~/sts.yaml', '/home/me/sts.yaml'],
  ['~', '/home/me'],
  ['~//x/../y', '/home/me/y'],
  ['x/~/y', 'x/~/y'],
  ['./~/y', './~/y'],
  ['~x', '~x'],
  ['/~/x', '/~/x'],
  ['', ''],
])('%j is %j', (path, expanded) => {
  expect(expandHome(path, '/home/me')).toBe(expanded);
});

test.each([
  ['~you/sts.yaml', '/home/me', 'the home folder ~you is not known here'],
  ['~/sts.yaml', undefined, 'no home folder is known'],
  ['~/sts.yaml', '', 'no home folder is known'],
])('%j in the home %j is refused', (path, home, reason) => {
  const attempt = () => expandHome(path, home);
  expect(attempt).toThrow(UsageError);
  expect(attempt).toThrow(reason);
});

test('every path that a command takes is expanded', () => {
  const world = nodeWorld();
  expect(world.resolvePath('~/sts.yaml')).toBe(`${world.home}/sts.yaml`);
});
