import { JournalLostError } from '../errors.ts';
import { type Clock, ServerClock } from './clock.ts';
import type { Credential, CredentialKind, Destination, Journal, Listing, Words } from './ports.ts';

/** Everything that one create, rotate or renew works with. */
export interface Run {
  /** Identifies this run in the journal. */
  readonly id: string;
  readonly kind: CredentialKind;
  /** The kind of the credential that is replaced. It differs from `kind` in a migration. */
  readonly oldKind: CredentialKind;
  /** Gives another kind by its noun on the command line, to finish an interrupted migration. */
  readonly kindNamed?: (command: string) => Promise<CredentialKind | undefined>;
  readonly destination: Destination;
  /** Aborted by the first SIGHUP, SIGINT or SIGTERM. It has no effect once a request that changes something was sent. */
  readonly interrupt: AbortSignal;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  /** Runs something slow and shows a progress line meanwhile. */
  readonly waiting: <T>(label: string, work: () => Promise<T>) => Promise<T>;
  readonly report: (event: RunEvent) => Promise<void>;
}

export type RunOptions = Omit<Run, 'id' | 'serverClock' | 'oldKind'> & { readonly oldKind?: CredentialKind };

/** @param random text that is unique to this run. */
export function startRun(options: RunOptions, random: string): Run {
  // A report that fails, for example because stderr is closed, must not stop a run that has created a credential.
  const report = (event: RunEvent) => options.report(event).catch(() => undefined);
  return { oldKind: options.kind, ...options, report, id: random, serverClock: new ServerClock(options.clock) };
}

/** Something that happens during a run and that the user may want to know. */
export type RunEvent =
  /** Rows of the server's list that are not credentials. */
  | { readonly kind: 'rejected'; readonly rows: readonly string[] }
  /** The clock of this machine and the server's differ by `aheadMs` (positive: the server's is ahead). The server's is used. */
  | { readonly kind: 'clock'; readonly aheadMs: number }
  /** The server has no way to verify a credential; it was not verified. */
  | { readonly kind: 'unverifiable' }
  /** The list does not tell the id of the new credential. It is one of the candidates. */
  | { readonly kind: 'unidentified'; readonly candidates: readonly bigint[] }
  /** An earlier run was interrupted while it created a credential. The credential may still appear within `remainingMs`. */
  | { readonly kind: 'searching'; readonly remainingMs: number }
  /** An earlier run had delivered its credential and is finished now. */
  | {
      readonly kind: 'finished';
      readonly newId: bigint | undefined;
      readonly old: Old | undefined;
      readonly oldWords: Words;
      readonly deleted: boolean;
      /** The earlier run was not interrupted: it left the deletion to this one (`--no-wait`). */
      readonly asPlanned: boolean;
    }
  /** An earlier run had not delivered its credential, and the old one no longer works. The new one is delivered now. */
  | { readonly kind: 'rescued'; readonly newId: bigint | undefined }
  /** An earlier run had not delivered its credential. That credential is deleted. */
  | { readonly kind: 'undone'; readonly deletedId: bigint | undefined }
  /** Everything is done, but the journal could not be removed. The next run finds it and has nothing left to do. `reason` is a sentence. */
  | { readonly kind: 'journal-left'; readonly place: string; readonly reason: string }
  /** The old credential is kept for another `remainingMs`. The last such event has 0. */
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

/** The same, but an interrupt does not stop it. Used where a change that was begun has to be completed. */
export async function listToTheEnd(run: Run, kind: CredentialKind = run.kind): Promise<Listing> {
  return listAll(run, kind, new AbortController().signal);
}

/** The credentials with a name. */
export function named(listing: Listing, name: string): readonly Credential[] {
  return listing.credentials.filter((credential) => credential.name === name);
}

/** Removes a journal that nobody needs. A failure is only reported: the next run finds the journal and has nothing left to do. */
export async function dropQuietly({ report }: Run, journal: Journal | undefined): Promise<void> {
  if (journal === undefined) return;
  try {
    await journal.drop();
  } catch (error) {
    // Another run owns the journal now, or it is gone. There is nothing to remove.
    if (error instanceof JournalLostError) return;
    await report({ kind: 'journal-left', place: journal.place, reason: error instanceof Error ? error.message : String(error) });
  }
}
