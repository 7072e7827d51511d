import { interruptExitCodes } from '../commands/exit-codes.ts';
import type { Verb } from '../commands/verb.ts';
import { ExitCode } from '../errors.ts';
import { type FlagRow, flagsOf, globalFlags, helpFlag, versionFlag } from './flags.ts';
import { commandPath, type Line, TOPICS } from './words.ts';

type Place = Pick<Line, 'program' | 'noun' | 'verb'>;

export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  [ExitCode.done]: 'done',
  [ExitCode.config]: 'the configuration is unreadable, invalid or incomplete',
  [ExitCode.server]: 'the server refused, failed, or its response made no sense',
  [ExitCode.usage]: 'the command line cannot be understood or is refused',
  [ExitCode.connection]: 'no connection, or the token was not accepted',
  [ExitCode.file]: 'a file could not be read',
  [ExitCode.delivery]: 'the result could not be delivered',
  [ExitCode.notFound]: 'no such context, key id or key name',
  [ExitCode.unsupported]: 'the server has no ingestion API keys',
  [ExitCode.unknownOutcome]: 'outcome unknown: the request was sent, the response was lost',
  [ExitCode.finding]: 'a check found something',
  [ExitCode.notTakenOver]: 'the key is delivered, but its consumers have not taken it over in time',
  [ExitCode.readerGone]: 'the reader of a listing went away',
  [ExitCode.sighup]: 'the terminal went away (SIGHUP)',
  [ExitCode.sigint]: 'interrupted by SIGINT',
  [ExitCode.sigterm]: 'terminated by SIGTERM',
};

/** What the help is wrapped to where there is no terminal. */
const OFF_TERMINAL = 80;
/** Descriptions get a line of their own where less than this is left for them beside the terms. */
const NARROWEST = 24;

/**
 * The help of a command in cobra's layout, which users of the Go CLI know.
 * @param width columns of the terminal; undefined off a terminal.
 */
export function renderHelp(place: Place, width: number | undefined): string {
  const lines = place.verb === undefined ? nounHelp(place, width) : verbHelp(place.verb, place, width ?? OFF_TERMINAL);
  return `${lines.join('\n')}\n`;
}

/** What is written at once without the streams, which take longer to load than the rest of a short run. */
const BLOCK = 4096;

/** A text in blocks of whole lines. */
export function* blocksOf(text: string): Generator<string> {
  let block = '';
  for (const line of text.split(/(?<=\n)/)) {
    if (block.length + line.length > BLOCK) {
      yield block;
      block = '';
    }
    block += line;
  }
  yield block;
}

function nounHelp(place: Place, terminal: number | undefined): string[] {
  const { program, noun } = place;
  const path = commandPath(place);
  const width = terminal ?? OFF_TERMINAL;
  const below = [...noun.verbs, ...(noun === program ? program.nouns : [])].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = below.map(({ name, summary }) => [name.padEnd(10), summary] as const);
  return [
    // Scripts look for the reference's sentence: it is one line where nobody has to read it.
    ...(terminal === undefined ? [noun.description] : wrapWords(noun.description, width)),
    '',
    'Usage:',
    `  ${path} [command]`,
    '',
    'Available Commands:',
    ...twoColumns(names, { width, gap: 2 }),
    ...(noun === program ? ['', 'Flags:', ...flagLines([...globalFlags, versionFlag, helpFor(noun.name)], width)] : []),
    '',
    `Use "${path} [command] --help" for more information about a command.`,
    ...(noun === program ? [`More help: sts help ${TOPICS.join(' | ')}`] : []),
    // Behind the text that users of the reference know.
    ...(noun.examples === undefined ? [] : ['', 'Examples:', ...exampleLines(noun.examples, width)]),
  ];
}

function verbHelp(verb: Verb, place: Place, width: number): string[] {
  const codes = allExitCodes(verb).map((code) => [String(code), exitCodeMeanings[code]] as const);
  return [
    ...wrapWords(verb.description ?? verb.summary, width),
    '',
    'Usage:',
    `  ${commandPath(place)} [flags]`,
    '',
    'Examples:',
    ...exampleLines(verb.examples, width),
    '',
    'Flags:',
    ...flagLines([...flagsOf(verb), helpFor(verb.name)], width),
    '',
    'Global Flags:',
    ...wrapItems(byName(globalFlags).map(flagTerm), width).map((line) => `  ${line}`),
    `  See '${place.program.name} --help' for what they do.`,
    '',
    'Exit Codes:',
    ...twoColumns(codes, { width, gap: 2 }),
  ];
}

/** Every command line can be refused; whoever waits for a server can be interrupted. */
function allExitCodes({ exitCodes }: Verb): ExitCode[] {
  const interrupted = exitCodes.includes(ExitCode.connection) ? interruptExitCodes : [];
  return [...new Set([ExitCode.done, ExitCode.usage, ...exitCodes, ...interrupted])].sort((a, b) => a - b);
}

function helpFor(name: string): FlagRow {
  return { ...helpFlag, help: `help for ${name}` };
}

function flagLines(rows: readonly FlagRow[], width: number): string[] {
  const lines = byName(rows).map((row) => {
    const term = `${row.short === undefined ? '    ' : ''}${flagTerm(row)}`;
    return [term, `${row.help}${row.required ? ' (required)' : ''}`] as const;
  });
  return twoColumns(lines, { width, gap: 3 });
}

function byName(rows: readonly FlagRow[]): readonly FlagRow[] {
  return rows.toSorted((a, b) => (a.long < b.long ? -1 : 1));
}

/** `-n, --name name` */
function flagTerm({ long, short, value }: FlagRow): string {
  return `${short === undefined ? '' : `-${short}, `}--${long}${value === undefined ? '' : ` ${value}`}`;
}

/** Terms and what they mean, side by side, or one below the other where there is no room for that. */
export function twoColumns(
  rows: readonly (readonly [string, string])[],
  { width, gap }: { readonly width: number; readonly gap: number },
): string[] {
  const column = Math.max(...rows.map(([term]) => term.length)) + gap;
  const beside = width - 2 - column;
  if (beside < NARROWEST) {
    return rows.flatMap(([term, text]) => [`  ${term.trim()}`, ...wrapWords(text, width - 6).map((line) => `      ${line}`)]);
  }
  return rows.flatMap(([term, text]) =>
    wrapWords(text, beside).map((line, index) => `  ${(index === 0 ? term : '').padEnd(column)}${line}`),
  );
}

/** Comments are wrapped. Commands are to be copied, and stay as they are. */
function exampleLines(examples: string, width: number): string[] {
  return examples.split('\n').flatMap((line) => {
    return line.startsWith('  # ') ? wrapWords(line.slice(4), width - 4).map((part) => `  # ${part}`) : [line];
  });
}

/** Our own texts are plain ASCII: a character is a column. */
export function wrapWords(text: string, width: number): string[] {
  return wrapItems(text.split(' '), width, ' ');
}

function wrapItems(items: readonly string[], width: number, between = '   '): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + between.length + item.length <= width)
      lines[lines.length - 1] = last + between + item;
    else lines.push(item);
  }
  return lines;
}
