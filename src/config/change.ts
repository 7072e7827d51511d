import { isMap, isScalar, type YAMLMap } from 'yaml';
import { ConfigError, UsageError } from '../errors.ts';
import { unknownContext } from './contexts.ts';
import { appendContext, fillContext, firstContexts, removeItem, removeKey, setKey } from './edit.ts';
import { CONTEXT_KEYS, contextEntries } from './keys.ts';
import { migrated } from './migrate.ts';
import type { Context } from './model.ts';
import { entryOf, indexOf, listOf, pairOf, rootOf, UnchangeableError } from './nodes.ts';
import { type ParsedConfig, parseConfig } from './parse.ts';
import { newContext } from './render.ts';
import { type Data, entriesIn, recordOf, verified, withoutSettings } from './verified.ts';
import { parseYaml } from './yaml.ts';

// Every change first moves the old flat form into the list of contexts: see `migrated`.

/**
 * Saves a context in the text of the file and makes it current. An existing context with the name is replaced. Settings that are not given
 * now are removed, so that the saved context is the validated one. Unknown keys stay.
 * @throws ConfigError when the text cannot be parsed, or cannot be changed without touching anything else.
 */
export function withContext(path: string, source: string, name: string, context: Context): string {
  const listed = migrated(path, source);
  const entries = contextEntries(context);
  const isThere = parseConfig(path, listed).contexts.some((candidate) => candidate.name === name);
  return verified(
    path,
    listed,
    (text) => current(path, isThere ? replace(path, text, name, context) : append(path, text, name, context), name),
    (data) => {
      const known = Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
      const entryFrom = (entry: Data) => ({ ...entry, context: { ...withoutSettings(recordOf(entry['context'])), ...known } });
      const list = entriesIn(data);
      const contexts = isThere
        ? list.map((entry) => (entry['name'] === name ? entryFrom(entry) : entry))
        : [...list, entryFrom({ name })];
      return { ...data, contexts, 'current-context': name };
    },
  );
}

/**
 * Sets the current context in the text of the file.
 * @throws NotFoundError when the file has no such context; ConfigError as `withContext`.
 */
export function withCurrent(path: string, source: string, name: string): string {
  demand(path, source, name);
  return verified(
    path,
    migrated(path, source),
    (text) => current(path, text, name),
    (data) => ({ ...data, 'current-context': name }),
  );
}

/**
 * Removes a context from the text of the file. The last context may be removed even if it is the current one. Then there is no current
 * context.
 * @throws NotFoundError when the file has no such context; UsageError when it is the current one and others exist; ConfigError as
 * `withContext`.
 */
export function withoutContext(path: string, source: string, name: string): string {
  const { contexts, currentContext } = demand(path, source, name);
  const isCurrent = currentContext === name;
  const other = contexts.find((candidate) => candidate.name !== name)?.name;
  if (isCurrent && other !== undefined) {
    throw new UsageError(`The context ${JSON.stringify(name)} is the current one and cannot be deleted.`, {
      hints: [`Choose another first: sts context set --name ${JSON.stringify(other)}`],
    });
  }
  return verified(
    path,
    migrated(path, source),
    (text) => {
      const settled = isCurrent ? setKey(text, rootOf(path, text), 'current-context', '') : text;
      const root = rootOf(path, settled);
      const list = listOf(root);
      return removeItem(settled, root, list, indexOf(list, name));
    },
    (data) => ({
      ...data,
      contexts: entriesIn(data).filter((entry) => entry['name'] !== name),
      ...(isCurrent ? { 'current-context': '' } : {}),
    }),
  );
}

/**
 * Replaces the token of a context in the text of the file. The new token is of the same kind as the old one.
 * @throws NotFoundError when the file has no such context; ConfigError when its token is not `oldValue`, and as `withContext`.
 */
export function withToken(path: string, source: string, name: string, oldValue: string, newValue: string): string {
  const { contexts } = demand(path, source, name);
  const context = contexts.find((candidate) => candidate.name === name)?.context;
  const member = (['apiToken', 'serviceToken', 'k8sSaToken'] as const).find((kind) => context?.[kind]?.trim() === oldValue);
  if (member === undefined) {
    throw new ConfigError(
      `The token of the context ${JSON.stringify(name)} in ${path} has changed in the meantime; nothing was written.`,
      { hints: ['Another program has changed it. Check the context, then run the command again.'] },
    );
  }
  const key = CONTEXT_KEYS[member];
  return verified(
    path,
    migrated(path, source),
    (text) => setKey(text, contextMap(path, text, name), key, newValue),
    (data) => ({
      ...data,
      contexts: entriesIn(data).map((entry) =>
        entry['name'] === name ? { ...entry, context: { ...recordOf(entry['context']), [key]: newValue } } : entry,
      ),
    }),
  );
}

function append(path: string, text: string, name: string, context: Context): string {
  const { document, data } = parseYaml(path, text);
  const added = newContext(name, contextEntries(context));
  if (isMap(document.contents)) return appendContext(text, document.contents as YAMLMap, added);
  if (Object.keys(data).length > 0) throw new UnchangeableError();
  return firstContexts(withoutNothing(text, document.contents?.range), added);
}

/** Removes a `null` or `~` that is the whole content of the file. */
function withoutNothing(text: string, range: readonly [number, number, number] | null | undefined): string {
  return range ? text.slice(0, range[0]) + text.slice(range[1]) : text;
}

function replace(path: string, text: string, name: string, context: Context): string {
  const entries = new Map(contextEntries(context));
  const entry = entryOf(rootOf(path, text), name);
  const value = pairOf(entry, 'context')?.value;
  if (!isMap(value) || value.items.length === 0) return fillContext(text, entry, [...entries]);
  let source = text;
  // Keys are set before others are removed, so that the block is never empty.
  for (const [key, set] of entries) {
    const old = pairOf(contextMap(path, source, name), key)?.value;
    if (!isScalar(old) || old.value !== String(set)) source = setKey(source, contextMap(path, source, name), key, set);
  }
  for (const key of Object.values(CONTEXT_KEYS)) {
    if (!entries.has(key) && pairOf(value as YAMLMap, key) !== undefined) {
      source = removeKey(source, contextMap(path, source, name), key);
    }
  }
  return source;
}

function contextMap(path: string, text: string, name: string): YAMLMap {
  const found = pairOf(entryOf(rootOf(path, text), name), 'context')?.value;
  if (!isMap(found)) throw new UnchangeableError();
  return found as YAMLMap;
}

function current(path: string, text: string, name: string): string {
  if (parseConfig(path, text).currentContext === name) return text;
  return setKey(text, rootOf(path, text), 'current-context', name);
}

function demand(path: string, source: string, name: string): ParsedConfig {
  const parsed = parseConfig(path, source);
  const names = parsed.contexts.map((context) => context.name);
  if (!names.includes(name)) throw unknownContext(name, names, path);
  return parsed;
}
