import * as z from 'zod/mini';
import { CONTEXT_KEYS, CONTEXT_MEMBERS, type ContextKey } from './keys.ts';
import type { Context, NamedContext } from './model.ts';
import { type ContextMember, SETTINGS, type Setting } from './table.ts';
import { booleanOf } from './values.ts';
import { invalid, offsetOf, parseYaml } from './yaml.ts';

/** The content of a config file, with the lines of its settings. */
export interface ParsedConfig {
  readonly contexts: readonly NamedContext[];
  readonly currentContext?: string;
  /** Line of a setting of a context, counted from 1. It is the line of the context if the file does not set it directly. */
  lineOf(contextName: string, key?: ContextKey): number | undefined;
  readonly currentContextLine?: number;
  /** Whether the context `default` is the old flat form at the top of the file. */
  readonly flat: boolean;
}

const text = z.optional(z.string());
const boolean = z.optional(z.string().check(z.refine((word) => word === '' || booleanOf(word) !== undefined)));
const settings = schemaOf((row) => (row.value === undefined ? boolean : text));
const contextSchema = z.object(settings);
const entrySchema = z.object({ name: z.string().check(z.minLength(1)), context: z.optional(contextSchema) });
const fileSchema = z.object({ ...settings, contexts: z.optional(z.array(entrySchema)), 'current-context': text });
type FileContext = z.infer<typeof contextSchema>;

/** A schema with an entry for every key of a context. */
function schemaOf<T>(of: (row: Setting) => T): Record<ContextKey, T> {
  // The object has every key, because the members come from the table.
  return Object.fromEntries(CONTEXT_MEMBERS.map((name) => [SETTINGS[name].key, of(SETTINGS[name])])) as Record<ContextKey, T>;
}

// Each renewal of a plan reads the file anew, since a token in it may have been replaced, and finds the same text as a rule.
let last: { readonly path: string; readonly source: string; readonly parsed: ParsedConfig } | undefined;

/**
 * Reads the text of a config file. Unknown keys are ignored.
 * @returns what it says; must not be changed.
 * @throws ConfigError naming path, line and column when the text is not YAML or an entry is not a context. The message never quotes values.
 */
export function parseConfig(path: string, source: string): ParsedConfig {
  if (last?.path !== path || last.source !== source) last = { path, source, parsed: read(path, source) };
  return last.parsed;
}

function read(path: string, source: string): ParsedConfig {
  const { document, lines, data } = parseYaml(path, source);
  const place = (keys: readonly (string | number)[]): number => offsetOf(document, keys);
  const parsed = fileSchema.safeParse(withoutNulls(data));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const keys = (issue?.path ?? []).map((key) => (typeof key === 'number' ? key : String(key)));
    throw invalid(path, lines, place(keys), `${spell(keys)} ${demand(keys)}`);
  }
  const file = parsed.data;
  const line = (keys: readonly (string | number)[]): number => lines.linePos(place(keys)).line;
  const seen = new Map<string, readonly (string | number)[]>();
  const contexts: NamedContext[] = [];
  for (const [index, entry] of (file.contexts ?? []).entries()) {
    const first = seen.get(entry.name);
    if (first !== undefined) {
      const name = JSON.stringify(entry.name);
      throw invalid(path, lines, place(['contexts', index]), `context ${name} is already defined in line ${line(first)}`);
    }
    seen.set(entry.name, ['contexts', index]);
    contexts.push({ name: entry.name, context: toContext(entry.context ?? {}) });
  }
  const flat = !seen.has('default') && Object.values(CONTEXT_KEYS).some((key) => present(file[key]) !== undefined);
  if (flat) contexts.push({ name: 'default', context: toContext(file) });
  const current = present(file['current-context']) ?? (flat ? 'default' : undefined);
  return {
    contexts,
    flat,
    ...(current === undefined ? {} : { currentContext: current }),
    ...(file['current-context'] === undefined ? {} : { currentContextLine: line(['current-context']) }),
    lineOf(name, key) {
      if (flat && name === 'default') return line(key === undefined ? [] : [key]);
      const keys = seen.get(name);
      return keys === undefined ? undefined : line(key === undefined ? keys : [...keys, 'context', key]);
    },
  };
}

/** Removes keys without a value: they count as missing. */
function withoutNulls(data: Record<string, unknown>): Record<string, unknown> {
  const list = data['contexts'];
  const contexts = Array.isArray(list) ? list.map((item) => (isRecord(item) ? dropEmpty(item, 'context') : item)) : list;
  return dropEmpty(contexts === undefined ? data : { ...data, contexts }, 'contexts');
}

function dropEmpty(data: Record<string, unknown>, key: string): Record<string, unknown> {
  if (typeof data[key] !== 'string' || present(data[key]) !== undefined) return data;
  const { [key]: _, ...rest } = data;
  return rest;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function toContext(file: FileContext): Context {
  const set = CONTEXT_MEMBERS.flatMap((member) => {
    const value = present(file[CONTEXT_KEYS[member]]);
    return value === undefined ? [] : [[member, isText(member) ? value : booleanOf(value) === true]];
  });
  // The table decides which members are text, and the type is derived from the table.
  return { url: '', ...Object.fromEntries(set) } as Context;
}

function isText(member: ContextMember): boolean {
  const { value }: Setting = SETTINGS[member];
  return value !== undefined;
}

function spell(keys: readonly (string | number)[]): string {
  return keys.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`),
    '',
  );
}

function demand(keys: readonly (string | number)[]): string {
  const last = keys.at(-1);
  if (last === 'contexts') return 'must be a list of contexts';
  if (last === 'context') return 'must be a map with url and a token';
  if (last === 'name') return 'must be given, as text';
  if (CONTEXT_MEMBERS.some((member) => SETTINGS[member].key === last && !isText(member))) return 'must be true or false';
  return typeof last === 'number' ? 'must be a map with name and context' : 'must be text';
}
