import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { ConfigError } from '../../src/errors.ts';

const path = '/home/me/.config/stackstate-cli/config.yaml';

function refusal(source: string): string {
  try {
    parseConfig(path, source);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error instanceof ConfigError ? error.message : '';
  }
  return expect.fail('the file was taken');
}

/** Nine lines that stand for a billion values. */
const laughs = Array.from({ length: 9 }, (_, level) =>
  level === 0
    ? 'a0: &a0 [ha]'
    : `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
).join('\n');

describe('a file that cannot be used is said to be wrong in', () => {
  test.each<[source: string, line: number, column: number, reason: string]>([
    ['contexts: []\n---\ncontexts: []\n', 2, 1, 'a second document begins'],
    ['url: https://a\n---\n', 2, 1, 'a second document begins'],
    ['---\nurl: https://a\n...\n---\nurl: https://b\n', 4, 1, 'a second document begins'],
    ['a: &a\n  b: *a\n', 2, 6, 'an alias refers to a node that contains it'],
    ['contexts: &l\n  - name: a\n    context: *l\n', 3, 14, 'an alias refers to a node that contains it'],
    ['a: &a [[[*a]]]\n', 1, 10, 'an alias refers to a node that contains it'],
    ['a: &a {<<: *a}\n', 1, 12, 'an alias refers to a node that contains it'],
    ['a: *b\nb: &b x\n', 1, 4, 'an alias refers to nothing'],
    ['a: &a x\ncontexts:\n  - name: a\n    context:\n      <<: *a\n', 5, 7, 'a merge key << takes a map, or a list of maps'],
    ['- a\n', 1, 1, 'it must be a map with the key "contexts"'],
    ['contexts:\n  - name: a\n    context: {skip-ssl: maybe}\n', 3, 15, 'contexts[0].context.skip-ssl must be true or false'],
    ['contexts:\n  - name: a\n  - name: a\n', 3, 5, 'context "a" is already defined in line 2'],
    ['contexts:\n  - context: {url: [a]}\n    name: a\n', 2, 15, 'contexts[0].context.url must be text'],
    ['contexts: {a: b}\n', 1, 1, 'contexts must be a list of contexts'],
  ])('%j: line %i, column %i: %s', (source, line, column, reason) => {
    const message = refusal(source);
    expect(message).toContain(`The config file ${path} cannot be used, line ${line}, column ${column}: `);
    expect(message).toContain(reason);
  });

  test.each([
    ['a bomb of aliases', `${laughs}\n`, 'its aliases expand to too many values', /line 6, column \d+/],
    ['a bomb of aliases that is used', `${laughs}\ncontexts: *a8\n`, 'its aliases expand to too many values', /line 6, /],
    ['too many brackets', `contexts: ${'['.repeat(20_000)}`, 'it is nested too deeply', /line 1, column \d+/],
    ['too many braces', `contexts: ${'{a: '.repeat(5_000)}`, 'it is nested too deeply', /line 1, column \d+/],
    ['too many dashes', `contexts:\n  ${'- '.repeat(5_000)}x`, 'it is nested too deeply', /line 2, column \d+/],
    ['too many brackets in a key', `? ${'['.repeat(5_000)}`, 'it is nested too deeply', /line 1, column \d+/],
    ['too many brackets, closed', `contexts: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'it is nested too deeply', /line 1, /],
  ])('line and column: %s', (_what, source, reason, place) => {
    const message = refusal(source);
    expect(message).toContain(reason);
    expect(message).toMatch(place);
  });

  test('no time at all, however much its aliases stand for', () => {
    const started = performance.now();
    const many = `a: &a x\nb: [${Array(20_000).fill('*a').join(',')}]\n`;
    expect(refusal(many)).toContain('it has too many aliases');
    expect(refusal(`${laughs}\ncontexts: *a8\n`)).toContain('too many values');
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('a file is read', () => {
  test('with an end of its one document, and with comments behind', () => {
    expect(parseConfig(path, '---\nurl: https://a\n...\n# that was all\n').contexts).toHaveLength(1);
  });

  test('with hundreds of contexts that share their settings', () => {
    const entry = (index: number) => `  - name: c${index}\n    context: {<<: *base, url: "https://c${index}"}\n`;
    const source = `base: &base {api-token: t, skip-ssl: yes}\ncontexts:\n${Array.from({ length: 300 }, (_, index) => entry(index)).join('')}`;
    const { contexts } = parseConfig(path, source);
    expect(contexts).toHaveLength(300);
    expect(contexts[299]?.context).toEqual({ url: 'https://c299', apiToken: 't', skipSsl: true });
  });
});
