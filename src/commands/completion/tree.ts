import type { Command, Option } from 'commander';
import { KEY_FORMATS } from '../../delivery/format.ts';

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

const words: Readonly<Record<string, readonly string[]>> = { '--output': ['text', 'json'], '--key-format': KEY_FORMATS };

/** All commands of a program, the root first. */
export function completionTree(program: Command): CompletionNode[] {
  const help: CompletionFlag = { names: ['--help', '-h'], description: 'show the help', value: 'none' };
  const globals = program.options.filter((option) => option.long !== '--version').map(flagOf);
  const visit = (command: Command, path: readonly string[]): CompletionNode[] => {
    const own = command === program ? command.options.filter((option) => option.long === '--version') : command.options;
    const children = command.commands.map((child) => ({
      name: child.name(),
      description: plain(child.summary() || child.description()),
    }));
    if (command === program) children.push({ name: 'help', description: 'Show the help of a command' });
    const node = { path: path.join(' '), children, flags: [...own.map(flagOf), help, ...globals] };
    return [node, ...command.commands.flatMap((child) => visit(child, [...path, child.name()]))];
  };
  return visit(program, []);
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

function flagOf(option: Option): CompletionFlag {
  const names = [option.long, option.short].filter((name) => name !== undefined);
  const known = words[option.long ?? ''];
  const placeholder = /<([^>]+)>/.exec(option.flags)?.[1];
  const value = placeholder === undefined ? 'none' : (known ?? (placeholder === 'path' ? 'path' : 'other'));
  return { names, description: plain(option.description), value };
}

/** Descriptions are our own text, but no shell shall find anything in them to act upon. */
function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9 .,:;()/_<>=+-]/g, '').trim();
}
