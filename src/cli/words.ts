import type { Noun, Program, Verb } from '../commands/verb.ts';
import type { GlobalOptions } from '../config/model.ts';
import { UsageError } from '../errors.ts';
import { type FlagRow, flagsOf, globalFlags, helpFlag, versionFlag } from './flags.ts';

/** A flag as it was given. */
export interface GivenFlag {
  readonly kind: 'flag';
  /** As it was typed, without a value, which may be a token: `--nmae`, `-x`. */
  readonly typed: string;
  /** Undefined: the command has no such flag. */
  readonly row: FlagRow | undefined;
  /** Undefined: none was given. */
  readonly text: string | undefined;
}

/** A word that is neither a command, nor a flag, nor the value of one. */
export interface Stray {
  readonly kind: 'stray';
  readonly text: string;
}

/** What there is help about besides the commands. */
export const TOPICS = ['environment', 'exit-codes', 'config-file'] as const;
export type Topic = (typeof TOPICS)[number];

/** A command line, read once: what it names, and what else it holds in the order in which it was typed. */
export interface Line {
  readonly program: Program;
  /** The noun, or the program where none is named. */
  readonly noun: Noun;
  readonly verb: Verb | undefined;
  /** Whether the word `help` stands among the commands. */
  readonly help: boolean;
  /** What `sts help TOPIC` asks for that is no command. */
  readonly topic: Topic | undefined;
  readonly rest: readonly (GivenFlag | Stray)[];
}

/**
 * Reads a command line as pflag does, which the Go CLI is built with: `-n x`, `-nx`, `-n=x`, `-vn x`, `--name x`, `--name=x`,
 * `--skip-ssl=true`; flags stand anywhere, before or after the verb, and a value is never taken for a flag whatever it looks like.
 * @param argv arguments without the interpreter and the script.
 */
export function readLine(program: Program, argv: readonly string[]): Line {
  const rest: (GivenFlag | Stray)[] = [];
  let noun: Noun = program;
  let verb: Verb | undefined;
  let help = false;
  let literal = false;
  const known = allFlags(program);
  let topic: Topic | undefined;
  const word = (text: string) => {
    const isCommand = !literal && topic === undefined && !rest.some(isStray);
    const open = isCommand && verb === undefined;
    const below = open && noun === program ? program.nouns.find(({ name }) => name === text) : undefined;
    const named = open ? noun.verbs.find(({ name, aliases = [] }) => name === text || aliases.includes(text)) : undefined;
    if (below !== undefined) noun = below;
    else if (named !== undefined) verb = named;
    else if (isCommand && text === 'help') help = true;
    else if (open && help && noun === program && isTopic(text)) topic = text;
    else rest.push({ kind: 'stray', text });
  };
  for (let index = 0; index < argv.length; index++) {
    const text = argv[index] ?? '';
    if (literal || text === '-' || !text.startsWith('-')) word(text);
    else if (text === '--') literal = true;
    else index += readFlags(text, argv[index + 1], known, rest);
  }
  // Of the flags that any command has only those of this one count.
  const own = flagsHere({ program, noun, verb });
  const ownRow = (row: FlagRow | undefined) => own.find(({ long }) => long === row?.long);
  return {
    program,
    noun,
    verb,
    help,
    topic,
    rest: rest.map((item) => (isFlag(item) ? { ...item, row: ownRow(item.row) } : item)),
  };
}

/** The flags of a command, its own ones first. */
export function flagsHere({ program, noun, verb }: Pick<Line, 'program' | 'noun' | 'verb'>): readonly FlagRow[] {
  const own = verb === undefined ? (noun === program ? [versionFlag] : []) : flagsOf(verb);
  return [...own, helpFlag, ...globalFlags];
}

/** Whether a flag that takes no value was given, and not as `=false`. */
export function asksFor(option: 'help' | 'version', { rest }: Line): boolean {
  return rest.some((item) => isFlag(item) && item.row?.option === option && booleanOf(item.text) !== false);
}

