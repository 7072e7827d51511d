import type { Quoting } from './dotenv-quoting.ts';

/** The value of one assignment, read as a shell does; offsets count UTF-16 units. */
export interface AssignedValue {
  /** What is replaced when the value changes, quotes included. */
  readonly start: number;
  readonly end: number;
  /** Where the next line begins. */
  readonly next: number;
  readonly quoting: Quoting;
  /** With the quoting undone. */
  readonly value: string;
  /** Why its readers differ about it, as the end of a sentence that begins with the variable. */
  readonly refused?: string;
  /** Where quotes end that a shell takes to reach over lines, while readers of single lines do not. */
  readonly disputedTo?: number;
}

const READERS = {
  blanks: 'has a value with blanks outside of quotes, which its readers take differently',
  expansion: 'takes its value from elsewhere: there is a "$" or a "`" that a shell replaces',
  operator: 'has a value with characters outside of quotes that a shell acts on',
  quote: 'has a quote that is not closed on its line',
  continued: 'has a value that goes on on the next line',
} as const;

/** What may follow a value: blanks, a comment, or what exports the variable. */
const REST = /[ \t]*(?:[ \t]#[^\n]*|;[ \t]*export[ \t]+[A-Za-z_]\w*[ \t]*;?[ \t]*)?\r?(?=\n|$)/y;

/**
 * Reads the value that begins at `from`, right behind the equals sign. The value of a variable nobody asks for may be anything:
 * a shell, systemd and docker differ about many of them, and `refused` says where they do.
 */
export function readAssignedValue(text: string, from: number): AssignedValue {
  const start = skipBlanks(text, from);
  // A "#" begins a comment only behind a blank.
  if (matchesAt(REST, text, from)) {
    return { start: from, end: from, next: nextLine(text, from), quoting: 'none', value: '' };
  }
  let disputedTo: number | undefined;
  let refused: string | undefined = text[start] === '~' ? READERS.expansion : undefined;
  let value = '';
  let pieces = 0;
  let quoting: Quoting = 'none';
  let at = start;
  while (at < text.length && text[at] !== '\n') {
    const char = text.charAt(at);
    if (/[ \t\r;]/.test(char) && matchesAt(REST, text, at)) break;
    const piece = readPiece(text, at, start);
    refused ??= piece.refused;
    disputedTo = piece.disputedTo ?? disputedTo;
    quoting = ++pieces === 1 ? piece.quoting : quoting === 'none' && piece.quoting === 'none' ? 'none' : 'parts';
    value += piece.value;
    at = piece.end;
  }
  return {
    ...{ start, end: at, next: nextLine(text, at), quoting, value },
    ...(refused === undefined ? {} : { refused }),
    ...(disputedTo === undefined ? {} : { disputedTo }),
  };
}

interface Piece {
  readonly end: number;
  readonly value: string;
  readonly quoting: Quoting;
  readonly refused?: string;
  readonly disputedTo?: number;
}

/** One character, escaped character or quoted text of a value. */
function readPiece(text: string, at: number, start: number): Piece {
  const char = text.charAt(at);
  if (char === "'" || char === '"') return readQuoted(text, at, start);
  if (char === '\\') {
    const continuation = /\\\r?\n/y;
    if (matchesAt(continuation, text, at)) {
      return { end: text.indexOf('\n', at) + 1, value: '', quoting: 'parts', refused: READERS.continued };
    }
    return { end: Math.min(at + 2, text.length), value: text.charAt(at + 1), quoting: 'parts' };
  }
  if (/[ \t]/.test(char)) {
    const end = skipBlanks(text, at);
    return { end, value: text.slice(at, end), quoting: 'none', refused: READERS.blanks };
  }
  const refused = /[$`]/.test(char) ? READERS.expansion : /[;&|<>()]/.test(char) ? READERS.operator : undefined;
  return { end: at + 1, value: char, quoting: 'none', ...(refused === undefined ? {} : { refused }) };
}

/** Quotes that begin a value may reach over lines for all readers that know quotes; within a value only for a shell. */
function readQuoted(text: string, at: number, start: number): Piece {
  const quote = text.charAt(at);
  const close = closingQuote(text, at);
  const line = text.indexOf('\n', at);
  const manyLines = close !== -1 && line !== -1 && line < close;
  if (close === -1 || (manyLines && at !== start)) {
    return {
      end: at + 1,
      value: quote,
      quoting: 'none',
      refused: READERS.quote,
      ...(manyLines ? { disputedTo: close } : {}),
    };
  }
  const inner = text.slice(at + 1, close);
  if (quote === "'") return { end: close + 1, value: inner, quoting: 'single' };
  const expanded = /[$`]/.test(inner.replace(/\\[\s\S]/g, ''));
  return {
    end: close + 1,
    value: inner.replace(/\\\r?\n/g, '').replace(/\\(["\\$`])/g, '$1'),
    quoting: 'double',
    ...(expanded ? { refused: READERS.expansion } : {}),
  };
}

function closingQuote(text: string, at: number): number {
  const quote = text.charAt(at);
  if (quote === "'") return text.indexOf(quote, at + 1);
  let close = at + 1;
  while (close < text.length && text[close] !== quote) close += text[close] === '\\' ? 2 : 1;
  return close < text.length ? close : -1;
}

function nextLine(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline === -1 ? text.length : newline + 1;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}

/** @param pattern a sticky one. */
export function matchesAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}
