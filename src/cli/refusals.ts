import type { CommanderError } from 'commander';
import { UsageError } from '../errors.ts';
import { visible } from '../escape.ts';
import { nearest } from '../nearest.ts';
import type { FlagRow } from './flags.ts';
import { commandPath } from './help.ts';
import { flagsHere, type GivenFlag, isFlag, isStray, type Line } from './words.ts';

/**
 * Refuses a command line for its first fault, as far as that can be told without reading values.
 * @throws UsageError
 */
export function refuse(line: Line): void {
  const fault = line.rest.find((item) => isStray(item) || item.row === undefined || lacksValue(item));
  if (fault === undefined) return;
  if (isStray(fault)) throw strayWord(fault.text, line);
  if (fault.row === undefined) throw unknownFlag(fault.typed, line);
  throw new UsageError(`A value is missing for ${termOf(fault.row)}.`, { hints: [see(line)] });
}

/** A refusal of commander in our words. */
export function usageErrorOf(error: CommanderError, line: Line): UsageError {
  if (error.code !== 'commander.missingMandatoryOptionValue')
    return new UsageError(`${visible(error.message.replace(/^error: /, ''))}.`);
  const given = line.rest.filter(isFlag).map(({ row }) => row?.option);
  const missing = flagsHere(line).filter(({ required, option }) => required && !given.includes(option));
  return new UsageError(`A flag is missing: ${missing.map(termOf).join(' and ')}.`);
}

/** A refused command line, with where to read on if nothing else is hinted at. Other errors come back as they are. */
export function withHelp(error: unknown, line: Line): unknown {
  if (!(error instanceof UsageError) || error.hints.length > 0) return error;
  return new UsageError(error.message, { hints: [see(line)], cause: error });
}

function strayWord(word: string, line: Line): UsageError {
  const path = commandPath(line);
  if (line.verb !== undefined && !line.help)
    return new UsageError(`${path} takes no arguments besides its flags.`, { hints: [see(line)] });
  const below = line.verb === undefined ? [...line.noun.verbs, ...(line.noun === line.program ? line.program.nouns : [])] : [];
  const names = below.map(({ name }) => name);
  return new UsageError(`Unknown command ${JSON.stringify(visible(word))} for '${path}'.`, {
    hints: [...didYouMean(nearest(word, names.length > 0 ? [...names, 'help'] : names)), see(line)],
  });
}

function unknownFlag(typed: string, line: Line): UsageError {
  const longs = flagsHere(line).map(({ long }) => long);
  // A short flag is no beginning of a long one.
  const near = nearest(typed.startsWith('--') ? typed.slice(2) : '', longs);
  return new UsageError(`Unknown flag: ${visible(typed)}`, {
    hints: [...didYouMean(near === undefined ? undefined : `--${near}`), see(line)],
  });
}

function lacksValue({ row, text }: GivenFlag): boolean {
  return row?.value !== undefined && text === undefined;
}

/** `-n, --name <name>` */
function termOf({ long, short, value }: FlagRow): string {
  return `${short === undefined ? '' : `-${short}, `}--${long}${value === undefined ? '' : ` <${value}>`}`;
}

function see(line: Line): string {
  return `See '${commandPath(line)} --help'.`;
}

function didYouMean(near: string | undefined): string[] {
  return near === undefined ? [] : [`Did you mean ${near}?`];
}
