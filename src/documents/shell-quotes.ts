/** Where the quotes that open at `at` close; -1 if they do not. A backslash is an escape only in double quotes. */
export function closingQuote(text: string, at: number): number {
  const quote = text.charAt(at);
  if (quote === "'") return text.indexOf(quote, at + 1);
  let close = at + 1;
  while (close < text.length && text[close] !== quote) close += text[close] === '\\' ? 2 : 1;
  return close < text.length ? close : -1;
}

/** Quoted text that spans lines, as the offsets of its quotes. */
export interface QuotedLines {
  readonly open: number;
  readonly close: number;
}

/**
 * Finds text that a shell takes as a quoted text of several lines. For example, with `A=it's` on one line and `B=that's` on another,
 * everything between the two quotes is quoted. Programs that read line by line see no quotes there.
 * @returns in the order of the text. Empty if the last quotes are never closed, because no shell can read such a file.
 */
export function quotedLines(text: string): QuotedLines[] {
  const found: QuotedLines[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '\\') at += 2;
    else if (beginsComment(text, at)) {
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end;
    } else if (char === "'" || char === '"') {
      const close = closingQuote(text, at);
      if (close === -1) return [];
      if (text.slice(at, close).includes('\n')) found.push({ open: at, close });
      at = close + 1;
    } else at++;
  }
  return found;
}

/** Whether a comment begins here. For systemd a semicolon at the beginning of a line begins one; in a shell that is a syntax error. */
function beginsComment(text: string, at: number): boolean {
  const before = at === 0 ? '\n' : text.charAt(at - 1);
  return (text[at] === '#' && /\s/.test(before)) || (text[at] === ';' && before === '\n');
}
