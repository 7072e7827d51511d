import type { RotationPlan } from '../../credentials/rotate.ts';
import { type Duration, parseDuration } from '../../dates.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { parseId } from '../../ids.ts';
import { requestExitCodes } from '../exit-codes.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Flags, Verb } from '../verb.ts';
import { type DeliveryOptions, deliveryFlags, type SaveContextOption } from './delivery-flags.ts';
import { planDelivery } from './delivery-plan.ts';
import { type ExpirationOptions, expirationFlags } from './expiration.ts';
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
    async run(options, session) {
      const { runRotate } = await import('./rotate-run.ts');
      return runRotate(noun, options, targetOf(options, noun), session);
    },
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

function targetOf({ name, id }: RotateOptions, { words }: CredentialNoun): RotationPlan['target'] {
  if (name !== undefined && id !== undefined) {
    throw new UsageError(`--name and --id both say which ${words.short} is replaced: give one of them.`);
  }
  if (id !== undefined) return { id };
  if (name !== undefined) return { name };
  throw new UsageError(`Say which ${words.short} is to be replaced.`, {
    hints: ['Give its name or its id: --name NAME or --id ID'],
  });
}
