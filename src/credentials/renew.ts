import { UsageError } from '../errors.ts';
import { type CreationResult, createFirst } from './create.ts';
import { lifetimeOf, newestFirst, severalNamed } from './find.ts';
import { refuseOtherHeld } from './foreign.ts';
import type { Credential, Listing, NewCredential } from './ports.ts';
import { type Recovery, recover } from './recover.ts';
import { listReported, type RotationPlan, type RotationResult, replace, successorOfTarget } from './rotate.ts';
import { named, type Run } from './run.ts';
import { ask } from './verify.ts';

export interface RenewalPlan extends RotationPlan {
  readonly target: { readonly name: string };
  /** How long before its end a credential is replaced, in milliseconds; undefined: a third of its lifetime. */
  readonly renewBeforeMs: number | undefined;
  /** What a first credential is asked for, beside its name and its end. */
  readonly first: Partial<NewCredential>;
}

/** Why something has to be done. */
export type Reason =
  /** The destination holds no secret. */
  | 'missing'
  /** The server refuses the secret that the destination holds. */
  | 'refused'
  /** It ends soon. */
  | 'due'
  /** Nothing has to be done. */
  | 'fresh';

export interface Finding {
  readonly reason: Reason;
  /** What is to be replaced, or is fresh; undefined where nothing can be. */
  readonly credential: Credential | undefined;
  /** When it would be replaced, in milliseconds since the epoch; undefined: never. */
  readonly dueAt: number | undefined;
}

export type RenewalResult =
  | { readonly outcome: 'fresh'; readonly finding: Finding }
  | { readonly outcome: 'rotated'; readonly finding: Finding; readonly rotation: RotationResult }
  | { readonly outcome: 'created'; readonly finding: Finding; readonly creation: CreationResult };

/** What a credential counts as that does not tell how long it was given: as long as most. */
const assumedLifetimeMs = 90 * 24 * 60 * 60 * 1000;

/**
 * Makes sure that a fresh credential is where it belongs: creates one where there is none or the server refuses it, replaces it where it
 * ends soon, and else changes nothing. An unfinished run for the destination is finished first. May run as often as one likes.
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

/** What would have to be done, without changing anything. The destination may be closed. */
export async function find(run: Run, plan: RenewalPlan, listing: Listing, recovery: Recovery): Promise<Finding> {
  const { destination, kind, serverClock, interrupt } = run;
  // What an earlier run has replaced may have another name since.
  const name = 'record' in recovery ? recovery.record.wanted.name : plan.target.name;
  if (!plan.force) await refuseOtherHeld(run, listing, [name, plan.newName]);
  const now = serverClock.now();
  const isWaiting = recovery.outcome === 'waiting';
  const living = named(listing, name).filter(
    ({ expiration }) => expiration === undefined || expiration > BigInt(Math.floor(now)),
  );
  if (destination.journal !== undefined) {
    const held = await destination.current();
    if (held === undefined) return { reason: 'missing', credential: undefined, dueAt: undefined };
    if ((await ask(kind, held, interrupt)) === 'invalid') return { reason: 'refused', credential: undefined, dueAt: undefined };
  }
  const credential = await heldBy(run, plan, living, recovery);
  if (credential === undefined) return { reason: 'missing', credential: undefined, dueAt: undefined };
  const dueAt = dueTime(credential, plan.renewBeforeMs);
  // While the one before is still kept, this one cannot be due: the next run deletes that first.
  const isDue = dueAt !== undefined && dueAt <= now && !isWaiting;
  return { reason: isDue ? 'due' : 'fresh', credential, dueAt };
}

/**
 * The credential that the destination holds: the one it remembers, else the only one of the name, else the newest.
 * @throws UsageError where a wrong guess would delete one that somebody else uses.
 */
async function heldBy(
  run: Run,
  { target, deleteOld }: RenewalPlan,
  living: readonly Credential[],
  recovery: Recovery,
): Promise<Credential | undefined> {
  const { destination, kind } = run;
  const remembered = await destination.currentId?.();
  const successor = recovery.outcome === 'waiting' ? recovery.record.newId : idOf(successorOfTarget(target, recovery));
  const known = living.find(({ id }) => id === (remembered ?? successor));
  if (known !== undefined) return known;
  if (living.length > 1 && deleteOld) {
    const { message, hints } = severalNamed(living, target.name, kind.words);
    throw new UsageError(message, { hints: hints.filter((hint) => !hint.startsWith('Replace the newest')) });
  }
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
