import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseApiPath, parseBoolean, parseTimeout } from '../../src/config/values.ts';
import { ConfigError } from '../../src/errors.ts';

describe('an API path', () => {
  test.each([
    ['/api', '/api'],
    ['api', '/api'],
    ['/api/', '/api'],
    ['//x/y//', '/x/y'],
    ['/', ''],
    ['', ''],
  ])('%j is taken as %j', (text, path) => {
    expect(parseApiPath(text, '--api-path')).toBe(path);
  });

  test.each([
    '/a?b',
    '/a#b',
    '/a/../b',
    '/a b',
    '/a\\b',
    '/\u0000',
    '/ä',
    'http://evil',
    '/https://evil.example.com/api',
    '/%2e%2e/x',
    '/a/%2E./x',
    '/.%2e%2fx',
    '/a%5c..',
    '/%2e',
  ])('%j is refused', (text) => {
    expect(() => parseApiPath(text, '--api-path')).toThrow(ConfigError);
  });
});

test.each(['1', 't', 'T', 'true', 'TRUE', 'yes', 'Yes', 'on', ' on '])('the switch %j is on', (text) => {
  expect(parseBoolean(text, 'STS_SKIP_SSL')).toBe(true);
});

test.each(['0', 'f', 'F', 'false', 'FALSE', 'no', 'off', 'OFF'])('the switch %j is off', (text) => {
  expect(parseBoolean(text, 'STS_SKIP_SSL')).toBe(false);
});

test.each(['2', 'tru', '-1', 'y', 'enabled', ''])('%j is no switch', (text) => {
  expect(() => parseBoolean(text, 'STS_SKIP_SSL')).toThrow('STS_SKIP_SSL must be true or false');
});

describe('a timeout', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1m30s', 90_000],
    ['1.5s', 1500],
    ['1ms', 1],
    ['24h', 86_400_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseTimeout(text)).toBe(ms);
  });

  test.each(['', '30', '0s', '0ms', '24h1ms', '25h', '-1s', '1d', '1 s', 's', '1e3s', '.5s', '0x1s', '1s ', '١s'])(
    '%j is none',
    (text) => {
      expect(parseTimeout(text)).toBeUndefined();
    },
  );

  test('of whole units is their sum', () => {
    fc.assert(
      fc.property(fc.nat(23), fc.nat(59), fc.nat(59), fc.integer({ min: 1, max: 999 }), (h, m, s, ms) => {
        expect(parseTimeout(`${h}h${m}m${s}s${ms}ms`)).toBe(((h * 60 + m) * 60 + s) * 1000 + ms);
      }),
    );
  });
});
