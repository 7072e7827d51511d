import { interruptExitCodes } from '../commands/exit-codes.ts';
import type { Noun, Program, Verb } from '../commands/verb.ts';
import { ExitCode } from '../errors.ts';
import { type FlagRow, flagsOf, globalFlags, helpFlag, versionFlag } from './flags.ts';

/** What help is asked for: a verb, else a noun, which may be the program. */
export interface HelpTopic {
  readonly program: Program;
  readonly noun: Noun;
  readonly verb: Verb | undefined;
}

const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  [ExitCode.done]: 'done',
  [ExitCode.config]: 'the configuration is unreadable, invalid or incomplete',
  [ExitCode.server]: 'the server refused, failed, or its answer made no sense',
  [ExitCode.usage]: 'the command line cannot be understood or is refused',
  [ExitCode.connection]: 'no connection, or the token was not accepted',
  [ExitCode.file]: 'a file could not be read',
  [ExitCode.delivery]: 'the result could not be delivered',
  [ExitCode.notFound]: 'no such context, key id or key name',
  [ExitCode.unsupported]: 'the server has no ingestion API keys',
  [ExitCode.unknownOutcome]: 'outcome unknown: the request was sent, the answer was lost',
  [ExitCode.finding]: 'a check found something',
  [ExitCode.notTakenOver]: 'the key is delivered, but its consumers have not taken it over in time',
  [ExitCode.readerGone]: 'the reader of a listing went away',
  [ExitCode.sighup]: 'the terminal went away (SIGHUP)',
  [ExitCode.sigint]: 'interrupted by SIGINT',
  [ExitCode.sigterm]: 'terminated by SIGTERM',
};

/** The help of a command in cobra's layout, which users of the Go CLI know. */
export function renderHelp(topic: HelpTopic): string {
  const lines = topic.verb === undefined ? nounHelp(topic) : verbHelp(topic.verb, topic);
  return `${lines.join('\n')}\n`;
}

/** `sts ingestion-api-key create` */
export function commandPath({ program, noun, verb }: HelpTopic): string {
  return [program.name, ...(noun === program ? [] : [noun.name]), ...(verb === undefined ? [] : [verb.name])].join(' ');
}

function nounHelp(topic: HelpTopic): string[] {
  const { program, noun } = topic;
  const path = commandPath(topic);
  const below = [...noun.verbs, ...(noun === program ? program.nouns : [])].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.max(...below.map(({ name }) => name.length), 10);
  return [
    noun.description,
    '',
    'Usage:',
    `  ${path} [command]`,
    '',
    'Available Commands:',
    ...below.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    ...(noun.examples === undefined ? [] : ['', 'Examples:', ...noun.examples.split('\n')]),
    ...(noun === program ? ['', 'Flags:', ...flagLines([...globalFlags, versionFlag, helpFor(noun.name)])] : []),
    '',
    `Use "${path} [command] --help" for more information about a command.`,
  ];
}

function verbHelp(verb: Verb, topic: HelpTopic): string[] {
  return [
    verb.description ?? verb.summary,
    '',
    'Usage:',
    `  ${commandPath(topic)} [flags]`,
    '',
    'Examples:',
    ...verb.examples.split('\n'),
    '',
    'Flags:',
    ...flagLines([...flagsOf(verb), helpFor(verb.name)]),
    '',
    'Global Flags:',
    ...flagLines(globalFlags),
    '',
    'Exit Codes:',
    ...allExitCodes(verb).map((code) => `  ${String(code).padEnd(4)}${exitCodeMeanings[code]}`),
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

function flagLines(rows: readonly FlagRow[]): string[] {
  const shown = rows.map((row) => ({ term: flagTerm(row), row }));
  const width = Math.max(...shown.map(({ term }) => term.length));
  return shown
    .toSorted((a, b) => (a.row.long < b.row.long ? -1 : 1))
    .map(({ term, row }) => `  ${term.padEnd(width)}   ${row.help}${row.required ? ' (required)' : ''}`);
}

function flagTerm({ long, short, value }: FlagRow): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${long}${value === undefined ? '' : ` ${value}`}`;
}
