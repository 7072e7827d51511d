import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Lexer } from 'yaml';
import { withContext, withCurrent, withoutContext } from '../../src/config/change.ts';
import type { Context } from '../../src/config/model.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { ConfigError, NotFoundError, UsageError } from '../../src/errors.ts';
import { configTexts } from './texts.ts';

const path = '/home/me/.config/stackstate-cli/config.yaml';
const context: Context = { url: 'https://new.example.com', serviceToken: 'svc', apiPath: '/api' };
const save = (source: string, name = 'new', saved = context) => withContext(path, source, name, saved);

const written = `# my contexts
contexts:
  - name: prod # the real one
    context:
      url: https://prod.example.com
      api-token: 'abc'   # from the vault
      owner: team-a
      # end of prod

  - name: test
    context: {url: https://test.example.com, service-token: def}
# who is it
current-context: prod
editor: vi
`;

describe('saving a new context', () => {
  test('adds an entry and changes the current context, nothing else', () => {
    expect(save(written)).toBe(
      written
        .replace(
          'service-token: def}\n',
          `service-token: def}
  - name: new
    context:
      url: https://new.example.com
      service-token: svc
      api-path: /api
`,
        )
        .replace('current-context: prod', 'current-context: new'),
    );
  });

  const item = (indent: string) =>
    `${indent}- name: new\n${indent}  context:\n${indent}    url: https://new.example.com\n${indent}    service-token: svc\n${indent}    api-path: /api\n`;
  const flow = '{"name": "new", "context": {"url": "https://new.example.com", "service-token": "svc", "api-path": "/api"}}';
  const fresh = `contexts:\n${item('  ')}`;
  const old = 'name: a\n    context:\n      url: https://a';

  test.each<[what: string, before: string, after: string]>([
    ['an empty file', '', `${fresh}current-context: new\n`],
    ['a byte order mark', '\ufeff', `\ufeff${fresh}current-context: new\n`],
    ['a comment without newline', '# mine', `# mine\n${fresh.trimEnd()}\ncurrent-context: new`],
    ['a document mark', '---\n', `---\n${fresh}current-context: new\n`],
    ['nothing, written out', '~\n', `\n${fresh}current-context: new\n`],
    ['nothing in a word, with a comment', '# mine\nnull # yet', `# mine\n # yet\n${fresh.trimEnd()}\ncurrent-context: new`],
    ['nothing behind a document mark', '--- ~\n', `--- \n${fresh}current-context: new\n`],
    ['no contexts yet', 'editor: vi\n', `editor: vi\n${fresh}current-context: new\n`],
    ['contexts without value', 'contexts: # none\ncurrent-context:\n', `contexts: # none\n${item('  ')}current-context: new\n`],
    ['contexts null', 'contexts: null\n', `contexts: \n${item('  ')}current-context: new\n`],
    ['an empty list', 'contexts: []\ncurrent-context: ""\n', `contexts:\n${item('  ')}current-context: new\n`],
    ['an empty list with a comment', 'contexts: [] # none\n', `contexts: [${flow}] # none\ncurrent-context: new\n`],
    [
      'a list without indentation',
      `contexts:\n- ${old.replaceAll('    ', '  ')}\n`,
      `contexts:\n- ${old.replaceAll('    ', '  ')}\n${item('')}current-context: new\n`,
    ],
    ['no newline at the end', `contexts:\n  - ${old}`, `contexts:\n  - ${old}\n${item('  ').trimEnd()}\ncurrent-context: new`],
    ['JSON', '{"contexts": [], "current-context": null}', `{"contexts": [${flow}], "current-context": "new"}`],
    ['an empty JSON map', '{}', `{"contexts": [${flow}], "current-context": "new"}`],
    [
      'JSON with an entry',
      '{"contexts": [{"name": "a", "context": {"url": "u"}}]}\n',
      `{"contexts": [{"name": "a", "context": {"url": "u"}}, ${flow}], "current-context": "new"}\n`,
    ],
    ['a list with a comma at its end', 'contexts: [{name: a},]\n', `contexts: [{name: a}, ${flow},]\ncurrent-context: new\n`],
    [
      'the old flat form',
      'url: https://a # main\napi-token: t\n',
      `url: https://a # main\napi-token: t\n${fresh}current-context: new\n`,
    ],
  ])('into %s', (_what, before, after) => {
    expect(save(before)).toBe(after);
  });

  test('keeps the line ends of the file', () => {
    const result = save(written.replaceAll('\n', '\r\n'));
    expect(result).toBe(save(written).replaceAll('\n', '\r\n'));
  });

  test('beside the old flat form leaves that reachable as default', () => {
    const { contexts, currentContext } = parseConfig(path, save('url: https://a\napi-token: t\n'));
    expect(contexts.map(({ name }) => name)).toEqual(['default', 'new']);
    expect(currentContext).toBe('new');
    expect(parseConfig(path, withCurrent(path, save('url: https://a\napi-token: t\n'), 'default')).currentContext).toBe(
      'default',
    );
  });

  test.each([
    'yes',
    'null',
    '12',
    '1e3',
    'a: b',
    'a #b',
    '- x',
    '"q"',
    "it's",
    '',
    ' ',
    '*a',
    '{x}',
    'naïve',
    '日本',
    '\u0085',
    'x:',
    '~',
    '2026-01-01',
    '0x10',
  ])('a token %j comes back as it was', (token) => {
    if (token === '') return;
    const [saved] = parseConfig(path, save('', 'new', { url: 'https://a', apiToken: token })).contexts.map(
      (entry) => entry.context,
    );
    expect(saved?.apiToken).toBe(token);
  });
});

