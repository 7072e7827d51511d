import { expect, test } from 'vitest';
import { connectionVerified } from '../../../src/commands/context/connection.ts';

const version = { major: 6, minor: 0, patch: 1, diff: '', commit: '', isDev: false };

test.each([
  [{ version, platformVersion: '2.3.5' }, '(Platform version: 2.3.5)'],
  [{ version }, '(StackState version: 6.0.1)'],
  [{ version: { ...version, commit: 'abc' } }, '(StackState version: 6.0.1-abc)'],
  [{ version: { ...version, diff: '7', commit: 'abc', isDev: true } }, '(StackState version: 6.0.1+7-abc-dev)'],
])('%j is said as the Go CLI does', (info, said) => {
  const text = connectionVerified('https://a', { deploymentMode: 'Saas', ...info });
  expect(text).toBe(`Connection verified to https://a ${said}`);
});
