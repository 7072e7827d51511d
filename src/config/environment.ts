import { environmentLayer, type Found, type Layer, layerWithout } from './layers.ts';
import type { SettingsInput } from './resolve.ts';
import { hasToken, TOKEN_MEMBERS } from './token.ts';

type Chooser = Pick<SettingsInput, 'contextName' | 'globals'>;

/** The flag that chose the context, if one did. */
export function chosenBy({ contextName, globals }: Chooser): '--name' | '--context' | undefined {
  if (contextName !== undefined) return '--name';
  return globals.context === undefined ? undefined : '--context';
}

const SERVER_MEMBERS = ['url', ...TOKEN_MEMBERS] as const;
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
  const list = labels.length === 1 ? `${labels[0]} is` : `${labels.slice(0, -1).join(', ')} and ${labels.at(-1)} are`;
  return `${list} ignored, because ${chosenBy(input)} says which context to use.`;
}
