import { type CST, type Document, isAlias, isCollection, isPair, isScalar, type Node, Parser } from 'yaml';

// Limits that protect the program from YAML texts that would exhaust its memory or its stack.

/** A file with hundreds of entries that share their settings needs some hundred aliases, which expand to a few thousand values. */
const limits = { aliases: 10_000, values: 100_000 };

export interface BadAlias {
  /** Offset of the alias in the text. */
  readonly offset: number;
  readonly reason: string;
}

/**
 * Finds the first alias that cannot be used. It refers to nothing, or to a node that contains it, or (together with all aliases before it)
 * expands to too many values. A few lines of aliases of aliases can expand to more values than fit in memory.
 */
export function findBadAlias(document: Document.Parsed): BadAlias | undefined {
  const anchors = new Map<string, Node>();
  // How many values a node with an anchor expands to. A node that is still being examined has no entry yet.
  const weights = new Map<Node, number>();
  const total = { aliases: 0, values: 0 };
  let bad: BadAlias | undefined;

  function weigh(node: unknown): number {
    if (bad !== undefined) return 0;
    if (isPair(node)) return weigh(node.key) + weigh(node.value);
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      const weight = target === undefined ? undefined : weights.get(target);
      total.aliases += 1;
      total.values += weight ?? 0;
      const reason = reasonOf(target, weight, total);
      if (reason !== undefined) bad = { offset: node.range?.[0] ?? 0, reason };
      return weight ?? 0;
    }
    if (isScalar(node) || isCollection(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      const weight = isCollection(node) ? node.items.reduce((sum: number, item) => sum + weigh(item), 1) : 1;
      if (node.anchor !== undefined) weights.set(node, weight);
      return weight;
    }
    return 0;
  }

  weigh(document.contents);
  return bad;
}

function reasonOf(target: Node | undefined, weight: number | undefined, total: typeof limits): string | undefined {
  if (target === undefined) return 'an alias refers to nothing';
  if (weight === undefined) return 'an alias refers to a node that contains it';
  if (total.aliases > limits.aliases) return 'it has too many aliases';
  return total.values > limits.values ? 'its aliases expand to too many values' : undefined;
}

/** The deepest nesting of maps and lists that is accepted. A config file needs four levels, a manifest about ten. */
const deepest = 100;

/**
 * Finds a node that is nested too deeply, before the nodes are composed. Composing is recursive, and V8 may abort the process at the end of
 * the stack (`RegExpCompiler Allocation failed`) instead of throwing an error.
 * @param tokens the tokens from `new Parser().parse(text)`.
 * @returns the offset of the node; undefined if there is none.
 */
export function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  let level: readonly CST.Token[] = tokens;
  for (let depth = 0; level.length > 0; depth++) {
    const [first] = level;
    if (depth > deepest && first !== undefined) return first.offset;
    level = level.flatMap(tokensIn);
  }
  return undefined;
}

function tokensIn(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key ?? [], value ?? []].flat());
}

/** Whether a text is nested too deeply to be read. Must be called before a reader composes the text. */
export function isTooDeep(text: string): boolean {
  return tooDeep([...new Parser().parse(text)]) !== undefined;
}
