import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { blockContexts, blockItem, blockPairs, type Entries, flowContext, flowPairs, quoted, scalar } from './render.ts';

// Changes to YAML text that touch nothing but the bytes in question. Each takes a text and a node parsed from exactly that
// text (with `keepSourceTokens`) and returns the new text; for the next change it is parsed again. They are not trusted:
// whoever calls them compares what the result says with what was meant.

/** The text is laid out in a way these changes do not master, such as an explicit `? key`. */
export class UnchangeableError extends Error {}

/** Sets a key of a map to one text; a new key comes last. */
export function setKey(source: string, map: YAMLMap, key: string, value: string | boolean): string {
  const pair = pairOf(map, key);
  const written = map.flow === true ? quoted(value) : scalar(value);
  if (pair === undefined) return addPair(source, map, map.flow ? `"${key}": ${written}` : `${key}: ${written}`);
  const [start, end] = rangeOf(pair.value);
  if (start === end) return splice(source, afterColon(pair), afterColon(pair), ` ${written}`);
  // A block scalar ends with its newline.
  const newline = /\r?\n$/.exec(source.slice(start, end))?.[0] ?? '';
  return splice(source, start, end, written + newline);
}

/** Adds a pair, given as text without its indentation, after the last one. Lines after the first are indented with it. */
export function addPair(source: string, map: YAMLMap, text: string): string {
  const last = map.items.at(-1);
  if (map.flow) {
    const end = last === undefined ? rangeOf(map)[0] + 1 : contentEnd(last);
    return splice(source, end, end, last === undefined ? text : `, ${text}`);
  }
  const first = map.items[0];
  if (first === undefined || last === undefined) throw new UnchangeableError();
  return addLines(source, lineEnd(source, contentEnd(last)), column(source, rangeOf(first.key)[0]), text);
}

/** Removes a key of a map with its value; in block style its lines, comments on them included. */
export function removeKey(source: string, map: YAMLMap, key: string): string {
  const index = map.items.findIndex((item) => nameOf(item) === key);
  const pair = map.items[index];
  if (pair === undefined) return source;
  if (map.flow) return removeFlowItem(source, map.items, index);
  return removeLines(source, rangeOf(pair.key)[0], contentEnd(pair));
}

/** Appends `{name, context}` to the list `contexts` of the file's map, which need not be there yet. */
export function appendContext(source: string, root: YAMLMap, name: string, entries: Entries): string {
  const pair = pairOf(root, 'contexts');
  if (pair === undefined) {
    return addPair(source, root, root.flow ? `"contexts": [${flowContext(name, entries)}]` : blockContexts(name, entries));
  }
  const list = pair.value;
  if (isSeq(list) && !list.flow) return appendBlockItem(source, list, name, entries);
  const indent = column(source, rangeOf(pair.key)[0]);
  const colon = afterColon(pair);
  if (isSeq(list)) {
    const [start, end] = rangeOf(list);
    const aloneOnLine = /^[ \t]*(?:\r?\n|$)/.test(source.slice(end));
    if (list.items.length === 0 && !root.flow && aloneOnLine && source.slice(colon, start).trim() === '') {
      return addLines(
        splice(source, colon, end, ''),
        lineEnd(source, end) - (end - colon),
        indent,
        blockItem(name, entries, '  '),
      );
    }
    const last = list.items.at(-1);
    const at = last === undefined ? start + 1 : contentEnd(last);
    return splice(source, at, at, `${last === undefined ? '' : ', '}${flowContext(name, entries)}`);
  }
  // `contexts:` without a value, or with `null`.
  const [start, end] = rangeOf(list);
  if (root.flow)
    return splice(source, start === end ? colon : start, start === end ? colon : end, ` [${flowContext(name, entries)}]`);
  const cleared = start === end ? source : splice(source, start, end, '');
  return addLines(cleared, lineEnd(cleared, colon), indent, blockItem(name, entries, '  '));
}

/** Removes an item of the list `contexts`; the last one leaves an empty list behind. */
export function removeItem(source: string, root: YAMLMap, list: YAMLSeq, index: number): string {
  if (list.flow) return removeFlowItem(source, list.items, index);
  const without = removeLines(source, dashOf(list, index), contentEnd(list.items[index]));
  const pair = pairOf(root, 'contexts');
  if (list.items.length > 1 || pair === undefined) return without;
  return splice(without, afterColon(pair), afterColon(pair), ' []');
}

/** Gives an entry of the list that has no context (or an empty one) its context. */
export function fillContext(source: string, entry: YAMLMap, entries: Entries): string {
  const pair = pairOf(entry, 'context');
  const flow = `{${flowPairs(entries)}}`;
  if (pair === undefined) {
    return addPair(source, entry, entry.flow ? `"context": ${flow}` : `context:\n${blockPairs(entries, '  ').join('\n')}`);
  }
  const [start, end] = rangeOf(pair.value);
  return start === end ? splice(source, afterColon(pair), afterColon(pair), ` ${flow}`) : splice(source, start, end, flow);
}

