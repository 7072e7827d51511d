import type { CredentialKind, Destination } from '../../credentials/ports.ts';
import type { RunEvent } from '../../credentials/run.ts';
import { deleteCommand, theCredential } from '../../credentials/words.ts';
import type { Session } from '../verb.ts';

/** Says on stderr what happens while a run goes on. */
export function reportTo(
  { progress }: Session,
  kind: CredentialKind,
  destination: Destination,
): (event: RunEvent) => Promise<void> {
  const { words } = kind;
  const earlier = `An earlier run for ${destination.description} was broken off`;
  let isSearching = false;
  let isKeeping = false;
  return async (event) => {
    switch (event.kind) {
      case 'rejected':
        for (const row of event.rows) await progress.warn(row);
        return;
      case 'clock':
        return progress.warn(clockSentence(event.aheadMs));
      case 'unverifiable':
        return progress.warn(`The server has no way to verify a ${words.short}: the new one was not verified.`);
      case 'unidentified':
        return progress.warn(unidentified(kind, event.candidates));
      case 'searching':
        // Said once: a script's log shall show why the program waits.
        if (!isSearching) {
          const until = `up to ${spoken(event.remainingMs)}`;
          await progress.warn(`${earlier} while it created a ${words.short}, which may still appear: waiting ${until} for it.`);
        }
        isSearching = true;
        return;
      case 'rescued':
        return progress.warn(
          `${earlier} before it had delivered its new ${words.short}. The old one no longer works, so the new one is delivered now.`,
        );
      case 'undone': {
        const what =
          event.deletedId === undefined ? `it had created no ${words.short}` : `its ${words.short} ${event.deletedId} is deleted`;
        return progress.warn(`${earlier} before it had delivered a ${words.short}: ${what}.`);
      }
      case 'finished': {
        const { newId, old, oldWords, deleted, asPlanned } = event;
        const fate =
          old === undefined
            ? ''
            : deleted
              ? ` The old one, ${old.id}, is deleted.`
              : ` The old one, ${old.id}, still works. Delete it when nobody uses it any more: ${deleteCommand(oldWords, old.id)}`;
        if (asPlanned) return progress.note(`The rotation before this one is finished now.${fate}`);
        return progress.warn(
          `${earlier} after it had delivered ${newId === undefined ? 'its' : `the`} ${words.short}${newId === undefined ? '' : ` ${newId}`}; it is finished now.${fate}`,
        );
      }
      case 'journal-left':
        return progress.warn(`All is done, and only the journal is left. ${event.reason} The next run removes it.`);
      case 'keeping': {
        // The time comes first: a narrow terminal shows the beginning of the line alone.
        const line = `${spoken(event.remainingMs)} until the old ${words.short} ${event.oldId} is deleted. The new one is delivered.`;
        const isShown = await progress.status(event.remainingMs > 0 ? line : '');
        if (!isShown && !isKeeping && event.remainingMs > 0) progress.verbose(line);
        isKeeping = true;
      }
    }
  };
}

function clockSentence(aheadMs: number): string {
  const by = spoken(Math.abs(aheadMs));
  const which = aheadMs > 0 ? `${by} behind` : `${by} ahead of`;
  return `The clock of this machine is ${which} the server's. Times are reckoned by the server's clock.`;
}

function unidentified({ words }: CredentialKind, candidates: readonly bigint[]): string {
  if (candidates.length === 0) {
    return `The list does not show the new ${words.short} yet, so its id is not known. See it later with: sts ${words.command} list`;
  }
  if (candidates.length === 1) {
    return `The journal of this run is not its own any more, so it is not certain that ${theCredential(words, candidates[0])} is the new one.`;
  }
  return `${candidates.length} equal ${words.short}s were created at the same time (${candidates.join(', ')}), so it is not known which of them is the new one.`;
}

/** `9m 5s` */
export function spoken(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const told = parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount}${unit}`);
  return told.length === 0 ? '0s' : told.join(' ');
}
