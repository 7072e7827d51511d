import fc from 'fast-check';

export interface ConfigText {
  readonly source: string;
  /** Names of the contexts in its list. */
  readonly names: readonly string[];
}

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
    const lines = [
      ...(shape.marker ? ['---'] : []),
      ...(shape.head === undefined ? [] : [`# ${shape.head}`]),
      ...(shape.currentFirst ? current : []),
      ...(shape.flat?.flat() ?? []),
      ...(shape.entries.length === 0 ? [] : ['contexts:']),
      ...shape.entries.flatMap((item) => [
        ...(item.before === undefined ? [] : [`${shape.indent}# ${item.before}`]),
        `${shape.indent}- name: ${item.name}`,
        ...(item.isFlow
          ? [`${shape.indent}  context: ${item.flow}`]
          : [`${shape.indent}  context:`, ...item.block.flat().map((line) => `${shape.indent}    ${line}`)]),
        ...(item.after === undefined ? [] : [`${shape.indent}      # ${item.after}`]),
        ...(shape.blank ? [''] : []),
      ]),
      ...(shape.currentFirst ? [] : current),
      ...(shape.tail === undefined ? [] : [`# ${shape.tail}`]),
    ];
    const text = (shape.bom ? '\ufeff' : '') + lines.join('\n') + (shape.finalNewline ? '\n' : '');
    return { source: shape.crlf ? text.replaceAll('\n', '\r\n') : text, names };
  });
