import { type CST, type Document, isAlias, isCollection, isPair, isScalar, type Node, Parser } from 'yaml';

// What a YAML text must not do to the program that reads it, whoever wrote it.

/** Hundreds of entries that share their settings need some hundred aliases, which stand for a few thousand values. */
const limits = { aliases: 10_000, values: 100_000 };

export interface BadAlias {
  /** Of the alias, in the text. */
  readonly offset: number;
  readonly reason: string;
}

/**
 * Finds the first alias that cannot be used: one that refers to nothing, to what it stands in, or (with all before it) to more than
 * a file can hold. A few lines of aliases of aliases can stand for more values than there is memory.
 */
export function findBadAlias(document: Document.Parsed): BadAlias | undefined {
  const anchors = new Map<string, Node>();
  // How many values a node with an anchor stands for; none yet for one that is being looked at.
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
  if (weight === undefined) return 'an alias refers to what it stands in';
  if (total.aliases > limits.aliases) return 'it has too many aliases';
  return total.values > limits.values ? 'its aliases stand for too many values' : undefined;
}

/** Levels of maps and lists. A config file needs four, a manifest some ten. */
const deepest = 100;

/**
 * Finds what is nested too deeply, before the nodes are composed: that takes some function calls a level, and where the stack ends V8 may
 * end the process (`RegExpCompiler Allocation failed`) instead of throwing an error.
 * @param tokens of `new Parser().parse(text)`.
 * @returns its offset; undefined where nothing is.
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

/** Whether a text is nested too deeply to be read. To be asked before a reader composes it. */
export function isTooDeep(text: string): boolean {
  return tooDeep([...new Parser().parse(text)]) !== undefined;
}
