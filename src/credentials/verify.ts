import { ServerError, StsError, UnauthorizedError, UnsupportedServerError } from '../errors.ts';
import type { CredentialKind, Verdict } from './ports.ts';
import type { Run } from './run.ts';

/** How long all parts of a cluster may need to know a new credential, in milliseconds. */
const patienceMs = 30_000;
const firstWaitMs = 250;
const longestWaitMs = 5000;

/**
 * Makes sure that the server accepts a new secret. A server that cannot verify secrets is reported, and the secret counts as accepted.
 * @throws what `askPatiently` throws.
 */
export async function verifyNew(run: Run, secret: string): Promise<void> {
  const verdict = await run.waiting(`Verifying the ${run.kind.words.short}`, () => askPatiently(run, secret));
  if (verdict === 'unverifiable') await run.report({ kind: 'unverifiable' });
}

/**
 * Asks the server whether it accepts a secret. Repeats the question for up to 30 s until the server accepts it.
 * @param isGone called after each refusal: whether the credential no longer exists.
 * @returns `invalid` only if `isGone` gave true.
 * @throws ServerError (exit 2) when the secret is refused to the end; the last error if the server could not be asked.
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

/** What the server says about a secret. @throws the error of the request. */
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
    `The server created a new ${words.short}, but refuses it. It was asked repeatedly for ${patienceMs / 1000} s.`,
    { hints: [`Try again later. --no-verify takes a new ${words.short} without asking.`] },
  );
}

/** Whether waiting can help. It cannot help if the program's token is not accepted, or if the server calls the request wrong. */
function mayPass(error: unknown): boolean {
  if (error instanceof UnauthorizedError || !(error instanceof StsError)) return false;
  if (!(error instanceof ServerError) || error.status === undefined) return true;
  return error.status >= 500 || error.status === 408 || error.status === 429;
}
