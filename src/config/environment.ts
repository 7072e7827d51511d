import { UsageError } from '../errors.ts';
import { environmentLayer, type Found, type Layer, layerWithout } from './layers.ts';
import type { SettingsInput } from './resolve.ts';
import { SERVER_MEMBERS, SETTINGS } from './table.ts';
import { hasToken } from './token.ts';

type Chooser = Pick<SettingsInput, 'contextName' | 'globals'>;

/** The flag that chose the context; undefined if no flag did. */
export function chosenBy({ contextName, globals }: Chooser): '--name' | '--context' | undefined {
  if (contextName !== undefined) return '--name';
  return globals.context === undefined ? undefined : '--context';
}

/** An environment variable that is ignored. */
export type Ignored = { readonly member: (typeof SERVER_MEMBERS)[number]; readonly found: Found };

/**
 * Splits the environment into the variables that count and those that are ignored. When a flag chooses the context, a variable is ignored
 * if it would send the command to another server.
 */
export function environmentOf(input: SettingsInput, flags: Layer): { environment: Layer; ignored: readonly Ignored[] } {
  const environment = environmentLayer(input.env);
  if (chosenBy(input) === undefined) return { environment, ignored: [] };
  const ignored = SERVER_MEMBERS.flatMap((member): Ignored[] => {
    const found = environment.find(member);
    const isOverruled = member === 'url' ? flags.find('url') !== undefined : hasToken(flags);
    return found === undefined || isOverruled ? [] : [{ member, found }];
  });
  return { environment: layerWithout(environment, SERVER_MEMBERS), ignored };
}

/** The warning about ignored variables. */
export function ignoredVariables(ignored: readonly Ignored[], input: Chooser): string {
  const labels = ignored.map(({ found }) => found.label);
  return `${listed(labels)} ignored, because ${chosenBy(input)} says which context to use.`;
}

/**
 * Checks the settings of a command that asks all contexts. A flag that names one server is refused. A variable that does is ignored.
 * @returns the warning about the ignored variables; undefined if there are none.
 * @throws UsageError when a flag names one server.
 */
export function forAllContexts({ globals, env }: Pick<SettingsInput, 'globals' | 'env'>): string | undefined {
  const flag = serverFlag(globals);
  if (flag !== undefined) {
    throw new UsageError(`--all-contexts asks the servers of all contexts, but ${flag} names only one.`, {
      hints: ['Leave out one of the two flags.'],
    });
  }
  const environment = environmentLayer(env);
  const labels = SERVER_MEMBERS.flatMap((member) => environment.find(member)?.label ?? []);
  return labels.length === 0
    ? undefined
    : `${listed(labels)} ignored, because --all-contexts takes the contexts of the config file.`;
}

/** The first flag given that names one server, or the token for it: `--url`; undefined if there is none. */
export function serverFlag(globals: SettingsInput['globals']): string | undefined {
  const member = (['context', ...SERVER_MEMBERS] as const).find((candidate) => globals[candidate] !== undefined);
  return member === undefined ? undefined : `--${SETTINGS[member].flag}`;
}

function listed(labels: readonly string[]): string {
  return labels.length === 1 ? `${labels[0]} is` : `${labels.slice(0, -1).join(', ')} and ${labels.at(-1)} are`;
}
