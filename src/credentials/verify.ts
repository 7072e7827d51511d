import { ServerError, StsError, UnauthorizedError, UnsupportedServerError } from '../errors.ts';
import type { CredentialKind, Verdict } from './ports.ts';
import type { Run } from './run.ts';

/** How long a cluster may take until all of it knows a new credential. */
const patienceMs = 30_000;
const firstWaitMs = 250;
const longestWaitMs = 5000;

/**
 * Makes sure that the server accepts a new secret. That it has no way to tell is reported and counts as a yes.
 * @throws what `askPatiently` throws.
 */
export async function verifyNew(run: Run, secret: string): Promise<void> {
  const verdict = await run.waiting(`Verifying the ${run.kind.words.short}`, () => askPatiently(run, secret));
  if (verdict === 'unverifiable') await run.report({ kind: 'unverifiable' });
}

/**
 * Asks the server whether it accepts a secret, again and again for 30 s until it does.
 * @param isGone asked after each refusal: whether there is nothing left to be accepted.
 * @returns `invalid` once that is so. @throws ServerError (exit 2) when the secret is refused all the time; the last trouble when the
 * server could not be asked.
 */
export async function askPatiently(run: Run, secret: string, isGone = async () => false): Promise<Verdict> {
  const { kind, interrupt, clock } = run;
  const started = clock.monotonic();
  for (let wait = firstWaitMs; ; wait = Math.min(wait * 2, longestWaitMs)) {
    let trouble: unknown;
    try {
      const said = await ask(kind, secret, interrupt);
      if (said !== 'invalid' || (await isGone())) return said;
    } catch (error) {
      if (interrupt.aborted || !mayPass(error)) throw error;
      trouble = error;
    }
    if (clock.monotonic() - started + wait > patienceMs) throw trouble ?? refusedForGood(kind);
    await clock.sleep(wait, interrupt);
  }
}

/** What the server says of a secret. @throws what keeps it from being asked. */
export async function ask(kind: CredentialKind, secret: string, signal?: AbortSignal): Promise<Verdict> {
  try {
    return await kind.verify(secret, signal === undefined ? {} : { signal });
  } catch (error) {
    if (error instanceof UnsupportedServerError || (error instanceof ServerError && error.status === 404)) return 'unverifiable';
    throw error;
  }
}

function refusedForGood({ words }: CredentialKind): ServerError {
  return new ServerError(
    `The server created a new ${words.short} and refuses it. It was asked again and again for ${patienceMs / 1000} s.`,
    { hints: [`Try again later. --no-verify takes a new ${words.short} without asking.`] },
  );
}

/** Whether waiting can help: not with a token that is not accepted, nor with a request the server calls wrong. */
function mayPass(error: unknown): boolean {
  if (error instanceof UnauthorizedError || !(error instanceof StsError)) return false;
  if (!(error instanceof ServerError) || error.status === undefined) return true;
  return error.status >= 500 || error.status === 408 || error.status === 429;
}
