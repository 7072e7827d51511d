import { isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { addLines, column, lineEnd, removeLines, splice } from './lines.ts';
import { afterColon, contentEnd, dashOf, nameOf, pairOf, rangeOf, startOf, UnchangeableError } from './nodes.ts';
import { blockPairs, type Entries, flowPairs, type NewContext, quoted, scalar } from './render.ts';

// Changes to YAML text that touch nothing but the bytes in question. Each takes a text and a node parsed from exactly that
// text (with `keepSourceTokens`) and returns the new text; for the next change it is parsed again. Callers check the
// result: see `verified`.

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
export function appendContext(source: string, root: YAMLMap, context: NewContext): string {
  const pair = pairOf(root, 'contexts');
  if (pair === undefined) {
    return addPair(source, root, root.flow ? `"contexts": [${context.flow}]` : `contexts:\n${context.block('  ')}`);
  }
  const list = pair.value;
  if (isSeq(list) && !list.flow) return appendBlockItem(source, list, context);
  const indent = column(source, rangeOf(pair.key)[0]);
  const colon = afterColon(pair);
  if (isSeq(list)) {
    const [start, end] = rangeOf(list);
    const aloneOnLine = /^[ \t]*(?:\r?\n|$)/.test(source.slice(end));
    if (list.items.length === 0 && !root.flow && aloneOnLine && source.slice(colon, start).trim() === '') {
      return addLines(splice(source, colon, end, ''), lineEnd(source, end) - (end - colon), indent, context.block('  '));
    }
    const last = list.items.at(-1);
    const at = last === undefined ? start + 1 : contentEnd(last);
    return splice(source, at, at, `${last === undefined ? '' : ', '}${context.flow}`);
  }
  // `contexts:` without a value, or with `null`.
  const [start, end] = rangeOf(list);
  if (root.flow) return splice(source, start === end ? colon : start, start === end ? colon : end, ` [${context.flow}]`);
  const cleared = start === end ? source : splice(source, start, end, '');
  return addLines(cleared, lineEnd(cleared, colon), indent, context.block('  '));
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
export function firstContexts(source: string, context: NewContext): string {
  return addLines(source, source.length, '', `contexts:\n${context.block('  ')}`);
}

function appendBlockItem(source: string, list: YAMLSeq, context: NewContext): string {
  const indent = column(source, dashOf(list, 0));
  const last = list.items.at(-1);
  return addLines(source, lineEnd(source, contentEnd(last)), indent, context.block(''));
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
