import { isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import { type Edit, lineEndOf } from './model.ts';

// Changes to YAML text that leave all other bytes as they are. Callers do not trust them: they parse the result and compare it with the
// intended change.

/** A field to write. */
export interface NewField {
  readonly name: string;
  readonly value: string;
}

/** Whether a field has no value yet: null, written out or empty. */
export function isNothing(node: unknown): boolean {
  return node === undefined || node === null || (isScalar(node) && node.value === null);
}

/** Replaces a scalar by a text with the same quoting. A block scalar becomes a scalar of a single line. */
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
      // The header of a block scalar may have a comment, and the last line end is part of the scalar.
      const block = text.slice(start, end);
      const comment = /^[|>][-+0-9]*([ \t]+#[^\r\n]*)?/.exec(block)?.[1] ?? '';
      return { start, end, text: `${plainOrQuoted(value)}${comment}${/\r?\n$/.exec(block)?.[0] ?? ''}` };
    }
  }
}

/** Adds a value to a key that has none. */
export function fillPair(text: string, pair: Pair, node: unknown, value: string): Edit {
  const [start, end] = isNode(node) ? rangeOf(node) : [0, 0];
  if (start < end) return { start, end, text: plainOrQuoted(value) };
  const colon = afterColon(pair);
  // This serves both `{A:}` and `A:`. A blank, a comment or the end of the line follows.
  return { start: colon, end: colon, text: ` ${plainOrQuoted(value)}${/[^\s,}]/.test(text.charAt(colon)) ? ' ' : ''}` };
}

/** Adds a key after the last one of a map that is not empty. @param value a text, or a map of one field. */
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

/** Adds the first field to an empty section: `data:`, `data: {}` or `data: null`. */
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

/**
 * Writes a text without quotes if YAML 1.1 and 1.2 both read it as this text, also in braces. Otherwise writes it in double quotes, as JSON
 * does.
 */
function plainOrQuoted(value: string): string {
  const plain = /^[A-Za-z/][\w./+=-]*$/.test(value) && !/^(?:true|false|yes|no|on|off|y|n|null)$/i.test(value);
  return plain ? value : JSON.stringify(value);
}

/** Adds whole lines after the line of an offset. A text without a line end at its end still has none. */
function addLines(text: string, offset: number, lines: readonly string[]): Edit {
  const lineEnd = lineEndOf(text);
  if (text[offset - 1] === '\n') return { start: offset, end: offset, text: lines.map((line) => line + lineEnd).join('') };
  const newline = text.indexOf('\n', offset);
  const at = newline === -1 ? text.length : newline + 1;
  const added = newline === -1 ? lines.map((line) => lineEnd + line) : lines.map((line) => line + lineEnd);
  return { start: at, end: at, text: added.join('') };
}

/** The indentation that puts a line in the same column as an offset, also if `? ` or `- ` stands before that. */
function indentOf(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return text.slice(start, offset).replace('\ufeff', '').replace(/[^ ]/g, ' ');
}

/** Where the content of a pair or node ends, before the comments and line ends that follow it. */
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

/** Where the missing value of a pair begins. */
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
