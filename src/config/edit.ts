import { isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { addLines, column, lineEnd, removeLines, splice } from './lines.ts';
import { afterColon, contentEnd, dashOf, nameOf, pairOf, rangeOf, startOf, UnchangeableError } from './nodes.ts';
import { blockPairs, type Entries, flowPairs, type NewContext, quoted, scalar } from './render.ts';

// Changes to YAML text that leave all other bytes as they are. Each function takes a text and a node that was parsed from exactly that text
// (with `keepSourceTokens`), and returns the new text. The text must be parsed again before the next change. Callers check the result: see
// `verified`.

/** Sets a key of a map to a value. A new key is added at the end. */
export function setKey(source: string, map: YAMLMap, key: string, value: string | boolean): string {
  const pair = pairOf(map, key);
  const written = map.flow === true ? quoted(value) : scalar(value);
  if (pair === undefined) return addPair(source, map, map.flow ? `"${key}": ${written}` : `${key}: ${written}`);
  const [start, end] = rangeOf(pair.value);
  if (start === end) return splice(source, afterColon(pair), afterColon(pair), ` ${written}`);
  // The range of a block scalar includes its last newline.
  const newline = /\r?\n$/.exec(source.slice(start, end))?.[0] ?? '';
  return splice(source, start, end, written + newline);
}

/** Adds a pair after the last one of a map. The pair is given as text without indentation; each of its lines is indented. */
function addPair(source: string, map: YAMLMap, text: string): string {
  const last = map.items.at(-1);
  if (map.flow) {
    const end = last === undefined ? rangeOf(map)[0] + 1 : contentEnd(last);
    return splice(source, end, end, last === undefined ? text : `, ${text}`);
  }
  const first = map.items[0];
  if (first === undefined || last === undefined) throw new UnchangeableError();
  return addLines(source, lineEnd(source, contentEnd(last)), column(source, rangeOf(first.key)[0]), text);
}

/** Removes a key of a map with its value. In block style its lines are removed, including comments on them. */
export function removeKey(source: string, map: YAMLMap, key: string): string {
  const index = map.items.findIndex((item) => nameOf(item) === key);
  const pair = map.items[index];
  if (pair === undefined) return source;
  if (map.flow) return removeFlowItem(source, map.items, index);
  return removeLines(source, rangeOf(pair.key)[0], contentEnd(pair));
}

/** Appends `{name, context}` to the list `contexts` of the file's map. The list is created if it is missing. */
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

/** Removes an item of the list `contexts`. If it is the last one, an empty list stays. */
export function removeItem(source: string, root: YAMLMap, list: YAMLSeq, index: number): string {
  if (list.flow) return removeFlowItem(source, list.items, index);
  const without = removeLines(source, dashOf(list, index), contentEnd(list.items[index]));
  const pair = pairOf(root, 'contexts');
  if (list.items.length > 1 || pair === undefined) return without;
  return splice(without, afterColon(pair), afterColon(pair), ' []');
}

/** Sets the context of a list entry that has none, or an empty one. */
export function fillContext(source: string, entry: YAMLMap, entries: Entries): string {
  const pair = pairOf(entry, 'context');
  const flow = `{${flowPairs(entries)}}`;
  if (pair === undefined) {
    return addPair(source, entry, entry.flow ? `"context": ${flow}` : `context:\n${blockPairs(entries, '  ').join('\n')}`);
  }
  const [start, end] = rangeOf(pair.value);
  return start === end ? splice(source, afterColon(pair), afterColon(pair), ` ${flow}`) : splice(source, start, end, flow);
}

/** Adds the first context to a file that is empty. */
export function firstContexts(source: string, context: NewContext): string {
  return addLines(source, source.length, '', `contexts:\n${context.block('  ')}`);
}

function appendBlockItem(source: string, list: YAMLSeq, context: NewContext): string {
  const indent = column(source, dashOf(list, 0));
  const last = list.items.at(-1);
  return addLines(source, lineEnd(source, contentEnd(last)), indent, context.block(''));
}

/** Removes an item of a flow collection, and one comma. A comment beside it stays. */
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
