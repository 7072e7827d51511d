import type { Finding, RenewalResult } from '../../credentials/renew.ts';
import { type CredentialNoun, documentOf } from '../nouns.ts';
import type { Outcome } from '../verb.ts';
import { deliveredTo } from './delivered.ts';
import type { DeliveryPlan } from './delivery-plan.ts';
import type { Unfinished } from './dry-run.ts';
import { endOf } from './expiration.ts';
import { rotated } from './replacement.ts';

export interface RenewOutcome extends Outcome {
  /** What a dry run found. */
  readonly finding?: Finding;
  /** What a dry run found in the journal. */
  readonly unfinished?: Unfinished | undefined;
}

/** A command cannot be asked what it was given. */
export function goingByName<Its extends Outcome>({ words }: CredentialNoun, outcome: Its): Its {
  const note = `What the command holds cannot be read, so this goes by the newest ${words.short} of the name alone.`;
  return { ...outcome, notes: [...(outcome.notes ?? []), note] };
}

/** What a renewal gives back. @param place the destination, for messages. */
export function renewed(
  noun: CredentialNoun,
  delivery: DeliveryPlan,
  result: RenewalResult,
  place: string,
  { now, server }: { readonly now: number; readonly server: string | undefined },
): Outcome {
  switch (result.outcome) {
    case 'fresh':
      return freshOutcome(noun, result.finding, now);
    case 'rotated': {
      const outcome = rotated(noun, noun, delivery, result.rotation, place, now, server);
      return { ...outcome, data: { ...outcome.data, renewed: true } };
    }
    case 'created': {
      const delivered = deliveredTo(delivery, noun, result.creation.issued, place);
      const { sameName } = result.creation;
      const others =
        sameName.length === 0
          ? []
          : [
              `${sameName.length} other ${noun.words.short}${sameName.length === 1 ? '' : 's'} of that name may not be used any more: ${sameName.join(', ')}.`,
            ];
      const why =
        result.finding.reason === 'refused' ? `The server refuses what ${place} held.` : `${place} held no ${noun.words.short}.`;
      const endless =
        result.creation.issued.expiration === undefined
          ? [
              `The new ${noun.words.short} never expires, so renew will never replace it. Say how long the next one is to live: --expires-in 90d`,
            ]
          : [];
      return { ...delivered, data: { ...delivered.data, renewed: true }, notes: [capital(why), ...others], warnings: endless };
    }
  }
}

/** Nothing has to be done. */
export function freshOutcome(noun: CredentialNoun, { credential }: Finding, now: number): Outcome {
  const shown = credential === undefined ? {} : { [noun.words.command]: documentOf(credential) };
  const line =
    credential === undefined
      ? `${noun.titled} is up to date`
      : `${noun.titled} is up to date: ${credential.id} (${credential.name}), expires ${endOf(credential, now)}`;
  return { data: { ...shown, renewed: false }, text: (view) => view.success(line) };
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
