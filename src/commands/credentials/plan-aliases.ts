import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, visit, type YAMLMap } from 'yaml';
import { ConfigError } from '../../errors.ts';

/** Where in the plan a node stands, for messages. */
export type Place = (node: unknown) => string;

/** Finds out what an alias (`*name`) stands for; all else stands for itself. */
export type Resolve = (node: unknown) => unknown;

/** All anchors are looked up once: the library goes through the whole document for each alias. */
export function resolverOf(document: Document.Parsed): Resolve {
  const anchors = new Map<string, Node[]>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node) || node.anchor === undefined) return;
      anchors.set(node.anchor, [...(anchors.get(node.anchor) ?? []), node]);
    },
  });
  // An anchor may be set anew: the last one before the alias counts.
  return (node) => (isAlias(node) ? anchors.get(node.source)?.findLast((candidate) => startOf(candidate) < startOf(node)) : node);
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
export function merged({ items }: YAMLMap, place: Place, resolve: Resolve, depth = 0): readonly Pair[] {
  const isMerge = ({ key }: Pair) => textOf(key) === '<<';
  const pairs = items as Pair[];
  const before = pairs.filter(isMerge).flatMap(({ value }) => {
    const target = resolve(value);
    return (isSeq(target) ? target.items : [target]).toReversed().flatMap((item) => {
      const map = resolve(item);
      if (!isMap(map) || depth >= deepest) {
        throw new ConfigError(`${place(value)}: << takes what another renewal has, as *NAME where that one has &NAME.`);
      }
      return merged(map, place, resolve, depth + 1);
    });
  });
  const own = pairs.filter((pair) => !isMerge(pair));
  return [...new Map([...before, ...own].map((pair) => [textOf(pair.key), pair])).values()];
}

/** The text of a scalar as it stands in the file: `1h`, `2031-01-31` and `0640` are texts here. */
export function textOf(node: unknown): string {
  if (isScalar(node) && node.value !== null) return node.source ?? String(node.value);
  return '';
}
