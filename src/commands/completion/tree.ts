import { SETTINGS, type Setting } from '../../config/table.ts';
import { type Flag, flagEntries, type Noun, type Program, type Verb } from '../verb.ts';

/** A flag as a completion script needs it. Every text is made safe to stand in single quotes of any shell. */
export interface CompletionFlag {
  /** `--name`, and `-n` where there is one. */
  readonly names: readonly string[];
  readonly description: string;
  /** What follows it: nothing, one of a few words, a path, or something only the user knows. */
  readonly value: 'none' | 'path' | 'other' | readonly string[];
}

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
  const child = ({ name, summary }: Noun | Verb) => ({ name, description: plain(summary) });
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

/** Flags whose values are known, each once. */
export function flagsWithWords(nodes: readonly CompletionNode[]): { names: readonly string[]; words: readonly string[] }[] {
  const known = new Map<string, { names: readonly string[]; words: readonly string[] }>();
  for (const { names, value } of nodes.flatMap((node) => node.flags)) {
    if (Array.isArray(value)) known.set(names.join(), { names, words: value });
  }
  return [...known.values()];
}

/** Names of the flags that take a path. */
export function flagsWithPath(nodes: readonly CompletionNode[]): string[] {
  return [...new Set(nodes.flatMap((node) => node.flags.filter((flag) => flag.value === 'path').flatMap((flag) => flag.names)))];
}

function flagOf({
  long,
  short,
  value,
  help,
  complete,
}: Pick<Flag<unknown>, 'long' | 'short' | 'value' | 'help' | 'complete'>): CompletionFlag {
  const names = [`--${long}`, ...(short === undefined ? [] : [`-${short}`])];
  const offered =
    complete === 'file' || complete === 'folder' ? 'path' : complete === 'context' ? 'other' : (complete ?? 'other');
  return { names, description: plain(help), value: value === undefined ? 'none' : offered };
}

/** Descriptions are our own text, but no shell shall find anything in them to act upon. */
function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9 .,:;()/_<>=+-]/g, '').trim();
}
