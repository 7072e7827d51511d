import { UsageError } from '../errors.ts';
import { shellWord } from '../shell-word.ts';
import type { Target } from './find.ts';
import type { Listing } from './ports.ts';
import type { JournalRecord } from './record.ts';
import { listAll, type Run } from './run.ts';
import { capital, finishCommand, quoted, theCredential } from './words.ts';

/** @throws UsageError (exit 3) when the journal of an earlier run is about another server, or another kind of credential. */
export function refuseOtherServer(run: Run, record: JournalRecord): void {
  const { kind, oldKind, destination } = run;
  if (record.server !== kind.server) {
    throw new UsageError(`${began(run)}; it is about ${record.server}, and this command is about ${kind.server}.`, {
      hints: [
        'Finish it first: run the same command with the URL and API path (--url, STS_CLI_API_PATH, the context) it was begun with.',
        forget(run),
      ],
    });
  }
  if (record.kind === kind.words.command && record.oldKind === oldKind.words.command) return;
  throw new UsageError(`${began(run)}; it is about another kind of credential (${record.kind}).`, {
    hints: [
      `Finish it first: ${finishCommand(record, record.old?.name ?? record.wanted.name, destination, kind.words)}`,
      forget(run),
    ],
  });
}

/**
 * @param listing the credentials of the kind that is replaced.
 * @throws UsageError (exit 3) when the journal of an earlier run is about a credential with another name.
 */
export function refuseOtherTarget(run: Run, record: JournalRecord, target: Target, listing: Listing): void {
  const { old, wanted } = record;
  const ids = [old?.id, 'newId' in record ? record.newId : undefined];
  const name = 'name' in target ? target.name : listing.credentials.find(({ id }) => id === target.id)?.name;
  if (('id' in target && ids.includes(target.id)) || (name !== undefined && (name === old?.name || name === wanted.name))) return;
  throw new UsageError(`${began(run)}; it is about ${quoted(old?.name ?? wanted.name)}, and this command is about another one.`, {
    hints: [`Finish it first: ${finishCommand(record, old?.name ?? wanted.name, run.destination, run.kind.words)}`, forget(run)],
  });
}

/**
 * A journal may only cause the deletion of a credential that has the name recorded in it.
 * @throws UsageError (exit 3)
 */
export async function refuseOtherName(run: Run, id: bigint, name: string, kind = run.kind): Promise<void> {
  const listing = await listAll(run, kind);
  const row = listing.credentials.find((credential) => credential.id === id);
  if (row === undefined || row.name === name) return;
  const { journal } = run.destination;
  throw new UsageError(
    `The journal ${journal?.place} wants ${theCredential(kind.words, id)} deleted as one named ${quoted(name)}, but it is named ${quoted(row.name)}. Nothing was deleted.`,
    { hints: [`Remove the journal if you do not know where it comes from: ${journal?.remove}`] },
  );
}

/**
 * Refuses a destination that holds a credential with another name, as far as the destination records that. Its consumers would get the
 * wrong secret.
 * @param listing the credentials of the kind that is replaced.
 * @param names the names that the credential at the destination may have.
 * @throws UsageError (exit 3)
 */
export async function refuseOtherHeld(
  { destination, oldKind: { words } }: Run,
  listing: Listing,
  names: readonly (string | undefined)[],
): Promise<void> {
  const id = await destination.currentId?.();
  const held = id === undefined ? undefined : listing.credentials.find((credential) => credential.id === id);
  if (held === undefined || names.includes(held.name)) return;
  const [asked = ''] = names;
  throw new UsageError(
    `${capital(destination.description)} holds ${theCredential(words, held.id)}, which is named ${quoted(held.name)} and not ${quoted(asked)}. Nothing was created.`,
    {
      hints: [`Name the one that the destination holds: --name ${shellWord(held.name)}`, 'Or replace it all the same: --force'],
    },
  );
}

/**
 * A destination that was migrated holds a service token. A job that still renews or rotates its key would undo the migration in silence.
 * @param held the secret that the destination holds.
 * @throws UsageError (exit 3)
 */
export function refuseOtherKind({ kind, destination }: Run, held: string | undefined, name: string): void {
  const other = held === undefined ? undefined : kind.otherKindOf?.(held);
  if (other === undefined) return;
  const { server = '', aNoun, short } = kind.words;
  throw new UsageError(`${capital(destination.description)} holds ${other.aNoun} and not ${aNoun}. Nothing was created.`, {
    hints: [
      `Renew that one: sts ${other.command} renew --name ${shellWord(name)} ${destination.flags}${server}`,
      `Or put a new ${short} in its place all the same: --force`,
    ],
  });
}

function began({ destination }: Run): string {
  return `An earlier run for ${destination.description} was interrupted`;
}

function forget({ destination }: Run): string {
  return `If you no longer need it, remove its journal: ${destination.journal?.remove}`;
}
