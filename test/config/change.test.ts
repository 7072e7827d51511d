import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Lexer } from 'yaml';
import { withContext, withCurrent, withoutContext, withToken } from '../../src/config/change.ts';
import type { Context } from '../../src/config/model.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { ConfigError, NotFoundError, UsageError } from '../../src/errors.ts';
import { configTexts, type Line } from './texts.ts';

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
  ])('into %s', (_what, before, after) => {
    expect(save(before)).toBe(after);
  });

  test('keeps the line ends of the file', () => {
    const result = save(written.replaceAll('\n', '\r\n'));
    expect(result).toBe(save(written).replaceAll('\n', '\r\n'));
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
});

describe('the old flat form becomes a context of the list at the first write', () => {
  const flat = '# mine\nurl: https://a # main\n# the token\napi-token: t\neditor: vi\n';
  const listed = `# mine
# the token
editor: vi
contexts:
  - name: default
    context:
      url: https://a # main
      api-token: t
current-context: default
`;
  const item =
    '  - name: new\n    context:\n      url: https://new.example.com\n      service-token: svc\n      api-path: /api\n';

  test('with the comments beside its lines, when another context is saved', () => {
    expect(save(flat)).toBe(listed.replace('current-context: default', `${item}current-context: new`));
  });

  test('when it is made the current one, which it is already', () => {
    expect(withCurrent(path, flat, 'default')).toBe(listed);
  });

  test('when it is replaced', () => {
    expect(save(flat, 'default')).toBe(
      listed.replace(
        'url: https://a # main\n      api-token: t\n',
        'url: https://new.example.com # main\n      service-token: svc\n      api-path: /api\n',
      ),
    );
  });

  test('when its token is replaced', () => {
    expect(withToken(path, flat, 'default', 't', 'u')).toBe(listed.replace('api-token: t', 'api-token: u'));
  });

  test('when it is deleted', () => {
    expect(withoutContext(path, flat, 'default')).toBe('# mine\n# the token\neditor: vi\ncontexts: []\ncurrent-context: ""\n');
  });

  test.each<[what: string, before: string, after: string]>([
    [
      'its current context stays',
      'url: https://a\ncontexts:\n- name: b # two\n  context: {url: https://b}\ncurrent-context: b\n',
      'contexts:\n- name: b # two\n  context: {url: https://b}\n- name: default\n  context:\n    url: https://a\ncurrent-context: b\n',
    ],
    [
      'a list in flow style has no place for its comments',
      'url: https://a # main\napi-token: t\ncontexts: [{name: b}]\ncurrent-context: b\n',
      '# main\ncontexts: [{name: b}, {"name": "default", "context": {"url": "https://a", "api-token": "t"}}]\ncurrent-context: b\n',
    ],
    [
      'JSON stays JSON',
      '{"url": "https://a", "editor": "vi", "contexts": [{"name": "b"}], "current-context": "b"}',
      '{"editor": "vi", "contexts": [{"name": "b"}, {"name": "default", "context": {"url": "https://a"}}], "current-context": "b"}',
    ],
    [
      'values of several lines move as they are',
      '  ca-cert-base64-data: |\n    AAAA\n\n    BBBB\n  url: "https://\\\n    a"\n  contexts:\n    - name: b\n  current-context: b\n',
      '  contexts:\n    - name: b\n    - name: default\n      context:\n        ca-cert-base64-data: |\n          AAAA\n\n          BBBB\n        url: "https://\\\n          a"\n  current-context: b\n',
    ],
    [
      'the line ends of the file stay',
      'url: https://a\r\ncontexts:\r\n  - name: b\r\ncurrent-context: b',
      'contexts:\r\n  - name: b\r\n  - name: default\r\n    context:\r\n      url: https://a\r\ncurrent-context: b',
    ],
  ])('%s', (_what, before, after) => {
    expect(withCurrent(path, before, 'b')).toBe(after);
  });
});

