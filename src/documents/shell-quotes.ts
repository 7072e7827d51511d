/** Where the quotes that open at `at` close; -1 where they do not. A backslash escapes within double quotes only. */
export function closingQuote(text: string, at: number): number {
  const quote = text.charAt(at);
  if (quote === "'") return text.indexOf(quote, at + 1);
  let close = at + 1;
  while (close < text.length && text[close] !== quote) close += text[close] === '\\' ? 2 : 1;
  return close < text.length ? close : -1;
}

/** Quoted text that reaches over lines, as offsets of its quotes. */
export interface QuotedLines {
  readonly open: number;
  readonly close: number;
}

/**
 * What a shell takes for quoted text of several lines: with `A=it's` on one line and `B=that's` on another, all between the two. Readers
 * of single lines see no quotes there.
 * @returns in the order of the text; none where quotes are left open at the end, since no shell can read such a file.
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

/** A semicolon begins a comment for systemd, at the beginning of a line, where no shell can have one. */
function beginsComment(text: string, at: number): boolean {
  const before = at === 0 ? '\n' : text.charAt(at - 1);
  return (text[at] === '#' && /\s/.test(before)) || (text[at] === ';' && before === '\n');
}
