import { addDuration, type Duration, durationMs, parseDuration, parseExpirationDate } from '../../dates.ts';
import type { StepHook } from '../../delivery/effects.ts';
import { DeliveryError, ExitCode, UsageError } from '../../errors.ts';
import { parseId } from '../../ids.ts';
import type { RotationContext, RotationPlan, RotationResult } from '../../rotation/context.ts';
import { interruptExitCodes, requestExitCodes } from '../exit-codes.ts';
import { legacyVerb, type LegacySession as Session } from '../legacy.ts';
import { type DeliveryOptions, type DeliveryPlan, deliveryFlags, planDelivery } from './delivery-flags.ts';
import type { RotationReport } from './rotate-report.ts';
import { heldToItsEnd, lossOfCreation, parseName } from './shared.ts';

export interface RotateOptions extends DeliveryOptions {
  readonly name?: string;
  readonly id?: bigint;
  readonly newName?: string;
  /** `yyyy-MM-dd`, checked against the clock when the verb runs. */
  readonly expiration?: string;
  readonly expiresIn?: Duration;
  readonly noVerify?: boolean;
  readonly deleteOld?: boolean;
  readonly after?: Duration;
}

const examples = `  # a new key beside the old one; the last line says how to delete the old one
  sts ingestion-api-key rotate --name ci

  # into a file, unattended: killed at any moment, the next run finishes or undoes it first
  sts ingestion-api-key rotate --name ci --expires-in 90d --key-file ./ingestion.key --delete-old

  # leave the consumers ten minutes to read the file again
  sts ingestion-api-key rotate --name ci --key-file ./ingestion.key --delete-old --after 10m

  # one of several keys of the same name
  sts ingestion-api-key rotate --id 250558013078953`;

export const rotateVerb = legacyVerb<RotateOptions>({
  name: 'rotate',
  summary: 'Replace an Ingestion Api Key by a new one',
  description: 'Replace an Ingestion Api Key by a new one: create, verify, deliver, and only then touch the old one',
  flags: {
    name: { long: 'name', short: 'n', value: 'name', parse: (text) => parseName(text), help: 'name of the key to replace' },
    id: { long: 'id', short: 'i', value: 'id', parse: (text) => parseId(text), help: 'id of the key to replace' },
    newName: {
      long: 'new-name',
      value: 'name',
      parse: (text) => parseName(text, '--new-name'),
      help: "name of the new key (default the old one's)",
    },
    expiration: {
      long: 'expiration',
      value: 'yyyy-MM-dd',
      help: 'date the new key expires, midnight UTC (default: it lives as long as the old one was to)',
    },
    expiresIn: {
      long: 'expires-in',
      value: 'duration',
      parse: (text) => parseDuration(text),
      help: 'time the new key lives: 90d, 12h, 2w, 6mo, 1y',
    },
    noVerify: { long: 'no-verify', help: 'do not ask the server whether it accepts the new key' },
    deleteOld: { long: 'delete-old', help: 'delete the old key once the new one is delivered' },
    after: {
      long: 'after',
      value: 'duration',
      parse: (text) => parseDuration(text, '--after'),
      help: 'with --delete-old: keep the old key so long after the delivery: 10m, 1h',
    },
    ...deliveryFlags({ replaces: true }),
  },
  examples,
  exitCodes: [...requestExitCodes, ExitCode.unknownOutcome, ...interruptExitCodes],
  run: (options, session) => runRotate(options, session),
});

/**
 * Replaces a key. With a key file the rotation survives being killed at any moment.
 * @param step told each outside effect of the rotation.
 * @throws UsageError for flags that do not go together; what `rotate` and `rotateKeyFile` throw.
 */
export async function runRotate(options: RotateOptions, session: Session, step?: StepHook): Promise<undefined> {
  const { runtime } = session;
  const delivery = planDelivery(options, runtime);
  const plan = rotationPlanOf(options, runtime.now());
  if (delivery.to === 'file' && runtime.stdout.state === 'closed') {
    throw new DeliveryError('Standard output is closed, so it could not be said what became of the keys. Nothing was done.', {
      hints: ['Keep standard output open, or send it to the null device: >/dev/null'],
    });
  }
  const { RotationReport } = await import('./rotate-report.ts');
  const report = new RotationReport(delivery, session);
  const context: RotationContext = {
    api: await session.api(),
    interrupt: runtime.interrupt,
    now: runtime.now,
    sleep: runtime.sleep,
    waiting: (label, work) => heldToItsEnd(session, label, lossOfRotation(delivery), work),
    report: (event) => report.event(event),
    step,
  };
  await report.result(await carryOut(context, plan, delivery, report, session));
  return undefined;
}

/**
 * Reads the flags that say what to rotate, and how.
 * @param now milliseconds since the epoch.
 * @throws UsageError
 */
export function rotationPlanOf(options: RotateOptions, now: number): RotationPlan {
  const { name, id, newName, expiration, expiresIn, noVerify = false, deleteOld = false, after } = options;
  if (name !== undefined && id !== undefined)
    throw new UsageError('--name and --id both say which key is replaced: give one of them.');
  if (name === undefined && id === undefined) {
    throw new UsageError('Which key is to be replaced is not said.', {
      hints: ['Give its name or its id: --name NAME or --id ID'],
    });
  }
  if (expiration !== undefined && expiresIn !== undefined) {
    throw new UsageError('--expiration and --expires-in both say when the new key ends: give one of them.');
  }
  if (after !== undefined && !deleteOld) {
    throw new UsageError('--after says when the old key is deleted, and it is not: add --delete-old, or leave --after out.');
  }
  return {
    target: id === undefined ? { name: name ?? '' } : { id },
    newName,
    expiration:
      expiration !== undefined
        ? parseExpirationDate(expiration, now)
        : expiresIn === undefined
          ? undefined
          : BigInt(addDuration(now, expiresIn)),
    verify: !noVerify,
    deleteOld,
    afterMs: after === undefined ? 0 : durationMs(after),
  };
}

/** What a second signal may cost while a rotation waits for an answer. */
function lossOfRotation(delivery: DeliveryPlan): string {
  return delivery.to === 'file' ? 'then rotate again, which finishes or undoes this rotation first.' : lossOfCreation;
}

async function carryOut(
  context: RotationContext,
  plan: RotationPlan,
  delivery: DeliveryPlan,
  report: RotationReport,
  session: Session,
): Promise<RotationResult> {
  if (delivery.to === 'file') {
    const [{ rotateKeyFile, rotationLabel }, { keyFileDestination }] = await Promise.all([
      import('../../rotation/key-file.ts'),
      import('../../delivery/file.ts'),
    ]);
    const { path, render } = delivery;
    const { step } = context;
    const destination = keyFileDestination({
      path,
      render,
      force: true,
      label: rotationLabel,
      ...(step === undefined ? {} : { step }),
    });
    const { url, apiPath, timeoutMs } = await session.settings();
    return rotateKeyFile(context, plan, { path, destination, render, server: `${url}${apiPath}`, timeoutMs });
  }
  const { rotate } = await import('../../rotation/rotate.ts');
  return rotate(context, plan, await report.stream()).catch(async (error: unknown) => {
    await report.broken();
    throw error;
  });
}
