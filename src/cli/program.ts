import { Command, CommanderError, Option } from 'commander';
import type { GlobalOptions } from '../config/model.ts';
import { UsageError } from '../errors.ts';
import { visible } from '../escape.ts';
import { type FlagRow, globalFlags, termOf } from './flags.ts';
import { booleanOf, flagsHere, isFlag, type Line } from './words.ts';

/** What a command line asks for, its values read and checked. */
export interface Call {
  /** The verb's own options. */
  readonly options: object;
  readonly globals: GlobalOptions;
}

// What commander would say is said by us; looking at the terminal would cost each start the loading of the streams.
const silent = {
  writeOut: () => {},
  writeErr: () => {},
  outputError: () => {},
  getOutHelpWidth: () => 80,
  getErrHelpWidth: () => 80,
  getOutHasColors: () => false,
  getErrHasColors: () => false,
};

/**
 * Reads the flags of a command line with commander, made from the definitions of the verb and of the settings. What asks for help or
 * has a fault (`faultOf`) does not come here: commander is loaded where a verb runs.
 * @throws UsageError for values that are refused, flags that are missing, and options that do not go together.
 */
export function readCall(line: Line): Call {
  const command = new Command(line.verb?.name).exitOverride().helpOption(false).configureOutput(silent);
  for (const row of flagsHere(line)) command.addOption(optionOf(row));
  try {
    const given = line.rest.filter(isFlag).map(({ row, text }) => `--${row?.long}=${text}`);
    command.parse(given, { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError ? usageErrorOf(error, line) : error;
  }
  const values = command.opts<Record<string, unknown>>();
  const call = { options: without(values, globalFlags), globals: globalsOf(values) };
  if (call.globals.quiet && call.globals.output !== 'text') {
    throw new UsageError('--quiet and --output both say what stands on stdout: give one of them.');
  }
  if (call.globals.output === 'prometheus' && line.verb?.prometheus !== true) {
    throw new UsageError('--output prometheus is for the lists of ingestion API keys and service tokens.', {
      hints: ['Use -o json here, or: sts ingestion-api-key list -o prometheus'],
    });
  }
  line.verb?.check?.(call.options);
  return call;
}

/** A refusal of commander in our words. */
function usageErrorOf({ code, message }: CommanderError, line: Line): UsageError {
  if (code !== 'commander.missingMandatoryOptionValue') return new UsageError(`${visible(message.replace(/^error: /, ''))}.`);
  const given = line.rest.filter(isFlag).map(({ row }) => row?.option);
  const missing = flagsHere(line).filter(({ required, option }) => required && !given.includes(option));
  return new UsageError(`A flag is missing: ${missing.map(termOf).join(' and ')}.`);
}

function optionOf(row: FlagRow): Option {
  const { long, option, value, required = false } = row;
  const made = new Option(`--${long} ${value === undefined ? '[value]' : '<value>'}`, row.help);
  // Commander takes `--no-x` for the opposite of a flag `--x`, and makes names of its own.
  made.negate = false;
  made.attributeName = () => option;
  return made.argParser(parserOf(row)).makeOptionMandatory(required);
}

function parserOf(row: FlagRow): (text: string, before: unknown) => unknown {
  const { long, value, repeatable, counts, parse = (text: string): unknown => text } = row;
  if (counts) return (text, before) => (text === 'true' ? Number(before ?? 0) + 1 : parse(text));
  if (value === undefined) return (text) => parseBoolean(text, long);
  if (repeatable) return (text, before) => [...(Array.isArray(before) ? before : []), parse(text)].flat();
  return (text, before) => {
    if (before === undefined) return parse(text);
    throw new UsageError(`--${long} is given twice: it takes one value.`);
  };
}

function parseBoolean(text: string, long: string): boolean {
  const value = booleanOf(text);
  if (value !== undefined) return value;
  throw new UsageError(`--${long} takes true or false, or no value.`);
}

function without(options: Readonly<Record<string, unknown>>, rows: readonly FlagRow[]): object {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !rows.some(({ option }) => option === name)));
}

/** The global flags as given. What makes them has the types that their parsers give. */
function globalsOf(values: Readonly<Record<string, unknown>>): GlobalOptions {
  const given = Object.fromEntries(globalFlags.flatMap(({ option }) => (option in values ? [[option, values[option]]] : [])));
  const { color: noColor, ...others } = given;
  const globals = { output: 'text', verbose: 0, ...others, ...(noColor === undefined ? {} : { color: !noColor }) };
  return globals as GlobalOptions;
}
