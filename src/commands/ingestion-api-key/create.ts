import type { IssuedIngestionApiKey, NewIngestionApiKey } from '../../api/model.ts';
import { addDuration, type Duration, parseDuration, parseExpirationDate } from '../../dates.ts';
import { DeliveryError, ExitCode, UsageError } from '../../errors.ts';
import { toJson } from '../../json.ts';
import { requestExitCodes } from '../exit-codes.ts';
import { legacyVerb, type LegacyPrinter as Printer, type LegacySession as Session } from '../legacy.ts';
import {
  creationLabel,
  type DeliveryOptions,
  type DeliveryPlan,
  deliveryFlags,
  openDestination,
  planDelivery,
} from './delivery-flags.ts';
import { endOf, heldToItsEnd, keyDocument, lossOfCreation, parseName } from './shared.ts';

export interface CreateOptions extends DeliveryOptions {
  readonly name: string;
  readonly description?: string;
  /** `yyyy-MM-dd`, checked against the clock when the verb runs. */
  readonly expiration?: string;
  readonly expiresIn?: Duration;
}

const examples = `  # a key without expiration
  sts ingestion-api-key create --name my-ingestion-api-key

  # a key that expires at a date, midnight UTC
  sts ingestion-api-key create --name otel --description "OpenTelemetry collector" --expiration 2030-01-31

  # the key alone, for a script
  sts ingestion-api-key create --name ci --expires-in 90d -o json | jq -r '."ingestion-api-key".apiKey'

  # a file that only you can read
  sts ingestion-api-key create --name ci --key-file ./ingestion.key

  # a Secret for the OpenTelemetry collector
  sts ingestion-api-key create --name otel --key-file - --key-format kubernetes-secret --namespace open-telemetry | kubectl apply -f -`;

export const createVerb = legacyVerb<CreateOptions>({
  name: 'create',
  summary: 'Create a new Ingestion Api Key',
  flags: {
    name: {
      long: 'name',
      short: 'n',
      value: 'name',
      required: true,
      parse: (text) => parseName(text),
      help: 'name of the key',
    },
    description: { long: 'description', value: 'text', help: 'description of the key' },
    expiration: { long: 'expiration', value: 'yyyy-MM-dd', help: 'date the key expires, midnight UTC' },
    expiresIn: {
      long: 'expires-in',
      value: 'duration',
      parse: (text) => parseDuration(text),
      help: 'time the key lives: 90d, 12h, 2w, 6mo, 1y',
    },
    ...deliveryFlags(),
  },
  examples,
  exitCodes: [...requestExitCodes, ExitCode.unknownOutcome],
  run: runCreate,
});

/**
 * Creates a key and delivers it to stdout or a file: `POST /security/ingestion/api_keys`. What cannot be delivered is deleted again.
 * @throws UsageError for an expiration that is no future date, or flags that do not go together; what `issueKey` throws.
 */
export async function runCreate(options: CreateOptions, session: Session): Promise<undefined> {
  const { runtime, printer } = session;
  const plan = planDelivery(options, runtime);
  const expiration = expirationOf(options, runtime.now());
  if (plan.to === 'file' && runtime.stdout.state === 'closed') {
    throw new DeliveryError('Standard output is closed, so it could not be said where the key went. Nothing was created.', {
      hints: ['Keep standard output open, or send it to the null device: >/dev/null'],
    });
  }
  const { issueKey } = await import('../../rotation/issue.ts');
  const destination = await openDestination(plan, { runtime, showResult: (issued) => shown(issued, session) });
  const api = await session.api();
  // Only the request is waited for: what shows that must be gone before the key is shown.
  const createKey: typeof api.createKey = (asked, call) =>
    heldToItsEnd(session, 'Creating the key', lossOfCreation, () => api.createKey(asked, call));
  const key: NewIngestionApiKey = {
    name: options.name,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(expiration === undefined ? {} : { expiration }),
  };
  const issued = await alone(plan, () =>
    issueKey({ api: { ...api, createKey }, key, destination, interrupt: runtime.interrupt, now: runtime.now }),
  );
  await sayWhere(issued, plan, session);
  if (expiration !== undefined || issued.expiration !== undefined)
    await sayExpiration(issued, expiration, runtime.now(), printer);
  return undefined;
}

/** Does it, to a key file while nobody else is at work on that. @throws what `exclusively` throws. */
async function alone<T>(plan: DeliveryPlan, work: () => Promise<T>): Promise<T> {
  if (plan.to !== 'file') return work();
  const [{ exclusively }, { sweepSiblings }] = await Promise.all([
    import('../../rotation/exclusive.ts'),
    import('../../delivery/durable.ts'),
  ]);
  return exclusively(plan.path, async () => {
    await sweepSiblings(plan.path, creationLabel);
    return work();
  });
}

/** The verb's own result, key included. */
function shown(issued: IssuedIngestionApiKey, { globals, printer }: Session): string {
  return globals.output === 'json'
    ? toJson({ 'ingestion-api-key': keyDocument(issued, issued.apiKey) })
    : printer.success(`Ingestion API Key generated: ${issued.apiKey}`);
}

/** Says where the key went, never the key; nothing where the key itself was the result. */
async function sayWhere(issued: IssuedIngestionApiKey, plan: DeliveryPlan, { printer }: Session): Promise<void> {
  if (plan.to === 'result') return;
  if (plan.to === 'stdout') return printer.note(`Ingestion API Key generated and written to standard output (id ${issued.id}).`);
  const text = printer.success(`Ingestion API Key written to ${plan.path} (id ${issued.id})`);
  try {
    await printer.result({ text, json: { 'ingestion-api-key': keyDocument(issued), 'key-file': plan.path } });
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    throw new DeliveryError(`${error.message} The key ${issued.id} itself was created, and is in ${plan.path}.`, {
      cause: error,
    });
  }
}

/** The server decides when a key ends: what it returned is shown, and said louder when it differs from what was asked. */
async function sayExpiration(
  issued: IssuedIngestionApiKey,
  asked: bigint | undefined,
  now: number,
  printer: Printer,
): Promise<void> {
  const granted = endOf(issued, now);
  if (issued.expiration !== asked) {
    await printer.warn(
      `The server set another expiration than asked: ${granted}${asked === undefined ? '' : `, not ${endOf({ expiration: asked }, now)}`}.`,
    );
  } else {
    await printer.note(`Expires: ${granted}`);
  }
}

function expirationOf(options: CreateOptions, now: number): bigint | undefined {
  if (options.expiration !== undefined && options.expiresIn !== undefined) {
    throw new UsageError('--expiration and --expires-in both say when the key ends: give one of them.');
  }
  if (options.expiration !== undefined) return parseExpirationDate(options.expiration, now);
  return options.expiresIn === undefined ? undefined : BigInt(addDuration(now, options.expiresIn));
}
