import { OutcomeUnknownError, StsError } from '../errors.ts';
import { isAsWanted } from './match.ts';
import type { Issued, NewCredential } from './ports.ts';
import { listToTheEnd, type Run } from './run.ts';
import { theCredential } from './words.ts';

/** How long the list may take to show a credential that was just created, in milliseconds. */
const patienceMs = 5000;
const firstPauseMs = 100;

/**
 * Creates a credential; the request is sent at most once. A credential that existed before, or that has another name, is never taken for
 * the new one, whatever the response says. Otherwise a later step could delete somebody else's credential.
 * @param known ids of all credentials that existed before. If undefined, the list cannot tell the id of the new credential.
 * @throws OutcomeUnknownError when the response is about another credential, and what else the kind's `create` throws.
 */
export async function createOnce(run: Run, wanted: NewCredential, known: ReadonlySet<bigint> | undefined): Promise<Issued> {
  const { kind, interrupt, clock } = run;
  const sentAt = clock.now();
  let created: Issued;
  try {
    created = await kind.create(wanted, { signal: interrupt });
  } catch (error) {
    if (!(error instanceof OutcomeUnknownError) || error.keyId === undefined || !known?.has(error.keyId)) throw error;
    const { status } = error;
    throw new OutcomeUnknownError(error.message, { sentAt, ...(status === undefined ? {} : { status }), cause: error });
  }
  if (created.id === undefined) return { ...created, ...(await identify(run, wanted, known)) };
  const why = known?.has(created.id)
    ? 'which existed before'
    : created.name === wanted.name
      ? undefined
      : 'which has another name';
  if (why === undefined) return created;
  throw new OutcomeUnknownError(`The server responded to the creation with ${theCredential(kind.words, created.id)}, ${why}.`, {
    sentAt,
    status: 200,
  });
}

/** Finds the id of a credential that was just created: the only one in the list that is not in `known` and has the wanted properties. */
async function identify(
  run: Run,
  wanted: NewCredential,
  known: ReadonlySet<bigint> | undefined,
): Promise<Pick<Issued, 'id' | 'candidates'>> {
  const { clock, report } = run;
  if (known === undefined) {
    await report({ kind: 'unidentified', candidates: [] });
    return {};
  }
  const until = clock.monotonic() + patienceMs;
  let candidates: readonly bigint[] = [];
  for (let pause = firstPauseMs; ; pause *= 2) {
    try {
      const { credentials } = await listToTheEnd(run);
      candidates = credentials.filter((row) => isAsWanted(row, wanted) && !known.has(row.id)).map(({ id }) => id);
    } catch (error) {
      // This run has the secret. A list that fails must not lose it.
      if (!(error instanceof StsError)) throw error;
    }
    const [only] = candidates;
    if (candidates.length === 1 && only !== undefined) return { id: only };
    if (candidates.length > 1 || clock.monotonic() + pause > until) break;
    await clock.sleep(pause);
  }
  await report({ kind: 'unidentified', candidates });
  return { candidates };
}
