import { UsageError } from '../errors.ts';
import { environmentLayer, type Found, type Layer, layerWithout } from './layers.ts';
import type { SettingsInput } from './resolve.ts';
import { SERVER_MEMBERS, SETTINGS } from './table.ts';
import { hasToken } from './token.ts';

type Chooser = Pick<SettingsInput, 'contextName' | 'globals'>;

/** The flag that chose the context, if one did. */
export function chosenBy({ contextName, globals }: Chooser): '--name' | '--context' | undefined {
  if (contextName !== undefined) return '--name';
  return globals.context === undefined ? undefined : '--context';
}

/** A variable that does not count. */
export type Ignored = { readonly member: (typeof SERVER_MEMBERS)[number]; readonly found: Found };

/** The environment as it counts, and what of it is ignored: what would lead the command to another server than the context's. */
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

/** The warning about them. */
export function ignoredVariables(ignored: readonly Ignored[], input: Chooser): string {
  const labels = ignored.map(({ found }) => found.label);
  return `${listed(labels)} ignored, because ${chosenBy(input)} says which context to use.`;
}

/**
 * All contexts are meant: what names one server contradicts that, and what of the environment does so is ignored.
 * @returns the warning about variables that are ignored; undefined where there are none.
 * @throws UsageError when a flag names one server.
 */
export function forAllContexts({ globals, env }: Pick<SettingsInput, 'globals' | 'env'>): string | undefined {
  const flags = (['context', ...SERVER_MEMBERS] as const).filter((member) => globals[member] !== undefined);
  const [flag] = flags;
  if (flag !== undefined) {
    throw new UsageError(`--all-contexts asks the servers of all contexts, and --${SETTINGS[flag].flag} names one.`, {
      hints: ['Leave one of them out.'],
    });
  }
  const environment = environmentLayer(env);
  const labels = SERVER_MEMBERS.flatMap((member) => environment.find(member)?.label ?? []);
  return labels.length === 0
    ? undefined
    : `${listed(labels)} ignored, because --all-contexts takes the contexts of the config file.`;
}

function listed(labels: readonly string[]): string {
  return labels.length === 1 ? `${labels[0]} is` : `${labels.slice(0, -1).join(', ')} and ${labels.at(-1)} are`;
}
