import type { Quoting } from './dotenv-quoting.ts';
import { closingQuote } from './shell-quotes.ts';

/** The value of one assignment, as a shell reads it. Offsets count UTF-16 units. */
export interface AssignedValue {
  /** Where the value begins and ends, quotes included. */
  readonly start: number;
  readonly end: number;
  /** Where the next line begins. */
  readonly next: number;
  readonly quoting: Quoting;
  /** The value without its quotes and escapes. */
  readonly value: string;
  /** Why programs read this value differently, as the end of a sentence that begins with the variable. */
  readonly refused?: string;
}

/** Each text ends a sentence that begins with the variable. */
const UNCLEAR = {
  blanks: 'has a value with blanks outside of quotes, which programs read differently',
  expansion: 'takes its value from elsewhere: it has a "$" or a "`" outside of single quotes, which a shell replaces',
  operator: 'has a value with characters outside of quotes that a shell acts on',
  quote: 'has a quote that is not closed on its line',
  continued: 'has a value that continues on the next line',
} as const;

/** What may follow a value: blanks, a comment, or an `export` of the variable. */
const REST = /[ \t]*(?:[ \t]#[^\n]*|;[ \t]*export[ \t]+[A-Za-z_]\w*[ \t]*;?[ \t]*)?\r?(?=\n|$)/y;

/**
 * Reads the value that begins at `from`, right after the equals sign. Shells, systemd and docker read many values differently; `refused`
 * then says why. That matters only for the variable that holds the key.
 */
export function readAssignedValue(text: string, from: number): AssignedValue {
  const start = skipBlanks(text, from);
  // A "#" begins a comment only after a blank.
  if (matchesAt(REST, text, from)) {
    return { start: from, end: from, next: nextLine(text, from), quoting: 'none', value: '' };
  }
  let refused: string | undefined = text[start] === '~' ? UNCLEAR.expansion : undefined;
  let value = '';
  let pieces = 0;
  let quoting: Quoting = 'none';
  let at = start;
  while (at < text.length && text[at] !== '\n') {
    const char = text.charAt(at);
    if (/[ \t\r;]/.test(char) && matchesAt(REST, text, at)) break;
    const piece = readPiece(text, at, start);
    refused ??= piece.refused;
    quoting = ++pieces === 1 ? piece.quoting : quoting === 'none' && piece.quoting === 'none' ? 'none' : 'parts';
    value += piece.value;
    at = piece.end;
  }
  return { start, end: at, next: nextLine(text, at), quoting, value, ...(refused === undefined ? {} : { refused }) };
}

interface Piece {
  readonly end: number;
  readonly value: string;
  readonly quoting: Quoting;
  readonly refused?: string;
}

/** One character, escaped character or quoted text of a value. */
function readPiece(text: string, at: number, start: number): Piece {
  const char = text.charAt(at);
  if (char === "'" || char === '"') return readQuoted(text, at, start);
  if (char === '\\') {
    const continuation = /\\\r?\n/y;
    if (matchesAt(continuation, text, at)) {
      return { end: text.indexOf('\n', at) + 1, value: '', quoting: 'parts', refused: UNCLEAR.continued };
    }
    return { end: Math.min(at + 2, text.length), value: text.charAt(at + 1), quoting: 'parts' };
  }
  if (/[ \t]/.test(char)) {
    const end = skipBlanks(text, at);
    return { end, value: text.slice(at, end), quoting: 'none', refused: UNCLEAR.blanks };
  }
  const refused = /[$`]/.test(char) ? UNCLEAR.expansion : /[;&|<>()]/.test(char) ? UNCLEAR.operator : undefined;
  return { end: at + 1, value: char, quoting: 'none', ...(refused === undefined ? {} : { refused }) };
}

/**
 * Quotes at the beginning of a value may span lines for every reader that knows quotes. Quotes in the middle of a value may span lines only
 * for a shell.
 */
function readQuoted(text: string, at: number, start: number): Piece {
  const quote = text.charAt(at);
  const close = closingQuote(text, at);
  const inner = text.slice(at + 1, close);
  if (close === -1 || (at !== start && inner.includes('\n'))) {
    return { end: at + 1, value: quote, quoting: 'none', refused: UNCLEAR.quote };
  }
  if (quote === "'") return { end: close + 1, value: inner, quoting: 'single' };
  const expanded = /[$`]/.test(inner.replace(/\\[\s\S]/g, ''));
  return {
    end: close + 1,
    value: inner.replace(/\\\r?\n/g, '').replace(/\\(["\\$`])/g, '$1'),
    quoting: 'double',
    ...(expanded ? { refused: UNCLEAR.expansion } : {}),
  };
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
