import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { parseYaml } from './yaml.ts';

// Finds the nodes of a config file and their offsets in the text.

/** The text cannot be changed in place, for example because it uses an explicit `? key` or an anchor. */
export class UnchangeableError extends Error {}

/** The map at the top of the file. @throws UnchangeableError when the file is not a map. */
export function rootOf(path: string, text: string): YAMLMap {
  const { contents } = parseYaml(path, text).document;
  if (!isMap(contents)) throw new UnchangeableError();
  return contents as YAMLMap;
}

/** The list `contexts` of a map. @throws UnchangeableError when there is none, or only an alias of one. */
export function listOf(root: YAMLMap): YAMLSeq {
  const list = pairOf(root, 'contexts')?.value;
  if (!isSeq(list)) throw new UnchangeableError();
  return list;
}

/** The index of a context in the list. */
export function indexOf(list: YAMLSeq, name: string): number {
  const index = list.items.findIndex((item) => isMap(item) && item.get('name') === name);
  if (index === -1) throw new UnchangeableError();
  return index;
}

/** The entry of a context in the list. */
export function entryOf(root: YAMLMap, name: string): YAMLMap {
  const list = listOf(root);
  const entry = list.items[indexOf(list, name)];
  if (!isMap(entry)) throw new UnchangeableError();
  return entry;
}

/** A key of a map with its value. */
export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((item) => nameOf(item) === key);
}

/** Offset of the dash before an item of a block-style list. */
export function dashOf(list: YAMLSeq, index: number): number {
  const token = list.srcToken;
  if (token?.type !== 'block-seq') throw new UnchangeableError();
  const items = token.items.filter((item) => item.start.some((part) => part.type === 'seq-item-ind'));
  const dash = items[index]?.start.find((part) => part.type === 'seq-item-ind');
  if (dash === undefined) throw new UnchangeableError();
  return dash.offset;
}

/** Where the content of a pair or node ends, before the comments and newlines that follow it. */
export function contentEnd(item: unknown): number {
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

/** Offset of a node, or of the key of a pair. */
export function startOf(item: unknown): number {
  return rangeOf(isPair(item) ? item.key : item)[0];
}

/** Offset after the colon of a pair. */
export function afterColon(pair: Pair): number {
  const token = pair.srcToken as { readonly sep?: readonly { readonly type: string; readonly offset: number }[] } | undefined;
  const colon = token?.sep?.find((part) => part.type === 'map-value-ind');
  if (colon === undefined) throw new UnchangeableError();
  return colon.offset + 1;
}

/** Offsets of a node: of its first character, and of the character after its last. */
export function rangeOf(node: unknown): readonly [number, number] {
  const range = isNode(node) ? node.range : undefined;
  if (range === undefined || range === null) throw new UnchangeableError();
  return [range[0], range[1]];
}

/** The key of a pair as text. */
export function nameOf(pair: Pair): unknown {
  return isScalar(pair.key) ? pair.key.value : undefined;
}

function isNode(node: unknown): node is Node {
  return typeof node === 'object' && node !== null && 'range' in node;
}

function isPair(item: unknown): item is Pair {
  return typeof item === 'object' && item !== null && 'key' in item && 'value' in item && !('range' in item);
}
