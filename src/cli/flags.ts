import { type Flag, flagEntries, type Verb } from '../commands/verb.ts';
import { SETTINGS, type Setting, type SettingName } from '../config/table.ts';
import { UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';

/** A flag as the command line has it: one of a verb, or a global one. */
export interface FlagRow extends Flag<unknown> {
  /** Name of the option that it sets. */
  readonly option: string;
  /** May stand without a value as well; how often is what counts. */
  readonly counts?: boolean;
}

export const helpFlag: FlagRow = { option: 'help', long: 'help', short: 'h', help: 'show the help' };
export const versionFlag: FlagRow = { option: 'version', long: 'version', help: 'version of sts' };

/** The flags that every command takes: the settings that have one. */
export const globalFlags: readonly FlagRow[] = Object.entries<Setting>(SETTINGS).flatMap(([name, setting]) =>
  setting.flag === undefined ? [] : [globalFlag(name as SettingName, setting, setting.flag)],
);

/** The flags of one verb, in its order. */
export function flagsOf(verb: Verb): readonly FlagRow[] {
  return flagEntries(verb).map(([option, flag]) => ({ ...flag, option }));
}

/** `-n, --name <name>`, as a sentence names a flag. */
export function termOf({ long, short, value }: FlagRow): string {
  return `${short === undefined ? '' : `-${short}, `}--${long}${value === undefined ? '' : ` <${value}>`}`;
}

function globalFlag(name: SettingName, setting: Setting, long: string): FlagRow {
  const standard = setting.default === undefined || setting.value === undefined ? '' : `, default ${setting.default}`;
  return {
    option: name,
    long,
    help: `${setting.help}${standard}${setting.variable === undefined ? '' : ` (${setting.variable})`}`,
    ...(setting.short === undefined ? {} : { short: setting.short }),
    ...(setting.value === undefined ? {} : { value: setting.value }),
    ...(setting.complete === undefined ? {} : { complete: setting.complete }),
    ...(name === 'verbose' ? { counts: true, parse: parseVerbose } : {}),
    ...(name === 'output' ? { parse: parseOutput } : {}),
    ...(name === 'context' ? { parse: (text: string) => given(text, '--context', 'name a context') } : {}),
    ...(name === 'config' ? { parse: (text: string) => given(text, '--config', 'name a file') } : {}),
  };
}

const outputs = ['text', 'json', 'wide', 'prometheus'] as const;

function parseOutput(text: string): (typeof outputs)[number] {
  const output = outputs.find((known) => known === text);
  if (output !== undefined) return output;
  const near = nearest(text, outputs);
  throw new UsageError(`--output cannot be ${JSON.stringify(text)}: it takes text, json, wide or prometheus.`, {
    hints: near === undefined ? [] : [`Did you mean ${near}?`],
  });
}

function parseVerbose(text: string): number {
  if (/^\d$/.test(text)) return Number(text);
  throw new UsageError('--verbose takes a number from 0 to 9, or no value.');
}

/** A value that is empty, as an unset shell variable leaves it, must not count as none: another file or server would be used. */
function given(text: string, flag: string, what: string): string {
  if (text.trim() === '') throw new UsageError(`${flag} is empty: ${what}, or leave ${flag} out.`);
  return text;
}