/** The contexts of a file that has no contents yet. */
export function firstContexts(source: string, name: string, entries: Entries): string {
  return addLines(source, source.length, '', blockContexts(name, entries));
}

export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((item) => nameOf(item) === key);
}

function appendBlockItem(source: string, list: YAMLSeq, name: string, entries: Entries): string {
  const indent = column(source, dashOf(list, 0));
  const last = list.items.at(-1);
  return addLines(source, lineEnd(source, contentEnd(last)), indent, blockItem(name, entries, ''));
}

function dashOf(list: YAMLSeq, index: number): number {
  const token = list.srcToken;
  if (token?.type !== 'block-seq') throw new UnchangeableError();
  const items = token.items.filter((item) => item.start.some((part) => part.type === 'seq-item-ind'));
  const dash = items[index]?.start.find((part) => part.type === 'seq-item-ind');
  if (dash === undefined) throw new UnchangeableError();
  return dash.offset;
}

/** Removes an item of a flow collection with one comma; a comment beside it stays. */
function removeFlowItem(source: string, items: readonly unknown[], index: number): string {
  const [start, end] = [startOf(items[index]), contentEnd(items[index])];
  if (index > 0) {
    const before = contentEnd(items[index - 1]);
    const gap = source.slice(before, start);
    return splice(source, before, end, gap.includes('#') ? withoutComma(gap) : '');
  }
  if (items.length === 1) {
    const comma = /^\s*,/.exec(source.slice(end))?.[0].length ?? 0;
    return splice(source, start, end + comma, '');
  }
  const gap = source.slice(end, startOf(items[1]));
  return splice(source, start, end + gap.length, gap.includes('#') ? withoutComma(gap) : '');
}

function withoutComma(gap: string): string {
  return gap.replace(/^((?:\s|#[^\n]*\n)*),/, '$1');
}

/** Puts whole lines at the start of a line, with the file's own line ends; where the file lacks a last newline, it keeps lacking it. */
function addLines(source: string, at: number, indent: string, text: string): string {
  const eol = /\r?\n/.exec(source)?.[0] ?? '\n';
  const lines = text
    .split('\n')
    .map((line) => indent + line)
    .join(eol);
  const before = source.slice(0, at);
  if (before === '' || before === '\ufeff' || before.endsWith('\n')) return splice(source, at, at, lines + eol);
  return splice(source, at, at, eol + lines);
}

function removeLines(source: string, from: number, to: number): string {
  const start = lineStart(source, from);
  if (source.slice(start, from).trim() !== '') throw new UnchangeableError();
  const end = lineEnd(source, to);
  // A file without a last newline stays one.
  const newline = end === source.length && !source.endsWith('\n') ? (/\r?\n$/.exec(source.slice(0, start))?.[0].length ?? 0) : 0;
  return splice(source, start - newline, end, '');
}

function column(source: string, offset: number): string {
  const indent = source.slice(lineStart(source, offset), offset);
  // After `- ` the next key stands as deep as this one.
  return indent.replace(/[^ ]/g, ' ');
}

function lineStart(source: string, offset: number): number {
  const start = source.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && source.startsWith('\ufeff') ? Math.min(1, offset) : start;
}

/** Offset after the newline of the line `offset` is in; `offset` itself at the start of a line. */
function lineEnd(source: string, offset: number): number {
  if (offset > 0 && source[offset - 1] === '\n') return offset;
  const newline = source.indexOf('\n', offset);
  return newline === -1 ? source.length : newline + 1;
}

/** Where the last character of a pair or node is, without the comments and newlines after it. */
function contentEnd(item: unknown): number {
  if (isPair(item)) {
    const value = item.value;
    if (!isNode(value)) return rangeOf(item.key)[1];
    const [start, end] = rangeOf(value);
    return start === end ? afterColon(item) : contentEnd(value);
  }
  const node = item as Node | null | undefined;
  if ((isMap(node) || isSeq(node)) && !node.flow) {
    const last: unknown = node.items.at(-1);
    if (last !== undefined) return contentEnd(last);
  }
  return rangeOf(node)[1];
}

function startOf(item: unknown): number {
  return rangeOf(isPair(item) ? item.key : item)[0];
}

function afterColon(pair: Pair): number {
  const token = pair.srcToken as { readonly sep?: readonly { readonly type: string; readonly offset: number }[] } | undefined;
  const colon = token?.sep?.find((part) => part.type === 'map-value-ind');
  if (colon === undefined) throw new UnchangeableError();
  return colon.offset + 1;
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = isNode(node) ? node.range : undefined;
  if (range === undefined || range === null) throw new UnchangeableError();
  return [range[0], range[1]];
}

function nameOf(pair: Pair): unknown {
  return isScalar(pair.key) ? pair.key.value : undefined;
}

function isNode(node: unknown): node is Node {
  return typeof node === 'object' && node !== null && 'range' in node;
}

function isPair(item: unknown): item is Pair {
  return typeof item === 'object' && item !== null && 'key' in item && 'value' in item && !('range' in item);
}

function splice(source: string, start: number, end: number, text: string): string {
  return source.slice(0, start) + text + source.slice(end);
}
