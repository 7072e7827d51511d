import { delimiter } from 'node:path';
import { ConfigError } from '../errors.ts';
import { visible } from '../escape.ts';
import { nearest } from '../nearest.ts';
import { systemCode } from '../system.ts';
import { type Entry, quoted, whyUnreadable } from './entry.ts';
import type { Kubeconfig } from './kubeconfig-file.ts';
import { type KubernetesWorld, readText } from './world.ts';

/** The kubeconfig files of a run, merged. */
export interface MergedKubeconfig extends Kubeconfig {
  /** Absolute paths of the files that exist, in the order in which they win. */
  readonly files: readonly string[];
}

/** A context with its cluster and its user. */
export interface PickedContext {
  readonly context: Entry;
  readonly namespace: string | undefined;
  readonly cluster: Entry;
  /** Undefined if the context has no user. Requests then carry no credentials. */
  readonly user: Entry | undefined;
}

/** The absolute paths in the variable `KUBECONFIG`, without repetitions; empty if it names none. */
export function pathsIn(variable: string | undefined, world: KubernetesWorld): readonly string[] {
  const paths = (variable ?? '').split(delimiter).filter((path) => path !== '');
  return [...new Set(paths.map((path) => world.resolvePath(path)))];
}

/**
 * Reads and merges kubeconfig files as kubectl does. If two entries have the same name, the first one wins as a whole. The first current
 * context wins, too. Missing files are skipped.
 * @param paths absolute.
 * @throws ConfigError when a file cannot be read or understood.
 */
export async function readKubeconfigs(paths: readonly string[], world: KubernetesWorld): Promise<MergedKubeconfig> {
  const files: string[] = [];
  const configs: Kubeconfig[] = [];
  for (const path of paths) {
    const source = await readIfThere(path, world);
    if (source === undefined) continue;
    // The YAML parser is loaded only if there is a file. A pod usually has none.
    const { parseKubeconfig } = await import('./kubeconfig-file.ts');
    files.push(path);
    configs.push(parseKubeconfig(path, source));
  }
  return {
    files,
    currentContext: configs.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
    clusters: firstOfEachName(configs.map(({ clusters }) => clusters)),
    users: firstOfEachName(configs.map(({ users }) => users)),
    contexts: firstOfEachName(configs.map(({ contexts }) => contexts)),
  };
}

async function readIfThere(path: string, world: KubernetesWorld): Promise<string | undefined> {
  try {
    return await readText(world, path);
  } catch (cause) {
    const code = systemCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ConfigError(`The kubeconfig file ${visible(path)} cannot be read (${whyUnreadable(cause)}).`, {
      cause,
      hints: ['Give another one with --kubeconfig PATH or in KUBECONFIG.'],
    });
  }
}

function firstOfEachName(maps: readonly ReadonlyMap<string, Entry>[]): ReadonlyMap<string, Entry> {
  return new Map(maps.toReversed().flatMap((map) => [...map]));
}

/**
 * The context to use, with its cluster and its user.
 * @param name the value of `--kube-context`; undefined for the current context.
 * @throws ConfigError when there is no such context, or when it names an entry that does not exist.
 */
export function pickContext(config: MergedKubeconfig, name: string | undefined): PickedContext {
  const wanted = name ?? config.currentContext;
  const files = config.files.map(visible).join(', ');
  if (wanted === undefined) {
    throw new ConfigError(`No current context is set in ${files}.`, {
      hints: [...listOf(config.contexts), 'Give one with --kube-context NAME, or set it: kubectl config use-context NAME'],
    });
  }
  const context = config.contexts.get(wanted);
  if (context === undefined) {
    const current = name === undefined ? ', although it is set as the current one' : '';
    const meant = nearest(wanted, [...config.contexts.keys()]);
    throw new ConfigError(`There is no context ${quoted(wanted)} in ${files}${current}.`, {
      hints: [...(meant === undefined ? [] : [`Did you mean --kube-context ${visible(meant)}?`]), ...listOf(config.contexts)],
    });
  }
  const user = context.text('user');
  return {
    context,
    namespace: context.text('namespace'),
    cluster: named(context, 'cluster', context.text('cluster'), config.clusters),
    user: user === undefined ? undefined : named(context, 'user', user, config.users),
  };
}

function named(context: Entry, what: 'cluster' | 'user', name: string | undefined, entries: ReadonlyMap<string, Entry>): Entry {
  if (name === undefined) throw context.error(`names no ${what}`);
  const entry = entries.get(name);
  if (entry === undefined) throw context.error(`names the ${what} ${quoted(name)}, which does not exist`);
  return entry;
}

function listOf(contexts: ReadonlyMap<string, Entry>): readonly string[] {
  const names = [...contexts.keys()].map(visible);
  return names.length === 0 ? ['There are no contexts in it.'] : [`Contexts: ${names.slice(0, 20).join(', ')}`];
}