/** The first thing that is wrong with a command line, as far as that can be told without reading values. */
export function faultOf({ rest }: Line): GivenFlag | Stray | undefined {
  return rest.find(
    (item) => isStray(item) || item.row === undefined || (item.row.value !== undefined && item.text === undefined),
  );
}

/** `sts ingestion-api-key create` */
export function commandPath({ program, noun, verb }: Pick<Line, 'program' | 'noun' | 'verb'>): string {
  return [program.name, ...(noun === program ? [] : [noun.name]), ...(verb === undefined ? [] : [verb.name])].join(' ');
}

/** Where to read on. */
export function seeHelp(line: Line): string {
  return `See '${commandPath(line)} --help'.`;
}

/** A refused command line, with where to read on if nothing else is hinted at. Other errors come back as they are. */
export function withHelp(error: unknown, line: Line): unknown {
  if (!(error instanceof UsageError) || error.hints.length > 0) return error;
  return new UsageError(error.message, { hints: [seeHelp(line)], cause: error });
}

function isTopic(text: string): text is Topic {
  return TOPICS.some((topic) => topic === text);
}

export function isStray(item: GivenFlag | Stray): item is Stray {
  return item.kind === 'stray';
}

export function isFlag(item: GivenFlag | Stray): item is GivenFlag {
  return item.kind === 'flag';
}

/** How a command line wants to be answered, also one that is refused: its error is shown in the form asked for. */
export function shownAs({ rest }: Line): Pick<GlobalOptions, 'output'> & { readonly color?: boolean } {
  const last = (option: string) => rest.filter(isFlag).findLast(({ row }) => row?.option === option)?.text;
  const noColor = booleanOf(last('color'));
  return { output: last('output') === 'json' ? 'json' : 'text', ...(noColor === undefined ? {} : { color: !noColor }) };
}

/** Reads a word for yes or no. @returns undefined for any other word. */
export function booleanOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (/^(1|t|true|yes|on)$/i.test(text)) return true;
  return /^(0|f|false|no|off)$/i.test(text) ? false : undefined;
}

/**
 * Reads one word of flags: a long one, or short ones together.
 * @param next the word behind it, which may be the value of the last one.
 * @returns how many words were taken besides it.
 */
function readFlags(
  text: string,
  next: string | undefined,
  known: ReadonlyMap<string, FlagRow>,
  rest: (GivenFlag | Stray)[],
): number {
  const add = (typed: string, row: FlagRow | undefined, value: string | undefined) =>
    rest.push({ kind: 'flag', typed, row, text: value });
  if (text.startsWith('--')) {
    const at = text.indexOf('=');
    const typed = at < 0 ? text : text.slice(0, at);
    const row = known.get(typed);
    if (at >= 0) add(typed, row, text.slice(at + 1));
    else if (row?.value === undefined) add(typed, row, row === undefined ? undefined : 'true');
    else {
      add(typed, row, next);
      return 1;
    }
    return 0;
  }
  for (let at = 1; at < text.length; at++) {
    const typed = `-${text[at]}`;
    const row = known.get(typed);
    const attached = text.slice(at + 1);
    if (row === undefined) {
      add(typed, row, undefined);
      return 0;
    }
    if (row.value === undefined && !attached.startsWith('=')) {
      add(typed, row, 'true');
      continue;
    }
    const value = attached === '' ? next : attached.replace(/^=/, '');
    add(typed, row, value);
    return attached === '' ? 1 : 0;
  }
  return 0;
}

/** All flags that any command has, as they are typed. A flag of one name takes a value everywhere or nowhere. */
function allFlags(program: Program): Map<string, FlagRow> {
  const verbs = [program, ...program.nouns].flatMap((noun) => noun.verbs);
  const rows = [...verbs.flatMap(flagsOf), helpFlag, versionFlag, ...globalFlags];
  return new Map(
    rows.flatMap((row) => [
      [`--${row.long}`, row] as const,
      ...(row.short === undefined ? [] : [[`-${row.short}`, row] as const]),
      ...(row.alias === undefined ? [] : [[`--${row.alias}`, row] as const]),
    ]),
  );
}
