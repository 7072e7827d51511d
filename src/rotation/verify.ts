import { effect } from '../delivery/effects.ts';
import { ServerError, StsError, UnauthorizedError, UnsupportedServerError } from '../errors.ts';
import type { RotationContext } from './context.ts';

/** How long a cluster may take until all of it knows a new key. */
const patienceMs = 30_000;
const firstWaitMs = 250;
const longestWaitMs = 5000;

/**
 * Asks the server whether it accepts a new key, again and again for 30 s: `POST /security/ingestion/authorize`.
 * @returns `unverifiable` when the server has no such endpoint.
 * @throws ServerError (exit 2) when the key is refused for good; the last trouble when the server could not be asked at all.
 */
export async function verifyKey(context: RotationContext, apiKey: string): Promise<'accepted' | 'unverifiable'> {
  const { api, interrupt, now, sleep, step } = context;
  const started = now();
  for (let wait = firstWaitMs; ; wait = Math.min(wait * 2, longestWaitMs)) {
    let trouble: unknown;
    try {
      if (await effect(step, 'verify key', () => api.authorize(apiKey, { signal: interrupt }))) return 'accepted';
    } catch (error) {
      if (isMissing(error)) return 'unverifiable';
      if (interrupt.aborted || !mayPass(error)) throw error;
      trouble = error;
    }
    if (now() - started + wait > patienceMs) throw trouble ?? refusedForGood();
    await sleep(wait, interrupt);
  }
}

function refusedForGood(): ServerError {
  return new ServerError(
    `The server made a new key and refuses it, asked again for ${patienceMs / 1000} s. The old key is untouched.`,
    {
      hints: ['Try again later; --no-verify takes a new key without asking.'],
    },
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof UnsupportedServerError || (error instanceof ServerError && error.status === 404);
}

/** Whether waiting can help: not with a token that is not accepted, nor with a request the server calls wrong. */
function mayPass(error: unknown): boolean {
  if (error instanceof UnauthorizedError || !(error instanceof StsError)) return false;
  if (!(error instanceof ServerError) || error.status === undefined) return true;
  return error.status >= 500 || error.status === 408 || error.status === 429;
}
