import fc from 'fast-check';
import { usableSecret } from '../../src/documents/usable.ts';

export const everyPrintable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index)).join('');

/** Any text that a key could be: printable ASCII without blanks at its ends. */
export const key = fc
  .string({ unit: fc.constantFrom(...everyPrintable), minLength: 1, maxLength: 60 })
  .map((text) => text.trim())
  .filter((text) => usableSecret(text) === undefined);

/** A key as platforms make them, some of them base64 with its padding. */
export const realKey = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{1,60}$/),
  fc.stringMatching(/^[a-z][A-Z][A-Za-z0-9_-]{0,60}={1,2}$/),
);

/** Keys that one reader or another would take for something else. */
export const trickyKeys = [
  ...['true', 'null', '~', 'yes', 'n', '1e3', '0x10', '0o7', '12_3', '1:30', '.inf', '2026-01-01', '=', '==', '-', '---', '...'],
  ...[
    '- a',
    '*a',
    '&a',
    '!a',
    '!!str',
    '{',
    '}',
    '[',
    '%',
    '@',
    '`',
    '#',
    '# a',
    'a #b',
    'a#b',
    'a: b',
    'a:',
    ': a',
    '? a',
    '|',
    '>',
  ],
  ...[
    '$(touch ran)',
    '`id`',
    '$HOME',
    '$',
    '\\',
    '\\\\',
    '\\n',
    'a\\',
    "it's",
    "'",
    "''",
    '"',
    '""',
    '\'"',
    '\'"$`\\',
    '!!',
    '~/x',
  ],
  ...[
    'a b',
    'a  b',
    'a=b',
    'A=',
    'A=b',
    'export A=b',
    'a;b',
    'a&b',
    'a|b',
    '<a>',
    '(a)',
    '*x',
    '?',
    '^',
    'a,b',
    '{a,b}',
    '%s',
    '%i',
  ],
  ...['kind:', '"kind": "Secret"', '{"kind":"Secret"}', '<<', '#!', '\\u0041', '\\x41'],
];
