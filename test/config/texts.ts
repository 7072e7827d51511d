import fc from 'fast-check';

export interface ConfigText {
  readonly source: string;
  /** Names of the contexts in its list. */
  readonly names: readonly string[];
  readonly lines: readonly Line[];
}

export interface Line {
  /** Without its line end. */
  readonly text: string;
  /** What the line says, as far as a change may touch it; nothing for comments, unknown keys and blank lines. */
  readonly says?: 'setting' | 'entry' | 'current' | 'contexts';
  /** The context of the list that it belongs to; `''` for the flat form. */
  readonly of?: string;
}

const KNOWN = /^(?:url|api-token|service-token|api-path|ca-cert-path):/;

const word = fc
  .stringMatching(/^[a-z][a-z0-9.-]{0,9}$/)
  .filter((text) => !['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n'].includes(text));
const comment = fc.option(word, { nil: undefined });
const style = fc.constantFrom('plain', 'single', 'double');

const scalar = fc
  .tuple(word, style)
  .map(([text, quotes]) => (quotes === 'plain' ? text : quotes === 'single' ? `'${text}'` : `"${text}"`));
const keys = fc.uniqueArray(
  fc.constantFrom('url', 'api-token', 'service-token', 'api-path', 'ca-cert-path', 'x-owner', 'x-list', 'x-map'),
  {
    minLength: 1,
  },
);

/** Lines of one context's settings, without indentation. */
const settings = keys.chain((chosen) =>
  fc.tuple(
    ...chosen.map((key) =>
      fc.tuple(scalar, comment, comment).map(([value, beside, above]) => {
        const lines = above === undefined ? [] : [`# ${above}`];
        if (key === 'x-list') return [...lines, `${key}:`, `- ${value}`, '- two'];
        if (key === 'x-map') return [...lines, `${key}:`, `  deep: ${value}`, '  text: |', '    first', '      second', ''];
        return [...lines, `${key}: ${value}${beside === undefined ? '' : ` # ${beside}`}`];
      }),
    ),
  ),
);

const flowSettings = keys.map((chosen) => `{${chosen.map((key) => `${key}: v`).join(', ')}}`);

const entry = fc.record({
  name: word,
  block: settings,
  flow: flowSettings,
  isFlow: fc.boolean(),
  before: comment,
  after: comment,
});

/** Config files as people write them: comments anywhere, flow and block style, unknown keys, flat form, any indentation and line ends. */
export const configTexts: fc.Arbitrary<ConfigText> = fc
  .record({
    entries: fc.uniqueArray(entry, { selector: ({ name }) => name, maxLength: 4 }),
    flat: fc.option(settings, { nil: undefined }),
    indent: fc.constantFrom('', '  ', '    '),
    current: fc.option(fc.nat(), { nil: undefined }),
    currentFirst: fc.boolean(),
    crlf: fc.boolean(),
    bom: fc.boolean(),
    marker: fc.boolean(),
    finalNewline: fc.boolean(),
    head: comment,
    tail: comment,
    blank: fc.boolean(),
  })
  .map((shape) => {
    const names = shape.entries.map(({ name }) => name);
    const name = names[(shape.current ?? 0) % Math.max(1, names.length)];
    const current = shape.current === undefined || name === undefined ? [] : [`current-context: ${name}`];
    const comments = (indent: string, text: string | undefined): Line[] =>
      text === undefined ? [] : [{ text: `${indent}# ${text}` }];
    const setting =
      (of: string, indent: string) =>
      (text: string): Line =>
        KNOWN.test(text) ? { text: indent + text, says: 'setting', of } : { text: indent + text, of };
    const { indent } = shape;
    const currentLine = current.map((text): Line => ({ text, says: 'current' }));
    const lines: Line[] = [
      ...(shape.marker ? [{ text: '---' }] : []),
      ...comments('', shape.head),
      ...(shape.currentFirst ? currentLine : []),
      ...(shape.flat?.flat() ?? []).map(setting('', '')),
      ...(shape.entries.length === 0 ? [] : [{ text: 'contexts:', says: 'contexts' } as const]),
      ...shape.entries.flatMap((item): Line[] => [
        ...comments(indent, item.before),
        { text: `${indent}- name: ${item.name}`, says: 'entry', of: item.name },
        ...(item.isFlow
          ? [{ text: `${indent}  context: ${item.flow}`, says: 'setting', of: item.name } as const]
          : [
              { text: `${indent}  context:`, says: 'entry', of: item.name } as const,
              ...item.block.flat().map(setting(item.name, `${indent}    `)),
            ]),
        ...comments(`${indent}      `, item.after),
        ...(shape.blank ? [{ text: '' }] : []),
      ]),
      ...(shape.currentFirst ? [] : currentLine),
      ...comments('', shape.tail),
    ];
    const text = (shape.bom ? '\ufeff' : '') + lines.map((line) => line.text).join('\n') + (shape.finalNewline ? '\n' : '');
    return { source: shape.crlf ? text.replaceAll('\n', '\r\n') : text, names, lines };
  });
