import { formatDate } from '../dates.ts';
import { UsageError } from '../errors.ts';
import { newestFirst } from './find.ts';
import type { Credential, Words } from './ports.ts';
import { deleteCommand } from './words.ts';

export interface Superseded {
  /** The newest credential; undefined if none has the name. */
  readonly kept: Credential | undefined;
  readonly superseded: readonly Credential[];
}

/**
 * All credentials with a name except the newest, sorted from newest to oldest.
 * @param now milliseconds since the epoch.
 * @throws UsageError (exit 3) when it is not clear which one is the newest, or the newest has expired: the others may be in use.
 */
export function supersededOf(credentials: readonly Credential[], name: string, now: number, words: Words): Superseded {
  const [newest, second, ...others] = newestFirst(credentials.filter((credential) => credential.name === name));
  if (newest === undefined || second === undefined) return { kept: newest, superseded: [] };
  if (newest.lastUpdateTimestamp === undefined || newest.lastUpdateTimestamp === second.lastUpdateTimestamp) {
    const why =
      newest.lastUpdateTimestamp === undefined
        ? 'The server does not tell when they were made'
        : `The ${words.short}s ${newest.id} and ${second.id} were made in the same millisecond (${formatDate(newest.lastUpdateTimestamp)})`;
    throw new UsageError(`${why}; it is not clear which is the newest.`, {
      hints: [`Delete the one you do not use by its id: sts ${words.command} delete --id ID`],
    });
  }
  if (newest.expiration !== undefined && newest.expiration <= BigInt(Math.floor(now))) {
    throw new UsageError(
      `The newest ${words.short} of that name, ${newest.id}, has expired (${formatDate(newest.expiration)}), so an older one may be in use. Nothing was deleted.`,
      { hints: [`Delete the expired one first: ${deleteCommand(words, newest.id)}`] },
    );
  }
  return { kept: newest, superseded: [second, ...others] };
}
