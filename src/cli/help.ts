import type { Command, Option } from 'commander';
import { ExitCode } from '../errors.ts';

/** What a verb's help says beyond its flags. */
export interface VerbHelp {
  readonly examples: string;
  /** Exit codes the verb can end in, in any order; those of its kind (`allExitCodes`) need not be among them. */
  readonly exitCodes: readonly ExitCode[];
}

const extras = new WeakMap<Command, VerbHelp>();

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

/** How whoever waits for something can end before it came. */
export const interruptExitCodes = [ExitCode.sighup, ExitCode.sigint, ExitCode.sigterm] as const;

/** Adds examples and exit codes to a verb's help. */
export function describeVerb(command: Command, help: VerbHelp): Command {
  extras.set(command, help);
  return command;
}

/** The help of a command in cobra's layout, which users of the Go CLI know. */
export function renderHelp(command: Command): string {
  const path = commandPath(command);
  const verbs = command.commands;
  const lines: string[] = [command.description(), '', 'Usage:'];
  if (verbs.length > 0) {
    lines.push(`  ${path} [command]`, '', 'Available Commands:');
    const width = Math.max(...verbs.map((verb) => verb.name().length), 10);
    const sorted = verbs.toSorted((a, b) => (a.name() < b.name() ? -1 : 1));
    for (const verb of sorted) lines.push(`  ${verb.name().padEnd(width)}  ${verb.summary() || verb.description()}`);
  } else {
    const positional = command.registeredArguments.map(
      (argument) => ` ${argument.required ? argument.name() : `[${argument.name()}]`}`,
    );
    lines.push(`  ${path}${positional.join('')} [flags]`);
  }
  const extra = extras.get(command);
  if (extra !== undefined) lines.push('', 'Examples:', ...extra.examples.split('\n'));
  if (verbs.length === 0 && command.parent !== null) {
    lines.push('', 'Flags:', ...flagLines([...command.options, helpFlag(command)]));
    lines.push('', 'Global Flags:', ...flagLines(globalOptions(command)));
  }
  if (command.parent === null) lines.push('', 'Flags:', ...flagLines([...command.options, helpFlag(command)]));
  if (extra !== undefined) {
    lines.push('', 'Exit Codes:');
    for (const code of allExitCodes(extra)) lines.push(`  ${String(code).padEnd(4)}${exitCodeMeanings[code]}`);
  }
  if (verbs.length > 0) lines.push('', `Use "${path} [command] --help" for more information about a command.`);
  return `${lines.join('\n')}\n`;
}

/** `sts ingestion-api-key create` */
export function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}

/** Every command line can be refused; whoever waits for a server can be interrupted. */
function allExitCodes({ exitCodes }: VerbHelp): ExitCode[] {
  const interrupted = exitCodes.includes(ExitCode.connection) ? interruptExitCodes : [];
  return [...new Set([ExitCode.done, ExitCode.usage, ...exitCodes, ...interrupted])].sort((a, b) => a - b);
}

function globalOptions(command: Command): Option[] {
  let root = command;
  while (root.parent !== null) root = root.parent;
  return root.options.filter((option) => option.long !== '--version');
}

function helpFlag(command: Command): Option {
  return command.createOption('-h, --help', `help for ${command.name()}`);
}

function flagLines(options: readonly Option[]): string[] {
  const shown = options.map((option) => ({ term: flagTerm(option), option }));
  const width = Math.max(...shown.map(({ term }) => term.length));
  return shown
    .toSorted((a, b) => ((a.option.long ?? '') < (b.option.long ?? '') ? -1 : 1))
    .map(({ term, option }) => `  ${term.padEnd(width)}   ${option.description}${option.mandatory ? ' (required)' : ''}`);
}

function flagTerm(option: Option): string {
  const long = option.long ?? '';
  const value = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1];
  return `${option.short === undefined ? '    ' : `${option.short}, `}${long}${value === undefined ? '' : ` ${value}`}`;
}
