import { findOne, successorOf } from '../../credentials/find.ts';
import { refuseOtherHeld, refuseOtherKind } from '../../credentials/foreign.ts';
import type { JournalRecord } from '../../credentials/record.ts';
import type { Recovery } from '../../credentials/recover.ts';
import { listReported, type RotationPlan } from '../../credentials/rotate.ts';
import type { Run } from '../../credentials/run.ts';
import { UsageError } from '../../errors.ts';
import { visible } from '../../escape.ts';
import { documentOf } from '../nouns.ts';
import type { Outcome } from '../verb.ts';
import { endOf } from './expiration.ts';
import { spoken } from './report.ts';

/** `rotate --dry-run`: says what would be done. Nothing is sent that changes anything, nothing is written. */
export async function dryRotation(run: Run, plan: RotationPlan): Promise<Outcome> {
  const { kind, oldKind, destination, serverClock } = run;
  const record = await destination.journal?.read();
  // Tells, as the rotation itself would, where it is not clear what the destination holds.
  const held = await destination.current();
  const listing = await listReported(run, oldKind);
  const old = findOne(listing, plan.target, oldKind.words, kind === oldKind);
  const why = kind === oldKind ? kind.refuseRotation?.(old) : undefined;
  if (why !== undefined) throw new UsageError(why);
  if (!plan.force) {
    if (kind === oldKind) refuseOtherKind(run, held, old.name);
    await refuseOtherHeld(run, listing, [old.name, plan.newName, record?.wanted.name]);
  }
  const roles = plan.instead?.roles ?? [];
  // Tells, as the rotation itself would, where the platform lacks the new kind.
  const known = kind === oldKind ? listing : await listReported(run, kind);
  const inUse = new Set(known.credentials.flatMap((credential) => credential.roles ?? []));
  const now = serverClock.now();
  const wanted = successorOf(old, { name: plan.newName, expiration: plan.expiration?.(now) }, now, oldKind.words);
  const { short } = oldKind.words;
  const fate = plan.deleteOld ? `deleted ${plan.afterMs === 0 ? 'at once' : `after ${spoken(plan.afterMs)}`}` : 'kept';
  const unfinished = unfinishedIn(record, now);
  const first = unfinished === undefined ? [] : [firstSentence(unfinished, destination.description)];
  const line = `The ${short} ${old.id} (${old.name}; expires: ${endOf(old, now)}) would be replaced by a new ${kind.words.short} named ${wanted.name} (expires: ${endOf(wanted, now)}). The new one would go to ${destination.description}, and the old one would be ${fate}.`;
  const unseen = roles
    .filter((role) => !inUse.has(role))
    .map((role) => `No ${kind.words.short} has the role ${role} yet: whether it exists, the server tells when one is created.`);
  const lines = [...first, line, ...unseen];
  return {
    data: {
      [`would-rotate-${kind.words.command}`]: {
        old: documentOf(old),
        name: wanted.name,
        ...(wanted.expiration === undefined ? {} : { expiration: wanted.expiration }),
        ...(roles.length === 0 ? {} : { roles }),
        'delete-old': plan.deleteOld,
        unfinished: unfinished !== undefined,
      },
    },
    text: () => lines.map((sentence) => `${visible(sentence)}\n`),
  };
}

/** What a journal tells: a run that is to be finished or undone, or one that is done but for the old credential, whose time has not come. */
export type Unfinished = 'broken-off' | 'waiting';

/** @param now milliseconds since the epoch, by the server's clock. */
export function unfinishedIn(record: JournalRecord | undefined, now: number): Unfinished | undefined {
  if (record === undefined) return undefined;
  return record.stage === 'delivered' && record.settled && record.noWait === true && record.deleteAt > now
    ? 'waiting'
    : 'broken-off';
}

/** What the run itself would have made of it before it looks. */
export function recoveryIn(record: JournalRecord | undefined, unfinished: Unfinished | undefined): Recovery {
  if (record?.stage !== 'delivered') return { outcome: 'nothing' };
  return unfinished === 'waiting' ? { outcome: 'waiting', record } : { outcome: 'finished', record, fate: 'kept' };
}

/** What a dry run says of it before all else. */
export function firstSentence(unfinished: Unfinished, place: string): string {
  return unfinished === 'waiting'
    ? `The last run for ${place} keeps the one before for now; a later run deletes it.`
    : `An unfinished run for ${place} would be finished or undone first.`;
}
