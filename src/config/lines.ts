import { UnchangeableError } from './nodes.ts';

// Changes to whole lines of a text. Offsets refer to the given text.

/** Inserts whole lines at the start of a line, with the line ends of the file. A file without a newline at its end still has none. */
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

/** Removes the lines of a part of the text. @throws UnchangeableError when other text stands before it on its first line. */
export function removeLines(source: string, from: number, to: number): string {
  const start = lineStart(source, from);
  if (source.slice(start, from).trim() !== '') throw new UnchangeableError();
  const end = lineEnd(source, to);
  // A file without a newline at its end still has none.
  const newline = end === source.length && !source.endsWith('\n') ? (/\r?\n$/.exec(source.slice(0, start))?.[0].length ?? 0) : 0;
  return splice(source, start - newline, end, '');
}

/** Blanks as wide as the text before an offset on its line. This is the indentation of a key, also of a key after `- `. */
export function column(source: string, offset: number): string {
  const indent = source.slice(lineStart(source, offset), offset);
  return indent.replace(/[^ ]/g, ' ');
}

/** Offset of the first character of the line that contains `offset`, after a byte order mark. */
export function lineStart(source: string, offset: number): number {
  const start = source.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && source.startsWith('\ufeff') ? Math.min(1, offset) : start;
}

/** Offset after the newline of the line that contains `offset`; `offset` itself if it is at the start of a line. */
export function lineEnd(source: string, offset: number): number {
  if (offset > 0 && source[offset - 1] === '\n') return offset;
  const newline = source.indexOf('\n', offset);
  return newline === -1 ? source.length : newline + 1;
}

/** Replaces a part of a text. */
export function splice(source: string, start: number, end: number, text: string): string {
  return source.slice(0, start) + text + source.slice(end);
}
