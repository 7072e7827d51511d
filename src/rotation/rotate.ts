import type { IngestionApiKey, IssuedIngestionApiKey, KeyListing, NewIngestionApiKey } from '../api/model.ts';
import type { Destination } from '../delivery/destination.ts';
import { effect } from '../delivery/effects.ts';
import { ServerError } from '../errors.ts';
import type { RotationContext, RotationPlan, RotationResult } from './context.ts';
import { createBesides } from './create.ts';
import { findKey, successorOf } from './find.ts';
import { issueKey } from './issue.ts';
import { retireKey } from './retire.ts';
import { verifyKey } from './verify.ts';
import { shellWord } from './words.ts';

/** What a rotation sets out from. */
export interface Departure {
  readonly old: IngestionApiKey;
  readonly wanted: NewIngestionApiKey;
  /** Ids of the keys that have the new key's name already. */
  readonly before: readonly bigint[];
  /** Ids of all keys. */
  readonly known: ReadonlySet<bigint>;
  /** The server's clock, milliseconds since the epoch. */
  readonly startedAt: number;
}

/**
 * Replaces a key by a new one that goes to a stream: create, verify, deliver, and only then touch the old one. Nothing is remembered;
 * the order alone keeps the old key working until the new one is delivered.
 * @throws what `issueKey`, `findKey` and `retireKey` throw.
 */
export async function rotate(context: RotationContext, plan: RotationPlan, destination: Destination): Promise<RotationResult> {
  const { api, interrupt, now, step, waiting } = context;
  const { old, wanted, before, known } = await depart(context, plan);
  const issued = await issueKey({
    api: {
      ...api,
      createKey: (key, call) => waiting('Creating the key', () => createBesides(api, known, key, { ...call, now })),
    },
    key: wanted,
    before,
    destination,
    interrupt,
    now,
    ...(plan.verify ? { verify: (key: IssuedIngestionApiKey) => verify(context, key) } : {}),
    ...(step === undefined ? {} : { step }),
  }).catch((error: unknown) => {
    throw namesNewName(error, wanted);
  });
  if (plan.deleteOld) {
    await retireKey(context, {
      oldId: old.id,
      deleteAt: now() + plan.afterMs,
      holder: destination.description,
      resumable: false,
    });
  }
  return { issued, old, deleted: plan.deleteOld };
}

/** Finds the old key and says what the new one will be: `GET /security/ingestion/api_keys`. */
export async function depart(context: RotationContext, plan: RotationPlan): Promise<Departure> {
  const { api, interrupt, now, report, step, waiting } = context;
  const listing: KeyListing = await waiting('Listing keys', () =>
    effect(step, 'list keys', () => api.listKeys({ signal: interrupt })),
  );
  if (listing.rejected.length > 0) await report({ kind: 'rejected', rows: listing.rejected });
  const old = findKey(listing.keys, plan.target);
  const wanted = successorOf(old, plan, now());
  return {
    old,
    wanted,
    before: listing.keys.filter(({ name }) => name === wanted.name).map(({ id }) => id),
    known: new Set(listing.keys.map(({ id }) => id)),
    startedAt: listing.serverTime ?? now(),
  };
}

/** As verifyKey(); that a server cannot tell is reported and taken for a yes. */
export async function verify(context: RotationContext, { apiKey }: IssuedIngestionApiKey): Promise<void> {
  const answer = await context.waiting('Verifying the key', () => verifyKey(context, apiKey));
  if (answer === 'unverifiable') await context.report({ kind: 'unverifiable' });
}

/** A refused creation may mean that the server takes no second key of a name, which cannot be told from its answer for sure. */
export function namesNewName(error: unknown, { name }: NewIngestionApiKey): unknown {
  if (!(error instanceof ServerError) || (error.status !== 400 && error.status !== 409)) return error;
  const certain = error.status === 409;
  return new ServerError(
    certain ? `The server takes no second key named ${JSON.stringify(name)}. ${error.message}` : error.message,
    {
      status: error.status,
      ...(error.reason === undefined ? {} : { reason: error.reason }),
      hints: [
        `${certain ? 'Give' : 'If it takes no second key of the same name, give'} the new key another name: --new-name ${shellWord(`${name}-2`)}`,
        ...error.hints,
      ],
      cause: error,
    },
  );
}
