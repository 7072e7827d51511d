import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, visit, type YAMLMap } from 'yaml';
import { ConfigError } from '../../errors.ts';
import { visible } from '../../escape.ts';

/** Where in the plan a node stands, for messages. */
export type Place = (node: unknown) => string;

/** Finds out what an alias (`*name`) stands for; all else stands for itself. */
export type Resolve = (node: unknown) => unknown;

/**
 * All anchors are looked up once: the library goes through the whole document for each alias.
 * @returns throws ConfigError for an alias that stands for nothing.
 */
export function resolverOf(document: Document.Parsed, place: Place): Resolve {
  const anchors = new Map<string, Node[]>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node) || node.anchor === undefined) return;
      anchors.set(node.anchor, [...(anchors.get(node.anchor) ?? []), node]);
    },
  });
  return (node) => {
    if (!isAlias(node)) return node;
    // An anchor may be set anew: the last one before the alias counts.
    const target = anchors.get(node.source)?.findLast((candidate) => startOf(candidate) < startOf(node));
    if (target !== undefined) return target;
    throw new ConfigError(`${place(node)}: there is no &${visible(node.source)} before *${visible(node.source)}.`);
  };
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** How deep merge keys may lead; a map that merges itself has no end. */
const deepest = 3;

/**
 * The keys and values of a map, with those of its merge key (`<<`): its own win over them, and of several merged maps the first.
 * @throws ConfigError when the merge key leads to something else.
 */
export function merged(map: YAMLMap, place: Place, resolve: Resolve): readonly Pair[] {
  const found = new Map<string, Pair>();
  const taken = new Set<YAMLMap>();
  const take = (from: YAMLMap, depth: number) => {
    // What was taken before adds nothing. A few lists of aliases of such lists lead to a map a billion times.
    taken.add(from);
    const pairs = from.items as Pair[];
    const isMerge = ({ key }: Pair) => textOf(key) === '<<';
    for (const pair of pairs) if (!isMerge(pair) && !found.has(textOf(pair.key))) found.set(textOf(pair.key), pair);
    for (const { value } of pairs.filter(isMerge)) {
      const target = resolve(value);
      for (const item of isSeq(target) ? target.items : [target]) {
        const next = resolve(item);
        if (!isMap(next) || next === map || depth >= deepest) {
          throw new ConfigError(`${place(value)}: << takes what another renewal has, as *NAME where that one has &NAME.`);
        }
        if (!taken.has(next)) take(next, depth + 1);
      }
    }
  };
  take(map, 0);
  return [...found.values()];
}

/** The text of a scalar as it stands in the file: `1h`, `2031-01-31` and `0640` are texts here. */
export function textOf(node: unknown): string {
  if (isScalar(node) && node.value !== null) return node.source ?? String(node.value);
  return '';
}
