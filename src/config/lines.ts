import { UnchangeableError } from './nodes.ts';

// Changes to whole lines of a text; offsets are those of the text that is given.

/** Puts whole lines in at the start of a line, with the line ends of the file. A file without a newline at its end still has none. */
export function addLines(source: string, at: number, indent: string, text: string): string {
  const eol = /\r?\n/.exec(source)?.[0] ?? '\n';
  const lines = text
    .split('\n')
    .map((line) => (line === '' ? '' : indent + line))
    .join(eol);
  const before = source.slice(0, at);
  if (before === '' || before === '\ufeff' || before.endsWith('\n')) return splice(source, at, at, lines + eol);
  return splice(source, at, at, eol + lines);
}

/** Removes the lines that a part of the text stands in. @throws UnchangeableError when something else begins the first of them. */
export function removeLines(source: string, from: number, to: number): string {
  const start = lineStart(source, from);
  if (source.slice(start, from).trim() !== '') throw new UnchangeableError();
  const end = lineEnd(source, to);
  // A file without a last newline stays one.
  const newline = end === source.length && !source.endsWith('\n') ? (/\r?\n$/.exec(source.slice(0, start))?.[0].length ?? 0) : 0;
  return splice(source, start - newline, end, '');
}

/** Blanks as wide as what stands in front of the offset in its line: the indentation of a key, also of one after `- `. */
export function column(source: string, offset: number): string {
  const indent = source.slice(lineStart(source, offset), offset);
  return indent.replace(/[^ ]/g, ' ');
}

/** Offset of the first character of the line that `offset` is in, behind a byte order mark. */
export function lineStart(source: string, offset: number): number {
  const start = source.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && source.startsWith('\ufeff') ? Math.min(1, offset) : start;
}

/** Offset after the newline of the line `offset` is in; `offset` itself at the start of a line. */
export function lineEnd(source: string, offset: number): number {
  if (offset > 0 && source[offset - 1] === '\n') return offset;
  const newline = source.indexOf('\n', offset);
  return newline === -1 ? source.length : newline + 1;
}

/** The text with another part of it. */
export function splice(source: string, start: number, end: number, text: string): string {
  return source.slice(0, start) + text + source.slice(end);
}
