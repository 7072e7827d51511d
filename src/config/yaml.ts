import {
  Composer,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  visit,
  type YAMLError,
} from 'yaml';
import { ConfigError } from '../errors.ts';
import { findBadAlias, tooDeep } from '../yaml-limits.ts';

/** Parsed YAML in which every scalar is text, so that a token such as `0123` keeps its digits. */
export interface ConfigYaml {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly data: Record<string, unknown>;
}

// The library's own messages quote the source, which may be a token.
const TROUBLE: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias has no name',
  BAD_DQ_ESCAPE: 'a quoted text has an invalid escape',
  BAD_INDENT: 'the indentation is wrong',
  BAD_SCALAR_START: 'a text that starts with this character must be quoted',
  BLOCK_AS_IMPLICIT_KEY: 'there is a colon too many, or a text must be quoted',
  DUPLICATE_KEY: 'the same key occurs twice',
  MISSING_CHAR: 'a bracket, quote, colon or comma is missing',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing after a key',
  TAB_AS_INDENT: 'a tab is used for indentation',
};

// The last parsed text is kept, because a change parses the same text several times.
let last: { readonly path: string; readonly source: string; readonly yaml: ConfigYaml } | undefined;

/**
 * Reads the text of a config file.
 * @returns the parsed YAML. The caller must not change it.
 * @throws ConfigError naming path, line and column when `source` is not a YAML map.
 */
export function parseYaml(path: string, source: string): ConfigYaml {
  if (last?.path !== path || last.source !== source) last = { path, source, yaml: read(path, source) };
  return last.yaml;
}

function read(path: string, source: string): ConfigYaml {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(source)];
  const deep = tooDeep(tokens);
  if (deep !== undefined) throw invalid(path, lines, deep, 'it is no valid YAML: it is nested too deeply');
  const composer = new Composer({ schema: 'failsafe', merge: true, keepSourceTokens: true, prettyErrors: false });
  const [document, second] = composer.compose(tokens, true, source.length);
  if (document === undefined) throw new TypeError('a text without a document');
  const error: YAMLError | undefined = document.errors[0];
  if (error !== undefined) throw invalid(path, lines, error.pos[0], `it is no valid YAML: ${troubleOf(error)}`);
  if (second !== undefined) throw invalid(path, lines, second.range[0], 'it is no valid YAML: a second document begins');
  const alias = findBadAlias(document);
  if (alias !== undefined) throw invalid(path, lines, alias.offset, `it is no valid YAML: ${alias.reason}`);
  // Every scalar is text here, so a bare `null` must become empty now. Later it could not be told from a quoted "null".
  visit(document, {
    Scalar(key, node) {
      if (key !== 'key' && node.type === 'PLAIN' && /^(?:~|null|Null|NULL)$/.test(String(node.value))) node.value = '';
    },
  });
  // A file that has only comments has no contents, or an empty scalar after a `---`.
  const empty = document.contents === null || (!isCollection(document.contents) && document.toJS() === '');
  if (empty) return { document, lines, data: {} };
  const at = document.contents?.range[0] ?? 0;
  if (!isMap(document.contents)) throw invalid(path, lines, at, 'it must be a map with the key "contexts"');
  try {
    // `findBadAlias` has already limited what the aliases expand to.
    return { document, lines, data: document.toJS({ maxAliasCount: -1 }) as Record<string, unknown> };
  } catch (error) {
    const offset = badMergeOf(document);
    if (offset === undefined) throw error;
    throw invalid(path, lines, offset, 'a merge key << takes a map, or a list of maps');
  }
}

/** Offset of the first merge key (`<<`) whose value is neither a map nor a list of maps. */
function badMergeOf(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  const resolved = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
  visit(document, {
    Pair(_key, { key, value }) {
      if (!isScalar(key) || key.source !== '<<') return;
      const source = resolved(value);
      const maps = isSeq(source) ? source.items.map(resolved) : [source];
      if (!maps.every((map) => isMap(map))) offset ??= key.range?.[0];
    },
  });
  return offset;
}

function troubleOf({ code, message }: YAMLError): string {
  // Only the library's message, not its code, distinguishes an unclosed bracket from other errors.
  const kind = /^Flow (sequence|map)\b/.exec(message)?.[1];
  if (kind === undefined) return TROUBLE[code] ?? 'unexpected text';
  const open = kind === 'map' ? 'a { is not closed by a }' : 'a [ is not closed by a ]';
  return code === 'BAD_INDENT' ? `${open}, or what it holds is not indented` : open;
}

/** The error for an invalid config file. It names line and column. */
export function invalid(path: string, lines: LineCounter, offset: number, reason: string): ConfigError {
  const { line, col } = lines.linePos(offset);
  const where = `line ${Math.max(line, 1)}, column ${Math.max(col, 1)}`;
  return new ConfigError(`The config file ${path} cannot be used, ${where}: ${reason}.`, {
    hints: [`Correct the file, or use another one with --config PATH.`],
  });
}

/** Offset of the node at the path `keys`, or of its nearest ancestor if the node does not exist. In a map, the offset of the key. */
export function offsetOf(document: Document.Parsed, keys: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const key of keys) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isNode(item.key) && item.key.toJS(document) === key);
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isCollection(node)) {
      node = node.items[Number(key)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
