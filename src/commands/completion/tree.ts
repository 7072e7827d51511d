import { SETTINGS, type Setting } from '../../config/table.ts';
import { type Flag, flagEntries, type Noun, type Program, type Verb } from '../verb.ts';

/** A flag as a completion script needs it. */
export interface CompletionFlag {
  /** `--name`, and `-n` where there is one. */
  readonly names: readonly string[];
  readonly description: string;
  readonly value: CompletionValue;
}

/** What follows a flag: nothing, one of a few words, a path, the name of a context, or something only the user knows. */
export type CompletionValue = 'none' | 'path' | 'context' | 'other' | readonly string[];

/** What is offered behind a flag. */
export interface Offer {
  /** The command in which it is; undefined: wherever the flag stands. */
  readonly path: string | undefined;
  readonly names: readonly string[];
  readonly value: 'path' | 'context' | readonly string[];
}

export interface ScriptOptions {
  /** False: the words alone. */
  readonly descriptions: boolean;
}

/** Makes the script of one shell. */
export type ScriptMaker = (nodes: readonly CompletionNode[], options: ScriptOptions) => string;

/** One command of the tree, its flags with the global ones. */
export interface CompletionNode {
  /** Command words after `sts`, joined by spaces; empty for the root. */
  readonly path: string;
  readonly children: readonly { readonly name: string; readonly description: string }[];
  readonly flags: readonly CompletionFlag[];
}

/** All commands of a program, the root first. */
export function completionTree(program: Program): CompletionNode[] {
  const help: CompletionFlag = { names: ['--help', '-h'], description: 'show the help', value: 'none' };
  const version: CompletionFlag = { names: ['--version'], description: 'version of sts', value: 'none' };
  const globals = Object.values<Setting>(SETTINGS).flatMap(({ flag, ...setting }) =>
    flag === undefined ? [] : [flagOf({ ...setting, long: flag })],
  );
  const child = ({ name, summary }: Noun | Verb) => ({ name, description: summary });
  const below = (noun: Noun) =>
    noun.verbs.map((verb) => ({
      path: noun === program ? verb.name : `${noun.name} ${verb.name}`,
      children: [],
      flags: [...flagEntries(verb).map(([, flag]) => flagOf(flag)), help, ...globals],
    }));
  const root = {
    path: '',
    children: [...[...program.nouns, ...program.verbs].map(child), { name: 'help', description: 'Show the help of a command' }],
    flags: [version, help, ...globals],
  };
  return [
    root,
    ...below(program),
    ...program.nouns.flatMap((noun) => [
      { path: noun.name, children: noun.verbs.map(child), flags: [help, ...globals] },
      ...below(noun),
    ]),
  ];
}

/** Names of the flags that are followed by a value, and no two the same. */
export function flagsWithValue(nodes: readonly CompletionNode[]): string[] {
  const names = nodes.flatMap((node) => node.flags.filter((flag) => flag.value !== 'none').flatMap((flag) => flag.names));
  return [...new Set(names)];
}

/** What is offered behind which flag. A flag that takes the same everywhere is there once. */
export function offersOf(nodes: readonly CompletionNode[]): Offer[] {
  const kinds = new Map<string, Set<string>>();
  for (const { names, value } of nodes.flatMap((node) => node.flags)) {
    for (const name of names) kinds.set(name, (kinds.get(name) ?? new Set()).add(String(value)));
  }
  const offers = new Map<string, Offer>();
  for (const { path, flags } of nodes) {
    for (const { names, value } of flags) {
      if (value === 'none' || value === 'other') continue;
      const everywhere = names.every((name) => kinds.get(name)?.size === 1);
      const offer = { path: everywhere ? undefined : path, names, value };
      offers.set(`${offer.path} ${names.join()}`, offer);
    }
  }
  return [...offers.values()];
}

/** The same for shells that have a `case`: the patterns of `COMMAND FLAG` behind which a value is offered. */
export function casesOf(nodes: readonly CompletionNode[]): { readonly patterns: string; readonly value: Offer['value'] }[] {
  const cases = new Map<string, { readonly patterns: string[]; readonly value: Offer['value'] }>();
  for (const { path, names, value } of offersOf(nodes)) {
    const known = cases.get(String(value)) ?? { patterns: [], value };
    known.patterns.push(...names.map((name) => (path === undefined ? `*' ${name}'` : `'${path} ${name}'`)));
    cases.set(String(value), known);
  }
  return [...cases.values()].map(({ patterns, value }) => ({ patterns: patterns.join('|'), value }));
}

function flagOf({
  long,
  short,
  value,
  help,
  complete = 'other',
}: Pick<Flag<unknown>, 'long' | 'short' | 'value' | 'help'> & {
  complete?: Setting['complete'] | 'folder' | 'other';
}): CompletionFlag {
  const names = [`--${long}`, ...(short === undefined ? [] : [`-${short}`])];
  const offered = complete === 'file' || complete === 'folder' ? 'path' : complete;
  return { names, description: help, value: value === undefined ? 'none' : offered };
}
