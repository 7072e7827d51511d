import { type CreationResult, createFirst } from './create.ts';
import { lifetimeOf, newestFirst, severalNamed } from './find.ts';
import { refuseOtherHeld, refuseOtherKind } from './foreign.ts';
import type { Credential, Listing, NewCredential } from './ports.ts';
import { type Recovery, recover } from './recover.ts';
import { listReported, type RotationPlan, type RotationResult, replace, successorOfTarget } from './rotate.ts';
import { named, type Run } from './run.ts';
import { ask } from './verify.ts';

export interface RenewalPlan extends RotationPlan {
  readonly target: { readonly name: string };
  /** How long before its end a credential is replaced, in milliseconds; undefined: a third of its lifetime. */
  readonly renewBeforeMs: number | undefined;
  /** The properties of a first credential, besides its name and its expiration. */
  readonly first: Partial<NewCredential>;
}

/** Why a credential is renewed, or not. */
export type Reason =
  /** The destination holds no secret. */
  | 'missing'
  /** The server refuses the secret that the destination holds. */
  | 'refused'
  /** It expires soon. */
  | 'due'
  /** Nothing has to be done. */
  | 'fresh';

export interface Finding {
  readonly reason: Reason;
  /** The credential to replace, or the one that is still fresh; undefined if there is none. */
  readonly credential: Credential | undefined;
  /** When the credential is due to be replaced, in milliseconds since the epoch; undefined: never. */
  readonly dueAt: number | undefined;
}

export type RenewalResult =
  | { readonly outcome: 'fresh'; readonly finding: Finding }
  | { readonly outcome: 'rotated'; readonly finding: Finding; readonly rotation: RotationResult }
  | { readonly outcome: 'created'; readonly finding: Finding; readonly creation: CreationResult };

/** The lifetime to assume for a credential whose dates do not tell it, in milliseconds. */
const assumedLifetimeMs = 90 * 24 * 60 * 60 * 1000;

/**
 * Makes sure that the destination holds a fresh credential. Creates one if the destination holds none or the server refuses it, replaces
 * one that expires soon, and otherwise changes nothing. Finishes an unfinished run for the destination first. May run any number of times.
 * @throws what `create` and `rotate` throw.
 */
export async function renew(run: Run, plan: RenewalPlan): Promise<RenewalResult> {
  const { destination, interrupt } = run;
  interrupt.throwIfAborted();
  await destination.open();
  try {
    const recovery = await recover(run, plan);
    const listing = await listReported(run);
    const finding = await find(run, plan, listing, recovery);
    if (finding.reason === 'fresh') return { outcome: 'fresh', finding };
    await destination.prove();
    if (finding.reason === 'due' && finding.credential !== undefined) {
      const rotation = await replace(run, { ...plan, target: { id: finding.credential.id } });
      return { outcome: 'rotated', finding, rotation };
    }
    const creation = await createFirst(run, {
      wanted: { name: plan.newName ?? plan.target.name, ...plan.first },
      expiration: plan.expiration,
      isRelative: true,
      verify: plan.verify,
      look: true,
    });
    return { outcome: 'created', finding, creation };
  } finally {
    await destination.close();
  }
}

/** Finds out what has to be done, without changing anything. The destination need not be open. */
export async function find(run: Run, plan: RenewalPlan, listing: Listing, recovery: Recovery): Promise<Finding> {
  const { destination, kind, serverClock, interrupt } = run;
  // A credential that an earlier run has replaced may have had another name.
  const name = 'record' in recovery ? recovery.record.wanted.name : plan.target.name;
  if (!plan.force) await refuseOtherHeld(run, listing, [name, plan.newName]);
  const now = serverClock.now();
  const isWaiting = recovery.outcome === 'waiting';
  const living = (wanted: string) =>
    named(listing, wanted).filter(({ expiration }) => expiration === undefined || expiration > BigInt(Math.floor(now)));
  // The first run with a new name replaces the old one. Every later run finds the new one, and must not create another.
  const renamed = plan.newName === undefined || plan.newName === name ? [] : living(plan.newName);
  if (destination.journal !== undefined) {
    const held = await destination.current();
    if (held === undefined) return { reason: 'missing', credential: undefined, dueAt: undefined };
    if (!plan.force) refuseOtherKind(run, held, plan.target.name);
    if ((await ask(kind, held, interrupt)) === 'invalid') return { reason: 'refused', credential: undefined, dueAt: undefined };
  }
  const credential = await heldBy(run, plan, { own: living(name), renamed }, recovery);
  if (credential === undefined) return { reason: 'missing', credential: undefined, dueAt: undefined };
  const dueAt = dueTime(credential, plan.renewBeforeMs);
  // While an older credential is still kept, this one cannot be due: the next run deletes the older one first.
  const isDue = dueAt !== undefined && dueAt <= now && !isWaiting;
  return { reason: isDue ? 'due' : 'fresh', credential, dueAt };
}

interface Living {
  readonly own: readonly Credential[];
  /** Those that have the new name already. */
  readonly renamed: readonly Credential[];
}

/**
 * The credential that the destination holds: the one that the destination records, else the only one with the name, else the newest.
 * @throws UsageError when a wrong guess could delete a credential that somebody else uses.
 */
async function heldBy(
  run: Run,
  { target, deleteOld }: RenewalPlan,
  { own, renamed }: Living,
  recovery: Recovery,
): Promise<Credential | undefined> {
  const { destination, kind } = run;
  const remembered = await destination.currentId?.();
  const successor = recovery.outcome === 'waiting' ? recovery.record.newId : idOf(successorOfTarget(target, recovery));
  const all = [...own, ...renamed];
  const known = all.find(({ id }) => id === (remembered ?? successor));
  if (known !== undefined) return known;
  const living = deleteOld && own.length > 0 ? own : all;
  if (living.length > 1 && deleteOld) throw severalNamed(living, target.name, kind.words, false);
  return newestFirst(living)[0];
}

function idOf(target: { readonly name: string } | { readonly id: bigint }): bigint | undefined {
  return 'id' in target ? target.id : undefined;
}

function dueTime(credential: Credential, renewBeforeMs: number | undefined): number | undefined {
  if (credential.expiration === undefined) return undefined;
  const before = renewBeforeMs ?? Number(lifetimeOf(credential) ?? BigInt(assumedLifetimeMs)) / 3;
  return Number(credential.expiration) - before;
}
