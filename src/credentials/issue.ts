import { DeliveryError, OutcomeUnknownError, ServerError, StsError } from '../errors.ts';
import { shellWord } from '../shell-word.ts';
import { createOnce } from './create-once.ts';
import { digestOf, isHeld } from './digest.ts';
import type { Issued, Journal, Listing, NewCredential } from './ports.ts';
import type { DeliveredRecord, Facts } from './record.ts';
import { dropQuietly, type Run } from './run.ts';
import { settleLost } from './settle.ts';
import { undo } from './undo.ts';
import { verifyNew } from './verify.ts';
import { capital } from './words.ts';

export interface Intent {
  readonly wanted: NewCredential;
  /** What there was before; undefined where nobody looked. */
  readonly known: Listing | undefined;
  /** What the journal is to remember; undefined where none is kept. */
  readonly facts: Facts | undefined;
  /** Whether it takes the place of another one, which may have the same name. */
  readonly replaces?: boolean;
  /** Whether the server is asked if it accepts the new secret before it is delivered. */
  readonly verify: boolean;
}

/**
 * The promise of this program: creates a credential and delivers it, or leaves none behind. The destination is open and proven.
 *
 *     creating --response--> created --verified, delivered--> delivered
 *         |                     |
 *         +------- undone ------+--> (no journal)
 *
 * @returns the credential, delivered.
 * @throws DeliveryError (exit 6) when it could not be delivered; it is deleted again, or the error names the command that does it.
 * @throws OutcomeUnknownError (exit 11) naming what may be it, when the response was lost.
 * @throws ServerError (exit 2) and what else the kind's `create` throws, when nothing was created.
 */
export async function issue(run: Run, intent: Intent): Promise<Issued> {
  const { destination, interrupt, kind } = run;
  const { facts } = intent;
  const journal = facts === undefined ? undefined : destination.journal;
  interrupt.throwIfAborted();
  const held = kind.adopt === undefined ? undefined : await destination.current();
  if (facts !== undefined && journal !== undefined) await announce(run, journal, facts);
  const issued = await create(run, intent);
  try {
    if (facts !== undefined && journal?.keepsSecrets) {
      await journal.write({ ...facts, stage: 'created', newId: issued.id, secret: issued.secret });
    }
    if (intent.verify) await verifyNew(run, issued.secret);
    kind.adopt?.(held, issued.secret);
    await destination.deliver(issued, facts === undefined ? undefined : await deliveredRecord(run, facts, issued));
  } catch (error) {
    // What is deleted again must not be what authenticates the deletion.
    if (held !== undefined) kind.adopt?.(issued.secret, held);
    throw await undo(run, issued, error, facts);
  }
  return issued;
}

/**
 * Notes in the journal that a credential may be created from here on. Whoever comes now has to take the journal over first; who came
 * before, and had ended by then, has changed what the destination holds: what this run knows of the list is old then.
 */
async function announce(run: Run, journal: Journal, facts: Facts): Promise<void> {
  const { destination } = run;
  try {
    await journal.write({ ...facts, stage: 'creating' });
    if (await isHeld(await destination.current(), facts.held)) return;
    throw new DeliveryError(
      `${capital(destination.description)} was changed by somebody else since this run began. Nothing was created.`,
      {
        hints: ['Run the same command again if it is still needed.'],
      },
    );
  } catch (error) {
    // It may stand there all the same: nothing was created.
    if (error instanceof StsError) await dropQuietly(run, journal);
    throw error;
  }
}

/** What the journal says once the destination holds the new secret. */
export async function deliveredRecord(
  { serverClock }: Run,
  facts: Facts,
  issued: Pick<Issued, 'id' | 'secret'>,
): Promise<DeliveredRecord> {
  return {
    ...facts,
    stage: 'delivered',
    newId: issued.id,
    digest: await digestOf(issued.secret),
    deleteAt: Math.ceil(serverClock.exact()) + facts.afterMs,
    settled: (facts.consumers ?? []).length === 0,
  };
}

/** Creates it; whatever comes back, it is known afterwards what may be left on the server. */
async function create(run: Run, { wanted, known, facts, replaces = false }: Intent): Promise<Issued> {
  const { kind, destination, waiting, interrupt } = run;
  const ids = known === undefined ? undefined : new Set(known.credentials.map(({ id }) => id));
  try {
    interrupt.throwIfAborted();
    const issued = await waiting(`Creating the ${kind.words.short}`, () => createOnce(run, wanted, ids));
    return facts !== undefined && kind.listTellsId ? await withSureId(run, issued) : issued;
  } catch (error) {
    const isLost = error instanceof OutcomeUnknownError;
    // Refused, or never sent. What is no error of ours leaves the journal for the next run.
    if (!isLost && error instanceof StsError && facts !== undefined) await dropQuietly(run, destination.journal);
    const failure = isLost ? await settleLost(run, { wanted, known, facts, error }) : error;
    // What is of another kind does not take the name.
    throw replaces && run.oldKind === kind ? mentionNewName(failure, wanted.name, isLost ? '' : 'Nothing was created.') : failure;
  }
}

/** An id that the list told may be that of a run which has taken over in the meantime, and has deleted this one's credential. */
async function withSureId({ destination, report }: Run, issued: Issued): Promise<Issued> {
  const { id, ...rest } = issued;
  if (id === undefined) return issued;
  try {
    await destination.journal?.confirm();
    return issued;
  } catch (error) {
    // The secret is here, and must not be lost for that.
    if (!(error instanceof StsError)) throw error;
    await report({ kind: 'unidentified', candidates: [id] });
    return { ...rest, candidates: [id] };
  }
}

/** A refused creation may mean that the server takes no second credential of a name, which cannot be told from its response for sure. */
function mentionNewName(error: unknown, name: string, fate: string): unknown {
  if (!(error instanceof ServerError) || (error.status !== 400 && error.status !== 409)) return error;
  const flag = `--new-name ${shellWord(`${name}-2`)}`;
  const hint =
    error.status === 409
      ? `The server takes no second one named ${JSON.stringify(name)}. Give the new one another name: ${flag}`
      : `If the server takes no second one of the same name, give the new one another name: ${flag}`;
  return error.because(fate, { hints: [hint, ...error.hints] });
}