describe('saving a context that is there', () => {
  test('replaces what it knows and keeps keys it does not know, comments and quotes', () => {
    const result = save(written, 'prod', { url: 'https://prod.example.com', apiToken: 'xyz', skipSsl: true });
    expect(result).toBe(
      written.replace("'abc'", 'xyz').replace('      owner: team-a\n', '      owner: team-a\n      skip-ssl: true\n'),
    );
  });

  test('drops a token of another kind with its line', () => {
    expect(save(written, 'prod', { url: 'https://prod.example.com', serviceToken: 's' })).toBe(
      written
        .replace("      api-token: 'abc'   # from the vault\n", '')
        .replace('      owner: team-a\n', '      owner: team-a\n      service-token: s\n'),
    );
  });

  test('in flow style stays in flow style', () => {
    expect(save(written, 'test', { url: 'https://t2', apiToken: 't' })).toBe(
      written
        .replace('{url: https://test.example.com, service-token: def}', '{url: "https://t2", "api-token": "t"}')
        .replace('current-context: prod', 'current-context: test'),
    );
  });

  test('as it is already changes nothing at all', () => {
    const context = { url: 'https://prod.example.com', apiToken: 'abc' };
    expect(save(written, 'prod', context)).toBe(written);
  });

  test('that has no settings yet fills them in', () => {
    for (const source of [
      'contexts:\n  - name: a\n',
      'contexts:\n  - name: a\n    context:\n',
      'contexts: [{name: a}]\n',
      'contexts:\n- name: a\n  context: {}\n',
    ]) {
      const { contexts, currentContext } = parseConfig(path, save(source, 'a'));
      expect({ contexts, currentContext }).toEqual({ contexts: [{ name: 'a', context }], currentContext: 'a' });
    }
  });

  test('in the old flat form stays in the flat form', () => {
    expect(save('# mine\nurl: https://a\napi-token: t\neditor: vi\n', 'default')).toBe(
      '# mine\nurl: https://new.example.com\neditor: vi\nservice-token: svc\napi-path: /api\n',
    );
  });
});

describe('setting the current context', () => {
  test('changes the name and nothing else', () => {
    expect(withCurrent(path, written, 'test')).toBe(written.replace('current-context: prod', 'current-context: test'));
  });

  test('to an unknown name is refused and names the nearest', () => {
    const attempt = () => withCurrent(path, written, 'prd');
    expect(attempt).toThrow(NotFoundError);
    expect(attempt).toThrow('There is no context "prd"');
    try {
      attempt();
    } catch (error) {
      expect(error).toMatchObject({ hints: ['Did you mean "prod"?', 'See the contexts there are: sts context list'] });
    }
  });
});

describe('deleting a context', () => {
  test('removes its lines and nothing else', () => {
    expect(withoutContext(path, written, 'test')).toBe(
      written.replace('  - name: test\n    context: {url: https://test.example.com, service-token: def}\n', ''),
    );
  });

  test('that is the last of the list leaves an empty list', () => {
    const source = 'url: https://a\ncontexts: # all\n  # one\n  - name: x\n    context: {url: https://x}\n';
    const current = `${source}current-context: default\n`;
    expect(withoutContext(path, current, 'x')).toBe('url: https://a\ncontexts: [] # all\n  # one\ncurrent-context: default\n');
  });

  test('of the flat form removes its keys', () => {
    const source =
      'url: https://a # old\neditor: vi\napi-token: t\ncontexts: [{name: x, context: {url: https://x}}]\ncurrent-context: x\n';
    expect(withoutContext(path, source, 'default')).toBe(
      'editor: vi\ncontexts: [{name: x, context: {url: https://x}}]\ncurrent-context: x\n',
    );
  });

  test.each([
    ['first', 'a', '[{name: b}, {name: c}]'],
    ['middle', 'b', '[{name: a}, {name: c}]'],
    ['last', 'c', '[{name: a}, {name: b}]'],
  ])('the %s of a flow list takes one comma along', (_where, name, rest) => {
    const source = (list: string) => `{"contexts": ${list}, current-context: ${name === 'a' ? 'b' : 'a'}}`;
    expect(withoutContext(path, source('[{name: a}, {name: b}, {name: c}]'), name)).toBe(source(rest));
  });

  test('that is current is refused with the command to run first', () => {
    const attempt = () => withoutContext(path, written, 'prod');
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow('"prod" is the current one');
  });

  test('that does not exist is refused', () => {
    expect(() => withoutContext(path, written, 'nope')).toThrow(NotFoundError);
  });
});

