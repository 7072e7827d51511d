/**
 * Characters that a terminal, a log viewer or a pager could interpret instead of showing them: the control characters (`Cc` is C0, DEL and
 * C1), the Unicode line separators, the bidirectional controls, the byte order mark, and lone surrogates (with the `u` flag `Cs` never
 * matches half of a pair).
 */
const UNSAFE = '[\\p{Cc}\\p{Cs}\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]';
const unsafe = new RegExp(UNSAFE, 'u');
const everyUnsafe = new RegExp(UNSAFE, 'gu');

/**
 * Makes text from any source safe to show. Unsafe characters become a literal `\uXXXX`; everything else stays. Applying it twice does no
 * harm.
 */
export function visible(text: string): string {
  return unsafe.test(text) ? text.replace(everyUnsafe, unicodeEscape) : text;
}

/** `\uXXXX` for one UTF-16 unit, as JSON writes it. */
function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
