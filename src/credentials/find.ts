import { formatDate } from '../dates.ts';
import { NotFoundError, UsageError } from '../errors.ts';
import { nearestName } from '../nearest.ts';
import { shellWord } from '../shell-word.ts';
import type { Credential, Listing, NewCredential, Words } from './ports.ts';
import { named } from './run.ts';
import { listCommand, quoted } from './words.ts';

/** The credential that a command names. */
export type Target = { readonly name: string } | { readonly id: bigint };

/**
 * Finds the credential that a command names.
 * @param takesId whether the command also takes `--id`. A hint then proposes it.
 * @throws NotFoundError (exit 8) when there is none, UsageError (exit 3) with a list of them when there are several.
 */
export function findOne(listing: Listing, target: Target, words: Words, takesId = true): Credential {
  if ('id' in target) {
    const found = listing.credentials.find(({ id }) => id === target.id);
    if (found !== undefined) return found;
    throw new NotFoundError(`There is no ${words.noun} with the id ${target.id}.`, {
      hints: [`See the ids with: ${listCommand(words)}`],
    });
  }
  const found = named(listing, target.name);
  const [only] = found;
  if (only === undefined) throw noneNamed(listing, target.name, words);
  if (found.length > 1) throw severalNamed(found, target.name, words, takesId);
  return only;
}

/** Sorts from newest to oldest. Of two created in the same millisecond, the one with the larger id comes first. */
export function newestFirst(credentials: readonly Credential[]): Credential[] {
  const made = ({ lastUpdateTimestamp = 0n }: Credential) => lastUpdateTimestamp;
  return credentials.toSorted((a, b) => compare(made(b), made(a)) || compare(b.id, a.id));
}

/**
 * The properties of the credential that replaces an old one. Whatever `asked` does not set is taken from the old one.
 * @param asked.expiration milliseconds since the epoch; undefined: the new credential gets the lifetime that the old one had, counted from
 * now.
 * @param now milliseconds since the epoch.
 * @throws UsageError when the lifetime of the old one cannot be told from its dates.
 */
export function successorOf(
  old: Credential,
  asked: { readonly name?: string | undefined; readonly expiration?: bigint | undefined },
  now: number,
  words: Words,
): NewCredential {
  const expiration = asked.expiration ?? sameLifetime(old, now, words);
  const { description, roles, dedicatedSubject } = old;
  return {
    name: asked.name ?? old.name,
    ...(description === undefined ? {} : { description }),
    ...(expiration === undefined ? {} : { expiration }),
    ...(roles === undefined ? {} : { roles }),
    ...(dedicatedSubject === undefined ? {} : { dedicatedSubject }),
  };
}

/**
 * The lifetime that a credential was created with, in milliseconds. Undefined if it never expires, or if its dates do not tell the
 * lifetime.
 */
export function lifetimeOf({ expiration, lastUpdateTimestamp }: Credential): bigint | undefined {
  if (expiration === undefined || lastUpdateTimestamp === undefined) return undefined;
  const lifetime = expiration - lastUpdateTimestamp;
  return lifetime > 0n ? lifetime : undefined;
}

function sameLifetime(old: Credential, now: number, { short }: Words): bigint | undefined {
  if (old.expiration === undefined) return undefined;
  const lifetime = lifetimeOf(old);
  if (lifetime !== undefined) return BigInt(Math.floor(now)) + lifetime;
  throw new UsageError(`The lifetime of the ${short} ${old.id} cannot be told from its dates.`, {
    hints: [`Say how long the new ${short} is to live: --expires-in 90d`],
  });
}

/** The error for a name that no credential has. Its hint names the nearest name. */
function noneNamed(listing: Listing, name: string, words: Words): NotFoundError {
  const near = nearestName(
    name,
    listing.credentials.map((credential) => credential.name),
  );
  return new NotFoundError(`There is no ${words.noun} named ${quoted(name)}.`, {
    hints: [
      ...(near === undefined ? [] : [`Did you mean ${quoted(near)}?`]),
      `See the names with: ${listCommand(words)}`,
      `Create the first one with: sts ${words.command} create --name ${shellWord(name)}${words.createNeeds ?? ''}`,
    ],
  });
}

/** The error for a name that several credentials have. @param takesId as for `findOne`. */
export function severalNamed(found: readonly Credential[], name: string, words: Words, takesId: boolean): UsageError {
  const sorted = newestFirst(found);
  const rows = sorted.map((credential, index) => {
    const { id, lastUpdateTimestamp, expiration } = credential;
    const made = lastUpdateTimestamp === undefined ? '' : `created ${formatDate(lastUpdateTimestamp)}`;
    const end = expiration === undefined ? 'never expires' : `expires ${formatDate(expiration)}`;
    const age = index === 0 ? 'newest' : index === sorted.length - 1 ? 'oldest' : '';
    return [String(id), made, end, age];
  });
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .filter((cell) => cell !== '')
      .join(' | ')
      .trimEnd(),
  );
  return new UsageError(`${found.length} ${words.noun}s are named ${quoted(name)}; it is not clear which one to replace.`, {
    hints: [
      ...table,
      // The hint is not a whole command, because that would lack the flags for the destination.
      ...(takesId ? [`Replace the newest: give --id ${sorted[0]?.id} instead of --name`] : []),
      `${takesId ? 'Or first delete' : 'Delete'} the ones that nobody uses: sts ${words.command} delete --id ID`,
    ],
  });
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
