import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { ConfigError, UsageError } from '../errors.ts';
import { unknownContext } from './contexts.ts';
import { appendContext, fillContext, firstContexts, pairOf, removeItem, removeKey, setKey, UnchangeableError } from './edit.ts';
import { CONTEXT_KEYS, contextEntries } from './keys.ts';
import type { Context } from './model.ts';
import { parseConfig } from './parse.ts';
import { parseYaml } from './yaml.ts';

type Data = Record<string, unknown>;

/**
 * The text of the file with a context saved and made current. A context of that name is replaced: what it held before and
 * is not given now goes, so that what is saved is what was validated; keys unknown to us stay.
 * @throws ConfigError when the text cannot be parsed, or not be changed without touching anything else.
 */
export function withContext(path: string, source: string, name: string, context: Context): string {
  const before = parseConfig(path, source);
  const entries = contextEntries(context);
  const flat = before.flat && name === 'default';
  return verified(
    path,
    source,
    (text) => {
      const place = flat ? 'flat' : before.contexts.some((candidate) => candidate.name === name) ? 'list' : 'new';
      const saved =
        place === 'new' ? append(path, text, name, context) : replace(path, text, place === 'flat' ? undefined : name, context);
      return current(path, saved, name);
    },
    (data) => {
      const known = Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
      if (flat) return { ...withoutKnown(data), ...known, ...currentOf(data, name, before.currentContext) };
      const list = (Array.isArray(data['contexts']) ? data['contexts'] : []) as Data[];
      const entryOf = (entry: Data) => ({ ...entry, context: { ...withoutKnown(recordOf(entry['context'])), ...known } });
      const contexts = list.some((entry) => entry['name'] === name)
        ? list.map((entry) => (entry['name'] === name ? entryOf(entry) : entry))
        : [...list, entryOf({ name })];
      return { ...data, contexts, 'current-context': name };
    },
  );
}

/**
 * The text of the file with another current context.
 * @throws NotFoundError when it has no such context; ConfigError as `withContext`.
 */
export function withCurrent(path: string, source: string, name: string): string {
  const before = parseConfig(path, source);
  demand(path, source, name);
  return verified(
    path,
    source,
    (text) => current(path, text, name),
    (data) => ({ ...data, ...currentOf(data, name, before.currentContext) }),
  );
}

/**
 * The text of the file without a context.
 * @throws NotFoundError when it has no such context, UsageError when it is the current one; ConfigError as `withContext`.
 */
export function withoutContext(path: string, source: string, name: string): string {
  const before = parseConfig(path, source);
  demand(path, source, name);
  if (before.currentContext === name) {
    const other = before.contexts.find((candidate) => candidate.name !== name)?.name;
    throw new UsageError(`The context ${JSON.stringify(name)} is the current one and cannot be deleted.`, {
      hints: [
        other === undefined
          ? 'It is the only one. Save another first: sts context save --name NAME --url URL --service-token -'
          : `Choose another first: sts context set --name ${JSON.stringify(other)}`,
      ],
    });
  }
  const flat = before.flat && name === 'default';
  return verified(
    path,
    source,
    (text) => {
      if (flat) return Object.values(CONTEXT_KEYS).reduce((rest, key) => removeKey(rest, rootOf(path, rest), key), text);
      const root = rootOf(path, text);
      const list = listOf(root);
      return removeItem(text, root, list, indexOf(list, name));
    },
    (data) =>
      flat ? withoutKnown(data) : { ...data, contexts: (data['contexts'] as Data[]).filter((entry) => entry['name'] !== name) },
  );
}

