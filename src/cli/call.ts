import type { GlobalOptions } from '../config/model.ts';
import { UsageError } from '../errors.ts';
import { type FlagRow, globalFlags, termOf } from './flags.ts';
import { booleanOf, flagsHere, isFlag, type Line } from './words.ts';

/** What a command line asks for, its values read and checked. */
export interface Call {
  /** The verb's own options. */
  readonly options: object;
  readonly globals: GlobalOptions;
}

/**
 * Reads the values of a command line by the definitions of the verb and of the settings. What asks for help, or has a fault (`faultOf`),
 * does not come here.
 * @throws UsageError for values that are refused, flags that are missing, and options that do not go together.
 */
export function readCall(line: Line): Call {
  const values: Record<string, unknown> = {};
  for (const { row, text } of line.rest.filter(isFlag)) {
    if (row !== undefined && text !== undefined) values[row.option] = parserOf(row)(text, values[row.option]);
  }
  const missing = flagsHere(line).filter(({ required, option }) => required && !(option in values));
  if (missing.length > 0) throw new UsageError(`A flag is missing: ${missing.map(termOf).join(' and ')}.`);
  const call = { options: without(values, globalFlags), globals: globalsOf(values) };
  if (call.globals.quiet && call.globals.output !== 'text') {
    throw new UsageError('--quiet and --output both say what stands on stdout: give one of them.');
  }
  line.verb?.check?.(call.options);
  return call;
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