describe('a file that cannot be changed safely is refused', () => {
  test.each([
    [
      'an anchor used elsewhere',
      'contexts:\n  - name: a\n    context: &c {url: https://a, api-token: t}\n  - name: b\n    context: *c\ncurrent-context: b\n',
      'a',
    ],
    ['a merge key', 'base: &b {api-token: t}\ncontexts:\n  - name: a\n    context:\n      <<: *b\n      url: https://a\n', 'a'],
    ['a list that is an alias', 'list: &l [{name: a}]\ncontexts: *l\n', 'a'],
  ])('%s', (_what, source, name) => {
    expect(() => save(source, name)).toThrow(ConfigError);
    expect(() => save(source, name)).toThrow('cannot be changed');
  });

  test('a broken file, with line and column', () => {
    expect(() => save('contexts:\n  - name: [a\n')).toThrow(/line \d+, column \d+/);
  });
});

describe('whatever the file looks like', () => {
  const name = fc.oneof(
    fc.constantFrom('a', 'new', 'default'),
    fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).filter((text) => text.trim() !== ''),
  );
  const comments = (text: string) => [...new Lexer().lex(text)].filter((token) => token.startsWith('#')).toSorted();

  test('a saved context is found again, all others are as before, and no comment is lost', () => {
    fc.assert(
      fc.property(configTexts, name, ({ source, names }, added) => {
        const before = parseConfig(path, source);
        const after = parseConfig(path, save(source, added));
        expect(after.currentContext).toBe(added);
        expect(after.contexts.find((entry) => entry.name === added)?.context).toEqual(context);
        expect(after.contexts.filter((entry) => entry.name !== added)).toEqual(
          before.contexts.filter((entry) => entry.name !== added),
        );
        if (!names.includes(added) && !(before.flat && added === 'default'))
          expect(comments(save(source, added))).toEqual(comments(source));
      }),
      { numRuns: 200 },
    );
  });

  test('saving and deleting again gives the text back, but for the current context', () => {
    fc.assert(
      fc.property(configTexts, ({ source, names }) => {
        const [first] = parseConfig(path, source).contexts;
        if (first === undefined || names.length === 0) return;
        const settled = withCurrent(path, source, first.name);
        // The flat form needs no `current-context`, but gets one as soon as there was another.
        if (!settled.includes('current-context')) return;
        const there = withCurrent(path, save(settled, 'Added'), first.name);
        expect(withoutContext(path, there, 'Added')).toBe(settled);
      }),
      { numRuns: 120 },
    );
  });

  test('JSON stays JSON', () => {
    const settings = fc.dictionary(
      fc.constantFrom('url', 'api-token', 'skip-ssl', 'x-owner'),
      fc.constantFrom('true', 'false', '0'),
    );
    const entry = fc.record({ name: fc.constantFrom('a', 'b', 'c'), context: settings }, { requiredKeys: ['name'] });
    const contexts = fc.uniqueArray(entry, { selector: (item) => item.name });
    const file = fc.record({ contexts, 'current-context': fc.constant('z'), editor: fc.constant('vi') }, { requiredKeys: [] });
    fc.assert(
      fc.property(file, fc.constantFrom(undefined, 2), fc.constantFrom('a', 'new'), (data, indent, name) => {
        const text = save(JSON.stringify(data, null, indent), name);
        expect(JSON.parse(text)).toMatchObject({ ...('editor' in data ? { editor: 'vi' } : {}), 'current-context': name });
        for (const other of ['a', 'b', 'c']) {
          if (other === name || !data.contexts?.some((item) => item.name === other)) continue;
          const rest: unknown = JSON.parse(withoutContext(path, text, other));
          expect(rest).toHaveProperty('contexts', expect.not.arrayContaining([expect.objectContaining({ name: other })]));
        }
      }),
      { numRuns: 150 },
    );
  });

  test('setting and deleting touch no other context', () => {
    fc.assert(
      fc.property(configTexts, fc.nat(), ({ source }, pick) => {
        const before = parseConfig(path, source);
        const chosen = before.contexts[pick % Math.max(1, before.contexts.length)];
        if (chosen === undefined) return;
        const text = withCurrent(path, source, chosen.name);
        expect(comments(text)).toEqual(comments(source));
        expect(parseConfig(path, text).contexts).toEqual(before.contexts);
        for (const { name: gone } of before.contexts.filter((entry) => entry !== chosen)) {
          const rest = parseConfig(path, withoutContext(path, text, gone));
          expect(rest.contexts).toEqual(before.contexts.filter((entry) => entry.name !== gone));
          expect(rest.currentContext).toBe(chosen.name);
        }
      }),
      { numRuns: 120 },
    );
  });
});
