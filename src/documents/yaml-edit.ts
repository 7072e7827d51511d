import { isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import { type Edit, lineEndOf } from './model.ts';

// Changes to YAML text that touch nothing but the bytes in question. They are not trusted: whoever makes one reads the result again and
// compares it with what was meant.

/** A field to be written. */
export interface NewField {
  readonly name: string;
  readonly value: string;
}

/** Null, written or not: a field that has no value yet. */
export function isNothing(node: unknown): boolean {
  return node === undefined || node === null || (isScalar(node) && node.value === null);
}

/** Puts a text in a scalar's place, quoted as that one is; a block scalar becomes one of a single line. */
export function replaceScalar(text: string, node: Scalar, value: string): Edit {
  const [start, end] = rangeOf(node);
  switch (node.type) {
    case 'QUOTE_SINGLE':
      return { start, end, text: `'${value.replaceAll("'", "''")}'` };
    case 'QUOTE_DOUBLE':
      return { start, end, text: JSON.stringify(value) };
    case 'PLAIN':
      return { start, end, text: plainOrQuoted(value) };
    default: {
      // A block scalar: its header may have a comment, and its last line end belongs to it.
      const block = text.slice(start, end);
      const comment = /^[|>][-+0-9]*([ \t]+#[^\r\n]*)?/.exec(block)?.[1] ?? '';
      return { start, end, text: `${plainOrQuoted(value)}${comment}${/\r?\n$/.exec(block)?.[0] ?? ''}` };
    }
  }
}

/** Gives a key that has no value its value. */
export function fillPair(text: string, pair: Pair, node: unknown, value: string): Edit {
  const [start, end] = isNode(node) ? rangeOf(node) : [0, 0];
  if (start < end) return { start, end, text: plainOrQuoted(value) };
  const colon = afterColon(pair);
  // `{A:}` and `A:` alike; what follows on the line is a blank, a comment or the end.
  return { start: colon, end: colon, text: ` ${plainOrQuoted(value)}${/[^\s,}]/.test(text.charAt(colon)) ? ' ' : ''}` };
}

/** Adds a key behind the last one of a map that has some. @param value a text, or a map of one field. */
export function addPair(text: string, map: YAMLMap, name: string, value: string | NewField): Edit {
  const last = map.items.at(-1);
  const first = map.items[0];
  if (first === undefined || last === undefined || map.flow) {
    const at = last === undefined ? rangeOf(map)[0] + 1 : contentEnd(last);
    const pair =
      typeof value === 'string' ? flowPair(name, value) : `${plainOrQuoted(name)}: {${flowPair(value.name, value.value)}}`;
    return { start: at, end: at, text: last === undefined ? pair : `, ${pair}` };
  }
  const indent = indentOf(text, rangeOf(first.key)[0]);
  const lines =
    typeof value === 'string' ? [flowPair(name, value)] : [`${plainOrQuoted(name)}:`, `  ${flowPair(value.name, value.value)}`];
  return addLines(
    text,
    contentEnd(last),
    lines.map((line) => indent + line),
  );
}

/** Puts a first field in a section that has none: `data:`, `data: {}` or `data: null`. */
export function fillSection(text: string, parent: YAMLMap, section: Pair, field: NewField): Edit {
  const [start, end] = isNode(section.value) ? rangeOf(section.value) : [0, 0];
  const pair = flowPair(field.name, field.value);
  if (start < end) return { start, end, text: `{${pair}}` };
  const colon = afterColon(section);
  if (parent.flow) return { start: colon, end: colon, text: ` {${pair}}` };
  return addLines(text, colon, [`${indentOf(text, rangeOf(section.key)[0])}  ${pair}`]);
}

function flowPair(name: string, value: string): string {
  return `${plainOrQuoted(name)}: ${plainOrQuoted(value)}`;
}

/** Plain where YAML 1.1 and 1.2 both take it for this text, within braces too; else in double quotes, as JSON writes it. */
function plainOrQuoted(value: string): string {
  const plain = /^[A-Za-z/][\w./+=-]*$/.test(value) && !/^(?:true|false|yes|no|on|off|y|n|null)$/i.test(value);
  return plain ? value : JSON.stringify(value);
}

/** Whole lines behind the line of an offset; where the text has no last line end it goes on without one. */
function addLines(text: string, offset: number, lines: readonly string[]): Edit {
  const lineEnd = lineEndOf(text);
  if (text[offset - 1] === '\n') return { start: offset, end: offset, text: lines.map((line) => line + lineEnd).join('') };
  const newline = text.indexOf('\n', offset);
  const at = newline === -1 ? text.length : newline + 1;
  const added = newline === -1 ? lines.map((line) => lineEnd + line) : lines.map((line) => line + lineEnd);
  return { start: at, end: at, text: added.join('') };
}

/** The blanks that make a line begin where an offset is on its own one; behind `? ` or `- ` it stands as deep. */
function indentOf(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return text.slice(start, offset).replace('\ufeff', '').replace(/[^ ]/g, ' ');
}

/** Where the last character of a pair or node is, without the comments and line ends behind it. */
function contentEnd(item: Pair | Node): number {
  if (isPair(item)) {
    const value = item.value;
    if (!isNode(value)) return isNode(item.key) ? rangeOf(item.key)[1] : 0;
    const [start, end] = rangeOf(value);
    return start === end ? afterColon(item) : contentEnd(value);
  }
  if ((isMap(item) || isSeq(item)) && !item.flow) {
    const last: unknown = item.items.at(-1);
    if (isNode(last) || isPair(last)) return contentEnd(last);
  }
  return rangeOf(item)[1];
}

/** Where a value begins that is not there. */
function afterColon(pair: Pair): number {
  const token: unknown = pair.srcToken;
  const separators = typeof token === 'object' && token !== null && 'sep' in token ? token.sep : undefined;
  if (Array.isArray(separators)) {
    for (const part of separators) if (part.type === 'map-value-ind') return part.offset + 1;
  }
  return isNode(pair.key) ? rangeOf(pair.key)[1] : 0;
}

function rangeOf(node: unknown): readonly [start: number, end: number] {
  const range = isNode(node) ? node.range : undefined;
  return range === undefined || range === null ? [0, 0] : [range[0], range[1]];
}

function isNode(node: unknown): node is Node {
  return typeof node === 'object' && node !== null && 'range' in node;
}

function isPair(item: unknown): item is Pair {
  return typeof item === 'object' && item !== null && 'key' in item && 'value' in item && !('range' in item);
}