describe('replacing a token', () => {
  test('changes it where it stands, and nothing else', () => {
    expect(withToken(path, written, 'prod', 'abc', 'xyz')).toBe(written.replace("'abc'", 'xyz'));
    expect(withToken(path, written, 'test', 'def', 'x y')).toBe(written.replace('def', '"x y"'));
  });

  test.each([
    ['is another one by now', 'prod', 'old'],
    ['is that of another context', 'prod', 'def'],
    ['is none', 'prod', ''],
  ])('that %s is refused', (_what, name, old) => {
    const attempt = () => withToken(path, written, name, old, 'new');
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(`The token of the context "prod" in ${path} has changed in the meantime`);
    expect(attempt).not.toThrow(/abc|def|"old"/);
  });

  test('of a context that is not there is refused', () => {
    expect(() => withToken(path, written, 'nope', 'abc', 'new')).toThrow(NotFoundError);
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
      expect(error).toMatchObject({ hints: ['Did you mean "prod"?', 'See which contexts exist: sts context list'] });
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
    const source = 'contexts: # all\n  # one\n  - name: x\n    context: {url: https://x}\ncurrent-context: y\n';
    expect(withoutContext(path, source, 'x')).toBe('contexts: [] # all\n  # one\ncurrent-context: y\n');
  });

  test('that is the last one goes, also when it is the current one', () => {
    const source = '# all\ncontexts:\n  - name: a\n    context: {url: https://a}\ncurrent-context: a # for now\n';
    expect(withoutContext(path, source, 'a')).toBe('# all\ncontexts: []\ncurrent-context: "" # for now\n');
    const { contexts, currentContext } = parseConfig(path, withoutContext(path, source, 'a'));
    expect({ contexts, currentContext }).toEqual({ contexts: [], currentContext: undefined });
    expect(save(withoutContext(path, source, 'a'))).toContain('current-context: new # for now');
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

describe('whatever the file looks like', { timeout: 60_000 }, () => {
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

  test('every other line stays as it is, byte for byte and in its place', () => {
    const change = fc.constantFrom('save', 'save new', 'set', 'delete', 'token');
    fc.assert(
      fc.property(configTexts, fc.nat(), change, (given, pick, what) => {
        const { contexts, currentContext } = parseConfig(path, given.source);
        const chosen = contexts[pick % Math.max(1, contexts.length)];
        if (chosen === undefined) return;
        const { apiToken } = chosen.context;
        // Only the last context may be deleted while it is the current one.
        if (what === 'delete' && chosen.name === currentContext && contexts.length > 1) return;
        if (what === 'token' && apiToken === undefined) return;
        const result = {
          save: () => save(given.source, chosen.name),
          'save new': () => save(given.source, 'Added'),
          set: () => withCurrent(path, given.source, chosen.name),
          delete: () => withoutContext(path, given.source, chosen.name),
          token: () => withToken(path, given.source, chosen.name, apiToken ?? '', 'replaced'),
        }[what]();
        // Without a newline behind it a blank last line is none.
        const all = given.lines.at(-1)?.text === '' ? given.lines.slice(0, -1) : given.lines;
        const kept = all.filter(isKept(what, chosen.name, parseConfig(path, given.source).flat));
        const lines = linesOf(result);
        expect(
          restOf(
            kept.map(({ text }) => text),
            lines,
          ),
        ).toEqual([]);
        const written = restOf(
          lines,
          kept.map(({ text }) => text),
          true,
        );
        for (const line of written) expect(line).toMatch(OURS);
        if (given.source.includes('\r\n')) expect(result).not.toMatch(/[^\r]\n/);
      }),
      { numRuns: 200 },
    );
  });

  /** Lines that a change may write. */
  const OURS =
    /^\s*(?:- name:|context:|url:|api-token:|service-token:|api-path:|ca-cert-path:|contexts:|current-context:|x-|#|- |deep:|text:|first|second|$)/;

  function linesOf(text: string): string[] {
    const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  }

  /** Whether a change must leave a line as it is. */
  function isKept(what: string, name: string, flat: boolean): (line: Line, index: number, all: readonly Line[]) => boolean {
    return ({ says, of }, index, all) => {
      if (says === 'current' || (says === 'contexts' && what === 'delete')) return false;
      if (of === '') return !flat || says !== 'setting';
      if (of !== name) return true;
      if (what === 'save' || what === 'token') return says !== 'setting';
      // All from its first line to its last goes.
      return what !== 'delete' || index > all.findLastIndex((line) => line.of === name);
    };
  }

  /** What is left of `wanted` when it is looked for in `lines`, in its order; or of `lines` without what was found. */
  function restOf(wanted: readonly string[], lines: readonly string[], others = false): string[] {
    const rest: string[] = [];
    let at = 0;
    for (const line of wanted) {
      const found = others ? (lines[at] === line ? at : -1) : lines.indexOf(line, at);
      if (found === -1) rest.push(line);
      else at = found + 1;
    }
    return rest;
  }

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