/** Makes the change and reads the result back: it must say what was meant, and everything else as before. */
function verified(path: string, source: string, change: (text: string) => string, meant: (data: Data) => Data): string {
  const expected = meant(parseYaml(path, source).data);
  try {
    const text = change(source);
    parseConfig(path, text);
    if (isDeepStrictEqual(plain(parseYaml(path, text).data), plain(expected))) return text;
  } catch (error) {
    if (!(error instanceof UnchangeableError || error instanceof ConfigError)) throw error;
  }
  throw new ConfigError(
    `The config file ${path} cannot be changed without touching more than this context; nothing was written.`,
    {
      hints: [
        'It uses YAML features such as anchors, merge keys or explicit keys. Edit it by hand, or use another one with --config PATH.',
      ],
    },
  );
}

function append(path: string, text: string, name: string, context: Context): string {
  const { document, data } = parseYaml(path, text);
  const entries = contextEntries(context);
  if (isMap(document.contents)) return appendContext(text, document.contents, name, entries);
  if (Object.keys(data).length > 0) throw new UnchangeableError();
  return firstContexts(withoutNothing(text, document.contents?.range), name, entries);
}

/** The text without a `null` or `~` that is all the file says. */
function withoutNothing(text: string, range: readonly [number, number, number] | null | undefined): string {
  return range ? text.slice(0, range[0]) + text.slice(range[1]) : text;
}

/** @param name undefined for the flat form. */
function replace(path: string, text: string, name: string | undefined, context: Context): string {
  const place = (source: string): YAMLMap => {
    const root = rootOf(path, source);
    const found = name === undefined ? root : pairOf(entryOf(root, name), 'context')?.value;
    if (!isMap(found)) throw new UnchangeableError();
    return found;
  };
  const entries = new Map(contextEntries(context));
  if (name !== undefined) {
    const entry = entryOf(rootOf(path, text), name);
    const value = pairOf(entry, 'context')?.value;
    if (!isMap(value) || value.items.length === 0) return fillContext(text, entry, [...entries]);
  }
  let source = text;
  // First all that is set, so that a block never becomes empty on the way.
  for (const [key, value] of entries) {
    const old = pairOf(place(source), key)?.value;
    if (!isScalar(old) || old.value !== String(value)) source = setKey(source, place(source), key, value);
  }
  for (const key of Object.values(CONTEXT_KEYS)) {
    if (!entries.has(key)) source = removeKey(source, place(source), key);
  }
  return source;
}

function current(path: string, text: string, name: string): string {
  if (parseConfig(path, text).currentContext === name) return text;
  return setKey(text, rootOf(path, text), 'current-context', name);
}

function currentOf(data: Data, name: string, before: string | undefined): Data {
  return before === name ? pick(data, 'current-context') : { 'current-context': name };
}

function pick(data: Data, key: string): Data {
  return key in data ? { [key]: data[key] } : {};
}

function demand(path: string, source: string, name: string): void {
  const names = parseConfig(path, source).contexts.map((context) => context.name);
  if (!names.includes(name)) throw unknownContext(name, names, path);
}

function rootOf(path: string, text: string): YAMLMap {
  const { contents } = parseYaml(path, text).document;
  if (!isMap(contents)) throw new UnchangeableError();
  return contents as YAMLMap;
}

function listOf(root: YAMLMap): YAMLSeq {
  const list = pairOf(root, 'contexts')?.value;
  if (!isSeq(list)) throw new UnchangeableError();
  return list;
}

function indexOf(list: YAMLSeq, name: string): number {
  const index = list.items.findIndex((item) => isMap(item) && item.get('name') === name);
  if (index === -1) throw new UnchangeableError();
  return index;
}

function entryOf(root: YAMLMap, name: string): YAMLMap {
  const list = listOf(root);
  const entry = list.items[indexOf(list, name)];
  if (!isMap(entry)) throw new UnchangeableError();
  return entry;
}

function withoutKnown(data: Data): Data {
  const known: readonly string[] = Object.values(CONTEXT_KEYS);
  return Object.fromEntries(Object.entries(data).filter(([key]) => !known.includes(key)));
}

function recordOf(value: unknown): Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Data) : {};
}

/** Prototypes and the order of keys do not matter. */
function plain(data: Data): unknown {
  return JSON.parse(JSON.stringify(data));
}
