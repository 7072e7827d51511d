import { ServerError, type StsError, UnsupportedServerError } from '../errors.ts';
import { visible } from '../escape.ts';
import type { CallOptions } from './model.ts';
import type { Requests } from './requests.ts';
import { serverResource } from './server.ts';

/** What a platform does not have, and what does the same there. */
export interface Absence {
  /** Follows `has no`: `ingestion API keys`. */
  readonly what: string;
  /** Which platforms have it, as a sentence. */
  readonly range: string;
  /** What to do in place of it; whole commands. */
  readonly hints: readonly string[];
}

/**
 * A missing collection, or a page where JSON should be, explained by what the server says it is: `GET /server/info`.
 * @throws what keeps the server from being asked: no connection, a token that is not accepted, an interrupt, no StackState there at all.
 */
export async function explainMissing(requests: Requests, { what, range, hints }: Absence, call: CallOptions): Promise<StsError> {
  const { version, platformVersion } = await serverResource(requests).info(call);
  const name = visible(platformVersion ?? `${version.major}.${version.minor}.${version.patch}`);
  return new UnsupportedServerError(`${requests.host} runs StackState ${name}, which has no ${what}. ${range}`, { hints });
}

/** There is a server, but no StackState where its API should be. */
export function noApi(requests: Requests): ServerError {
  return new ServerError(`${requests.host} has no StackState API under ${requests.path([])}.`, {
    status: 404,
    hints: requests.urlHints(),
  });
}
