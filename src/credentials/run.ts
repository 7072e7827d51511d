import { JournalLostError } from '../errors.ts';
import { type Clock, ServerClock } from './clock.ts';
import type { Credential, CredentialKind, Destination, Journal, Listing, Words } from './ports.ts';

/** What one create, rotate or renew works with. */
export interface Run {
  /** Tells this run from any other one, in the journal. */
  readonly id: string;
  readonly kind: CredentialKind;
  /** The kind of what is replaced: another one in a migration. */
  readonly oldKind: CredentialKind;
  /** Another kind by its noun on the command line, to finish what a migration from it has left. */
  readonly kindNamed?: (command: string) => Promise<CredentialKind | undefined>;
  readonly destination: Destination;
  /** Aborted by the first SIGHUP, SIGINT or SIGTERM. Heeded until a request that changes something leaves. */
  readonly interrupt: AbortSignal;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  /** Runs something slow and shows that it is waited for. */
  readonly waiting: <T>(label: string, work: () => Promise<T>) => Promise<T>;
  readonly report: (event: RunEvent) => Promise<void>;
}

export type RunOptions = Omit<Run, 'id' | 'serverClock' | 'oldKind'> & { readonly oldKind?: CredentialKind };

/** @param random text that no other run has. */
export function startRun(options: RunOptions, random: string): Run {
  // What cannot be said (stderr is closed, say) must not stop a run that has made a credential.
  const report = (event: RunEvent) => options.report(event).catch(() => undefined);
  return { oldKind: options.kind, ...options, report, id: random, serverClock: new ServerClock(options.clock) };
}

/** What happens on the way and somebody may want to hear of. */
export type RunEvent =
  /** Rows of the server's list that are no credentials. */
  | { readonly kind: 'rejected'; readonly rows: readonly string[] }
  /** The clock here and the server's differ by so many milliseconds (positive: the server's is ahead); the server's is used. */
  | { readonly kind: 'clock'; readonly aheadMs: number }
  /** The server has no way to verify a credential; it was not verified. */
  | { readonly kind: 'unverifiable' }
  /** The list does not tell which id the new credential has; these may be it. */
  | { readonly kind: 'unidentified'; readonly candidates: readonly bigint[] }
  /** An earlier run was broken off while it created a credential, which may still appear for so many milliseconds. */
  | { readonly kind: 'searching'; readonly remainingMs: number }
  /** An earlier run had delivered its credential and is finished now. */
  | {
      readonly kind: 'finished';
      readonly newId: bigint | undefined;
      readonly old: Old | undefined;
      readonly oldWords: Words;
      readonly deleted: boolean;
    }
  /** An earlier run had not delivered its credential, and the old one no longer works: the new one is delivered now. */
  | { readonly kind: 'rescued'; readonly newId: bigint | undefined }
  /** An earlier run had not delivered its credential; what it had made is deleted. */
  | { readonly kind: 'undone'; readonly deletedId: bigint | undefined }
  /** All is done, and the journal could not be removed: the next run finds it and has nothing left to do. The reason is a sentence. */
  | { readonly kind: 'journal-left'; readonly place: string; readonly reason: string }
  /** The old credential is left alone for so many milliseconds more; the last event has 0. */
  | { readonly kind: 'keeping'; readonly oldId: bigint; readonly remainingMs: number };

export interface Old {
  readonly id: bigint;
  readonly name: string;
}

/** `GET` of the collection: asks for all credentials and notes the server's clock. */
export async function listAll(run: Run, kind: CredentialKind = run.kind, signal: AbortSignal | undefined = run.interrupt) {
  const listing = await run.waiting(`Listing ${kind.words.short}s`, () => kind.list(signal === undefined ? {} : { signal }));
  const aheadMs = run.serverClock.observe(listing.serverTime);
  if (aheadMs !== undefined) await run.report({ kind: 'clock', aheadMs });
  return listing;
}

/** The same without heed to an interrupt: what was begun has to be brought to its end. */
export async function listToTheEnd(run: Run, kind: CredentialKind = run.kind): Promise<Listing> {
  return listAll(run, kind, new AbortController().signal);
}

/** The credentials of a name. */
export function named(listing: Listing, name: string): readonly Credential[] {
  return listing.credentials.filter((credential) => credential.name === name);
}

/** Removes a journal where nothing is lost if it stays: the next run finds it and has nothing left to do. */
export async function dropQuietly({ report }: Run, journal: Journal | undefined): Promise<void> {
  if (journal === undefined) return;
  try {
    await journal.drop();
  } catch (error) {
    // It is another run's by now, or gone: there is nothing to remove.
    if (error instanceof JournalLostError) return;
    await report({ kind: 'journal-left', place: journal.place, reason: error instanceof Error ? error.message : String(error) });
  }
}
