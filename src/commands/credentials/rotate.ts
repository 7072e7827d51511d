import type { RotationPlan, RotationResult } from '../../credentials/rotate.ts';
import { type Duration, durationMs, parseDuration } from '../../dates.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { visible } from '../../escape.ts';
import { parseId } from '../../ids.ts';
import { requestExitCodes } from '../exit-codes.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Flags, Members, Outcome, Session, Verb } from '../verb.ts';
import { deliveredTo, refuseClosedStdout, showSecret } from './delivered.ts';
import { type DeliveryOptions, deliveryFlags, type SaveContextOption } from './delivery-flags.ts';
import { planDelivery } from './delivery-plan.ts';
import { type ExpirationOptions, endOf, expirationFlags, expirationOf } from './expiration.ts';
import { nameFlag, parseName } from './flags.ts';

/** What rotate, renew and migrate share. */
export interface ReplaceOptions extends DeliveryOptions, ExpirationOptions {
  readonly newName?: string;
  readonly noVerify?: boolean;
  readonly deleteOld?: boolean;
  readonly after?: Duration;
  readonly noWait?: boolean;
  readonly dryRun?: boolean;
}

export interface RotateOptions extends ReplaceOptions {
  readonly name?: string;
  readonly id?: bigint;
}

export function replaceFlags(noun: CredentialNoun): Flags<ReplaceOptions> {
  const { short } = noun.words;
  return {
    newName: {
      long: 'new-name',
      value: 'name',
      parse: (text) => parseName(text, noun, '--new-name'),
      help: `name of the new ${short} (default the old one's)`,
    },
    ...expirationFlags('it lives as long as the old one was to'),
    noVerify: { long: 'no-verify', help: `do not ask the server whether it accepts the new ${short}` },
    deleteOld: { long: 'delete-old', help: `delete the old ${short} once the new one is delivered` },
    after: {
      long: 'after',
      value: 'duration',
      parse: (text) => parseDuration(text, '--after'),
      help: `with --delete-old: keep the old ${short} so long after the delivery (default 10s for a file, 2m for a Secret without --restart)`,
    },
    noWait: { long: 'no-wait', help: `with --after: end at once; the next run deletes the old ${short}` },
    dryRun: { long: 'dry-run', help: 'say what would be done, change nothing' },
    ...deliveryFlags(
      `write to a key file or a Secret that holds no key or the ${short} of another name, or to a file of another format`,
    ),
  };
}

/**
 * `rotate`: replaces a credential by a new one.
 * @param own the flags that this kind alone has.
 */
export function rotateVerb<Own extends object>(
  noun: CredentialNoun,
  own: { readonly flags: Flags<Own>; readonly examples: string },
): Verb<RotateOptions & Own> {
  const { short } = noun.words;
  const common: Flags<RotateOptions> = {
    name: nameFlag(noun, `name of the ${short} to replace`),
    id: {
      long: 'id',
      short: 'i',
      value: 'id',
      parse: (text) => parseId(text, '--id', noun.words),
      help: `id of the ${short} to replace`,
    },
    ...replaceFlags(noun),
  };
  return {
    name: 'rotate',
    summary: `Replace ${noun.aNoun} by a new one`,
    description: `Replace ${noun.aNoun} by a new one: create, verify, deliver, and only then touch the old one`,
    // Both parts have every one of their options: the compiler cannot see that of a sum with a type parameter.
    flags: { ...common, ...own.flags } as unknown as Flags<RotateOptions & Own>,
    examples: own.examples,
    exitCodes: [...requestExitCodes, ExitCode.unknownOutcome, ExitCode.notTakenOver],
    check: (options) => {
      targetOf(options, noun);
      checkReplace(options);
    },
    run: (options, session) => runRotate(noun, options, session),
  };
}

/** @throws UsageError */
export function checkReplace(options: ReplaceOptions & SaveContextOption): void {
  const { deleteOld, after, noWait } = options;
  planDelivery(options, { resolvePath: (path) => path });
  if (after !== undefined && !deleteOld) {
    throw new UsageError('--after says when the old one is deleted, and it is not: add --delete-old, or leave --after out.');
  }
  if (!noWait) return;
  if (after === undefined)
    throw new UsageError('--no-wait leaves the deletion to the next run: say for when, with --delete-old --after 1h.');
  const isFile = options.keyFile !== undefined && options.keyFile !== '-';
  if (isFile || options.kubernetesSecret !== undefined || options.saveContext === true) return;
  throw new UsageError('--no-wait needs a place to remember the old one: --key-file PATH or --kubernetes-secret NAME.');
}

function targetOf({ name, id }: RotateOptions, { words }: CredentialNoun) {
  if (name !== undefined && id !== undefined) {
    throw new UsageError(`--name and --id both say which ${words.short} is replaced: give one of them.`);
  }
  if (id !== undefined) return { id };
  if (name !== undefined) return { name };
  throw new UsageError(`Say which ${words.short} is to be replaced.`, {
    hints: ['Give its name or its id: --name NAME or --id ID'],
  });
}

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

async function runRotate(noun: CredentialNoun, options: RotateOptions & SaveContextOption, session: Session): Promise<Outcome> {
  const { world } = session;
  const delivery = planDelivery(options, world);
  const target = targetOf(options, noun);
  expirationOf(options, world.now());
  refuseClosedStdout(delivery, session);
  const [{ rotate }, { destinationOf }, { runOf }] = await Promise.all([
    import('../../credentials/rotate.ts'),
    import('./destination.ts'),
    import('./run.ts'),
  ]);
  const destination = await destinationOf(delivery, {
    session,
    show: showSecret(session, noun),
    isReplaced: true,
    mayCreate: false,
  });
  const run = runOf(session, await noun.kind(session), destination);
  const plan = rotationPlanOf(target, options, { now: world.now(), readersNeedMs: destination.readersNeedMs });
  if (options.dryRun) {
    const { dryRotation } = await import('./dry-run.ts');
    return dryRotation(run, plan).finally(() => destination.close());
  }
  const result = await rotate(run, plan);
  return rotated(noun, noun, delivery, result, destination.description, run.serverClock.now(), run.oldKind.words.server);
}

/**
 * The result of a rotation: the new credential as `create` shows it, then the old one's fate.
 * @param server the flags that name the server in a hint.
 */
export function rotated(
  noun: CredentialNoun,
  oldNoun: CredentialNoun,
  delivery: ReturnType<typeof planDelivery>,
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
