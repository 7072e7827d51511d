import { LineCounter, parseDocument } from 'yaml';
import { ConfigError } from '../errors.ts';
import { visible } from '../escape.ts';
import { isTooDeep } from '../yaml-limits.ts';
import { Entry, type Fields, isFields, quoted } from './entry.ts';

/** What one kubeconfig file says. Its entries are read further only when they are used. */
export interface Kubeconfig {
  readonly currentContext: string | undefined;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
  readonly contexts: ReadonlyMap<string, Entry>;
}

/** The most files that are remembered: KUBECONFIG lists some, and nobody lists many. */
const mostKnown = 8;
// A plan has hundreds of Secrets in the clusters of one file, and a file with a hundred clusters takes 30 ms to read.
const known = new Map<string, { readonly source: string; readonly kubeconfig: Kubeconfig }>();

/**
 * Reads the text of a kubeconfig file, YAML or JSON.
 * @param path absolute; relative paths in the file start from its folder.
 * @returns what it says; not to be changed.
 * @throws ConfigError that names the file and where in it something is wrong, never a value.
 */
export function parseKubeconfig(path: string, source: string): Kubeconfig {
  const before = known.get(path);
  if (before?.source === source) return before.kubeconfig;
  const kubeconfig = read(path, source);
  if (known.size >= mostKnown) known.clear();
  known.set(path, { source, kubeconfig });
  return kubeconfig;
}

function read(path: string, source: string): Kubeconfig {
  const fields = parseYaml(path, source);
  const kind = fields['kind'] ?? 'Config';
  if (kind !== 'Config') {
    const found = typeof kind === 'string' ? `: its kind is ${quoted(kind)}, not "Config"` : '';
    throw new ConfigError(`${visible(path)} is not a kubeconfig file${found}.`);
  }
  return {
    currentContext: new Entry('top level', '', path, fields).text('current-context'),
    clusters: entriesOf(path, fields, 'cluster'),
    users: entriesOf(path, fields, 'user'),
    contexts: entriesOf(path, fields, 'context'),
  };
}

function parseYaml(path: string, source: string): Fields {
  if (isTooDeep(source)) {
    throw new ConfigError(`The kubeconfig file ${visible(path)} is nested too deeply to be one.`, {
      hints: ['Check that --kubeconfig or KUBECONFIG names a kubeconfig file.'],
    });
  }
  const lineCounter = new LineCounter();
  // kubectl reads YAML 1.1, where `yes` is true, and lets the last of two equal keys win.
  const document = parseDocument(source, {
    version: '1.1',
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter,
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    // The library's own words quote the source, which may be a token.
    throw new ConfigError(`${visible(path)} is not valid YAML (line ${line}, column ${col}).`);
  }
  const value: unknown = toData(path, () => document.toJS());
  if (value === null || value === undefined) return {};
  if (!isFields(value)) throw new ConfigError(`${visible(path)} is not a kubeconfig file: it holds no YAML map.`);
  return value;
}

function toData(path: string, read: () => unknown): unknown {
  try {
    return read();
  } catch {
    // Aliases without an end; the cause could quote the source.
    throw new ConfigError(`${visible(path)} is not valid YAML: its aliases cannot be resolved.`);
  }
}

/** The entries of the list `clusters`, `users` or `contexts`, whose members are `{ name, cluster: {...} }`. */
function entriesOf(path: string, fields: Fields, what: 'cluster' | 'user' | 'context'): Map<string, Entry> {
  const list = fields[`${what}s`] ?? [];
  if (!Array.isArray(list)) throw new ConfigError(`${visible(path)} has ${what}s that are not a list.`);
  const entries = new Map<string, Entry>();
  for (const item of list) {
    const name = isFields(item) ? item['name'] : undefined;
    if (!isFields(item) || typeof name !== 'string') {
      throw new ConfigError(`${visible(path)} has a ${what} without a name that is text.`);
    }
    const title = `${what} ${quoted(name)}`;
    if (entries.has(name)) throw new ConfigError(`${visible(path)} has the ${title} twice.`);
    const value = item[what] ?? {};
    if (!isFields(value)) throw new ConfigError(`The ${title} in ${visible(path)} is not a map.`);
    entries.set(name, new Entry(title, name, path, value));
  }
  return entries;
}
