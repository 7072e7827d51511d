import type { RotationPlan, RotationResult } from '../../credentials/rotate.ts';
import { durationMs } from '../../dates.ts';
import { visible } from '../../escape.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Members, Outcome } from '../verb.ts';
import { deliveredTo } from './delivered.ts';
import type { DeliveryPlan } from './delivery-plan.ts';
import { endOf, expirationOf } from './expiration.ts';
import type { ReplaceOptions } from './rotate.ts';

/** Reads the flags that say how to replace. @param readersNeedMs the default of `--after`. */
export function rotationPlanOf(
  target: RotationPlan['target'],
  options: ReplaceOptions,
  { now, readersNeedMs }: { readonly now: number; readonly readersNeedMs: number },
): RotationPlan {
  return {
    target,
    newName: options.newName,
    expiration: expirationOf(options, now),
    verify: options.noVerify !== true,
    deleteOld: options.deleteOld === true,
    afterMs: options.after === undefined ? readersNeedMs : durationMs(options.after),
    noWait: options.noWait === true,
    force: options.force === true,
  };
}

/**
 * The result of a rotation: the new credential as `create` shows it, then the old one's fate.
 * @param server the flags that name the server in a hint.
 */
export function rotated(
  noun: CredentialNoun,
  oldNoun: CredentialNoun,
  delivery: DeliveryPlan,
  { issued, old, fate, failure }: RotationResult,
  place: string,
  now: number,
  server = '',
): Outcome {
  const delivered = deliveredTo(delivery, noun, issued, place);
  const replaced: Members = { [`replaced-${oldNoun.words.command}`]: { deleted: fate === 'deleted', id: old.id } };
  const fates = {
    deleted: `The old ${oldNoun.words.short} ${old.id} was deleted.`,
    kept: `The old ${oldNoun.words.short} ${old.id} still works. Delete it when nobody uses it any more: sts ${oldNoun.words.command} delete --id ${old.id}${server}`,
    later: `The old ${oldNoun.words.short} ${old.id} is deleted by the next run, when its time is over.`,
  };
  return {
    data: { ...delivered.data, ...replaced },
    text: (view) => {
      const last =
        fate === 'deleted' ? view.success(oldNoun.deleted(old.id)) : failure !== undefined ? '' : `${visible(fates[fate])}\n`;
      return `${delivered.text(view)}${last}`;
    },
    values: delivered.values,
    done: [delivered.done, fates[fate]].filter((sentence) => sentence !== undefined).join(' '),
    notes: [`The new ${noun.words.short} expires: ${endOf(issued, now)}.`],
    failures: failure === undefined ? [] : [failure],
  };
}
