import type { Pair, YAMLMap } from 'yaml';
import { appendContext, removeKey, setKey } from './edit.ts';
import { CONTEXT_KEYS, contextEntries } from './keys.ts';
import { column, lineEnd, lineStart, splice } from './lines.ts';
import { contentEnd, nameOf, pairOf, rangeOf, rootOf } from './nodes.ts';
import { parseConfig } from './parse.ts';
import { newContext } from './render.ts';
import { entriesIn, settingsIn, verified, withoutSettings } from './verified.ts';

/**
 * Moves the old flat form of a config file (`url:` and `api-token:` at the top) into the list, as the context `default`. Once there is a
 * list, the Go CLI ignores the flat form and erases it. The lines move unchanged, with the comments beside them.
 * @returns the new text; the same text if it has no flat form.
 * @throws ConfigError when the text cannot be parsed, or cannot be changed without touching anything else.
 */
export function migrated(path: string, source: string): string {
  const { flat, contexts, currentContext } = parseConfig(path, source);
  const context = flat ? contexts.find(({ name }) => name === 'default')?.context : undefined;
  if (context === undefined) return source;
  const current = currentContext ?? 'default';
  return verified(
    path,
    source,
    (text) => {
      const root = rootOf(path, text);
      const added = newContext('default', contextEntries(context), root.flow ? undefined : settingLines(text, root));
      // A list in flow style has no place for comments, so they stay where they are.
      let staying = true;
      const block = (indent: string) => {
        staying = false;
        return added.block(indent);
      };
      let moved = appendContext(text, root, { ...added, block });
      for (const key of Object.values(CONTEXT_KEYS)) {
        if (pairOf(root, key) !== undefined) moved = removeSetting(moved, rootOf(path, moved), key, staying);
      }
      return parseConfig(path, moved).currentContext === current
        ? moved
        : setKey(moved, rootOf(path, moved), 'current-context', current);
    },
    (data) => ({
      ...withoutSettings(data),
      contexts: [...entriesIn(data), { name: 'default', context: settingsIn(data) }],
      'current-context': current,
    }),
  );
}

function removeSetting(source: string, root: YAMLMap, key: string, keepComment: boolean): string {
  const pair = pairOf(root, key);
  if (pair === undefined || root.flow || !keepComment) return removeKey(source, root, key);
  const end = contentEnd(pair);
  const gap = /^[ \t]*(?=#)/.exec(source.slice(end, lineEnd(source, end)))?.[0];
  return gap === undefined ? removeKey(source, root, key) : splice(source, rangeOf(pair.key)[0], end + gap.length, '');
}

/** The lines of the settings at the top of the file, without the indentation of its keys. */
function settingLines(source: string, root: YAMLMap): string[] {
  const keys: readonly unknown[] = Object.values(CONTEXT_KEYS);
  return root.items
    .filter((pair: Pair) => keys.includes(nameOf(pair)))
    .flatMap((pair) => {
      const start = rangeOf(pair.key)[0];
      const indent = column(source, start);
      const text = source.slice(lineStart(source, start), lineEnd(source, contentEnd(pair))).replace(/\r?\n$/, '');
      return text.split(/\r?\n/).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()));
    });
}
