import { type Command, CommanderError } from 'commander';
import { StsError, UsageError } from '../errors.ts';
import { visible } from '../escape.ts';
import { nearest } from '../nearest.ts';
import { commandPath } from './help.ts';
import { readTokens, UnknownTopicError } from './words.ts';

/** Commander's refusal in our words: what is wrong, the nearest right one, and where to read on. Other errors come back as they are. */
export function usageErrorOf(error: unknown, program: Command, argv: readonly string[]): unknown {
  if (error instanceof StsError && !(error instanceof UsageError)) return error;
  if (error instanceof UnknownTopicError) return unknownCommand(error.word, error.command);
  const command = commandOf(program, argv);
  const help = `See '${commandPath(command)} --help'.`;
  if (error instanceof UsageError)
    return error.hints.length > 0 ? error : new UsageError(error.message, { hints: [help], cause: error });
  if (!(error instanceof CommanderError)) return error;
  const named = /'([\s\S]*)'/.exec(error.message)?.[1] ?? '';
  switch (error.code) {
    case 'commander.unknownOption': {
      const word = strangeWord(program, command, argv);
      return word === undefined ? unknownFlag(nameOf(named), command, help) : unknownCommand(word, command);
    }
    case 'commander.unknownCommand':
    case 'commander.excessArguments': {
      // Never the value of a flag, which may be a token.
      const words = readTokens(program, argv).filter(({ isFlag }) => !isFlag);
      const word = words[depth(command)]?.text ?? named;
      if (command.commands.length === 0) {
        return new UsageError(`${commandPath(command)} takes no arguments besides its flags.`, { hints: [help] });
      }
      return unknownCommand(word, command);
    }
    case 'commander.optionMissingArgument':
      return new UsageError(`A value is missing for ${named}.`, { hints: [help] });
    case 'commander.missingMandatoryOptionValue': {
      // A flag that is misspelt is missing as well; what is wrong with it says more.
      const flags = flagsOf(command);
      const given = readTokens(program, argv).filter(({ isFlag }) => isFlag);
      const misspelt = given.map(({ text }) => nameOf(text)).find((flag) => !flags.includes(flag));
      if (misspelt !== undefined) return unknownFlag(misspelt, command, help);
      return new UsageError(`A flag is missing: ${named}.`, { hints: [help] });
    }
    default:
      return new UsageError(`${visible(error.message.replace(/^error: /, ''))}.`, { hints: [help] });
  }
}

/**
 * The word in the place of a verb that is none: its flags are unknown only because of it. What stands behind a flag that nobody knows
 * may be its value, and a token.
 */
function strangeWord(program: Command, command: Command, argv: readonly string[]): string | undefined {
  if (command.commands.length === 0) return undefined;
  const tokens = readTokens(program, argv);
  const stranger = tokens.findIndex(({ isFlag, option }) => isFlag && option === undefined);
  const known = stranger < 0 ? tokens : tokens.slice(0, stranger);
  return known.filter(({ isFlag }) => !isFlag)[depth(command)]?.text;
}

function unknownCommand(word: string, command: Command): UsageError {
  const names = command.commands.map((child) => child.name());
  const near = nearest(word, names.length > 0 ? [...names, 'help'] : names);
  return new UsageError(`Unknown command ${JSON.stringify(visible(word))} for '${commandPath(command)}'.`, {
    hints: [...didYouMean(near), `See '${commandPath(command)} --help'.`],
  });
}

function didYouMean(near: string | undefined): string[] {
  return near === undefined ? [] : [`Did you mean ${near}?`];
}

function unknownFlag(flag: string, command: Command, help: string): UsageError {
  const flags = flagsOf(command);
  if (flags.includes(flag)) return new UsageError(`${flag} takes no value.`, { hints: [help] });
  const near = nearest(bare(flag), flags.map(bare));
  return new UsageError(`Unknown flag: ${visible(flag)}`, {
    hints: [...didYouMean(near === undefined ? undefined : `--${near}`), help],
  });
}

/** The part of a long flag that tells it from others; a short one is no beginning of a long one. */
function bare(flag: string): string {
  return flag.startsWith('--') ? flag.slice(2) : '';
}

/** The flag without a value glued to it, which may be a token. */
function nameOf(flag: string): string {
  return flag.startsWith('--') ? flag.replace(/=[\s\S]*/, '') : flag.slice(0, 2);
}

function commandOf(program: Command, argv: readonly string[]): Command {
  let command = program;
  for (const token of argv) {
    const child = command.commands.find((candidate) => candidate.name() === token);
    if (child === undefined) break;
    command = child;
  }
  return command;
}

function depth(command: Command): number {
  return command.parent === null ? 0 : 1 + depth(command.parent);
}

function flagsOf(command: Command): string[] {
  const own = command.options.flatMap((option) => (option.long === undefined ? [] : [option.long]));
  return command.parent === null ? [...own, '--help'] : [...own, ...flagsOf(command.parent)];
}
