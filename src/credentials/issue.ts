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
  /** The credentials that existed before; undefined if the list was not requested. */
  readonly known: Listing | undefined;
  /** What the journal records; undefined if no journal is kept. */
  readonly facts: Facts | undefined;
  /** Whether the new credential replaces another one, which may have the same name. */
  readonly replaces?: boolean;
  /** Whether to ask the server, before the delivery, if it accepts the new secret. */
  readonly verify: boolean;
}

/**
 * Creates a credential and delivers it, or leaves none behind. This is the central promise of the program. The destination must be open and
 * proven.
 *
 *     creating --response--> created --verified, delivered--> delivered
 *         |                     |
 *         +------- undone ------+--> (no journal)
 *
 * @returns the credential, delivered.
 * @throws DeliveryError (exit 6) when the credential could not be delivered. It has been deleted again, or the error names the command that
 * deletes it.
 * @throws OutcomeUnknownError (exit 11) when the response was lost. The error names the credentials that the request may have created.
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
    // The failed delivery is undone by a deletion. The credential to delete must not be the one that authenticates that deletion.
    if (held !== undefined) kind.adopt?.(issued.secret, held);
    throw await undo(run, issued, error, facts);
  }
  return issued;
}

/**
 * Notes in the journal that a credential may be created from now on. From here on another run must take over the journal before it does
 * anything. A run that has already ended may have changed the destination. In that case this run's list is out of date, and the run stops.
 */
async function announce(run: Run, journal: Journal, facts: Facts): Promise<void> {
  const { destination } = run;
  try {
    await journal.write({ ...facts, stage: 'creating' });
    if (await isHeld(await destination.current(), facts.held)) return;
    throw new DeliveryError(
      `${capital(destination.description)} was changed by somebody else after this run had begun. Nothing was created.`,
      {
        hints: ['Run the same command again if it is still needed.'],
      },
    );
  } catch (error) {
    // The journal may have been written despite the error. Nothing was created, so it can go.
    if (error instanceof StsError) await dropQuietly(run, journal);
    throw error;
  }
}

/** The journal record for the time after the delivery. */
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

/** Creates the credential. Whatever the response is, the caller knows afterwards what may exist on the server. */
async function create(run: Run, { wanted, known, facts, replaces = false }: Intent): Promise<Issued> {
  const { kind, destination, waiting, interrupt } = run;
  const ids = known === undefined ? undefined : new Set(known.credentials.map(({ id }) => id));
  try {
    interrupt.throwIfAborted();
    const issued = await waiting(`Creating the ${kind.words.short}`, () => createOnce(run, wanted, ids));
    return facts !== undefined && kind.listTellsId ? await withSureId(run, issued) : issued;
  } catch (error) {
    const isLost = error instanceof OutcomeUnknownError;
    // The request was refused or never sent, so the journal can go. After an unexpected error the journal stays for the next run.
    if (!isLost && error instanceof StsError && facts !== undefined) await dropQuietly(run, destination.journal);
    const failure = isLost ? await settleLost(run, { wanted, known, facts, error }) : error;
    // In a migration the old credential is of another kind, so the name cannot clash.
    throw replaces && run.oldKind === kind ? mentionNewName(failure, wanted.name, isLost ? '' : 'Nothing was created.') : failure;
  }
}

/**
 * Drops an id that came from the list if another run has taken over the journal. That run may have deleted this run's credential and
 * created one of its own, and the id could be that of the other run's credential.
 */
async function withSureId({ destination, report }: Run, issued: Issued): Promise<Issued> {
  const { id, ...rest } = issued;
  if (id === undefined) return issued;
  try {
    await destination.journal?.confirm();
    return issued;
  } catch (error) {
    // This run has the secret. A failed look at the journal must not lose it.
    if (!(error instanceof StsError)) throw error;
    await report({ kind: 'unidentified', candidates: [id] });
    return { ...rest, candidates: [id] };
  }
}

/** Adds the hint `--new-name`. The server may refuse a second credential with the same name, but its response does not say so reliably. */
function mentionNewName(error: unknown, name: string, fate: string): unknown {
  if (!(error instanceof ServerError) || (error.status !== 400 && error.status !== 409)) return error;
  const flag = `--new-name ${shellWord(`${name}-2`)}`;
  const hint =
    error.status === 409
      ? `The server refuses a second one named ${JSON.stringify(name)}. Give the new one another name: ${flag}`
      : `If the server refuses a second one with the same name, give the new one another name: ${flag}`;
  return error.because(fate, { hints: [hint, ...error.hints] });
}
