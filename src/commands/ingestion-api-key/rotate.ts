import { Command } from 'commander';
import { describeVerb } from '../../cli/help.ts';
import type { Dispatch } from '../../cli/program.ts';
import type { Session } from '../../cli/session.ts';
import { addDuration, type Duration, durationMs, parseDuration, parseExpirationDate } from '../../dates.ts';
import type { StepHook } from '../../delivery/effects.ts';
import { DeliveryError, ExitCode, UsageError } from '../../errors.ts';
import { parseId } from '../../ids.ts';
import type { RotationContext, RotationPlan, RotationResult } from '../../rotation/context.ts';
import { addDeliveryFlags, type DeliveryOptions, type DeliveryPlan, planDelivery } from './delivery-flags.ts';
import type { RotationReport } from './rotate-report.ts';
import { heldToItsEnd, lossOfCreation, parseName, requestExitCodes } from './shared.ts';

export interface RotateOptions extends DeliveryOptions {
  readonly name?: string;
  readonly id?: bigint;
  readonly newName?: string;
  /** `yyyy-MM-dd`, checked against the clock when the verb runs. */
  readonly expiration?: string;
  readonly expiresIn?: Duration;
  /** False with `--no-verify`. */
  readonly verify: boolean;
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

export function rotateCommand(dispatch: Dispatch): Command {
  const command = new Command('rotate')
    .description('Replace an Ingestion Api Key by a new one: create, verify, deliver, and only then touch the old one')
    .summary('Replace an Ingestion Api Key by a new one')
    .option('-n, --name <name>', 'name of the key to replace', (value: string) => parseName(value))
    .option('-i, --id <id>', 'id of the key to replace', (value: string) => parseId(value))
    .option('--new-name <name>', "name of the new key (default the old one's)", (value: string) => parseName(value, '--new-name'))
    .option(
      '--expiration <yyyy-MM-dd>',
      'date the new key expires, midnight UTC (default: it lives as long as the old one was to)',
    )
    .option('--expires-in <duration>', 'time the new key lives: 90d, 12h, 2w, 6mo, 1y', (value: string) => parseDuration(value))
    .option('--no-verify', 'do not ask the server whether it accepts the new key')
    .option('--delete-old', 'delete the old key once the new one is delivered')
    .option('--after <duration>', 'with --delete-old: keep the old key so long after the delivery: 10m, 1h', (value: string) =>
      parseDuration(value, '--after'),
    )
    .action((options: RotateOptions) => dispatch(command, (session) => runRotate(options, session)));
  return describeVerb(addDeliveryFlags(command, { replaces: true }), {
    examples,
    exitCodes: [...requestExitCodes, ExitCode.unknownOutcome, ExitCode.sigint, ExitCode.sigterm],
  });
}

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
  const { name, id, newName, expiration, expiresIn, verify, deleteOld = false, after } = options;
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
    verify,
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
