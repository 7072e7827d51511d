import { STATUS_CODES } from 'node:http';
import type { TokenKind } from '../config/model.ts';
import { ForbiddenError, ServerError, type StsError, UnauthorizedError, UnsupportedServerError } from '../errors.ts';
import { visible } from '../escape.ts';
import type { ServerInfo } from './model.ts';

const longestReason = 500;
/** A shorter one is a trial's or a test's: to hide each of its letters would hide what the server says. */
const shortestSecret = 6;

export const checkUrl = 'Check the URL and the API path (--url, STS_CLI_API_PATH, the context): the API is under /api as a rule.';

export interface Refusal {
  /** Host and port of the server. */
  readonly host: string;
  readonly tokenKind: TokenKind;
  readonly status: number;
  readonly location: string | undefined;
  /** The server's own words, raw. */
  readonly reason: string | undefined;
  /** What was sent and must not be shown, should the server repeat it. */
  readonly secrets: readonly string[];
}

/** The error for an answer that is no success. */
export function explainRefusal({ host, tokenKind, status, secrets, ...said }: Refusal): StsError {
  const reason = withoutSecrets(said.reason, secrets);
  const location = withoutSecrets(said.location, secrets);
  if (status === 401) return unauthorized(host, tokenKind);
  if (status === 403) return forbidden(host, reason);
  if (status >= 300 && status < 400) {
    const target = location === undefined ? 'another address' : visible(location.slice(0, 200));
    return new ServerError(`${host} redirects to ${target}. The token is not sent there.`, {
      status,
      hints: ['If that is your StackState, give its URL with --url or save it in the context.'],
    });
  }
  return new ServerError(`${host} answered ${statusName(status)}${ended(reason)}`, {
    status,
    hints: [
      mayPass(status)
        ? 'Try again; if it stays so, look into the logs of StackState.'
        : 'Change what the server objects to; -v shows the request.',
    ],
    ...(reason === undefined ? {} : { reason: visible(reason) }),
  });
}

/** Whether the same request may succeed later: the server failed, or has too much to do. */
function mayPass(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/**
 * A missing collection, or a page where JSON should be, explained by what the server says it is: `GET /server/info`.
 * @param api path of the API.
 * @param missing what is not there, to follow `has no`.
 * @throws what keeps the server from being asked: no connection, a token that is not accepted, an interrupt.
 */
export async function explainMissing(
  host: string,
  api: string,
  missing: string,
  serverInfo: () => Promise<ServerInfo>,
): Promise<StsError> {
  try {
    const { version, platformVersion } = await serverInfo();
    const name = visible(platformVersion ?? `${version.major}.${version.minor}.${version.patch}`);
    return new UnsupportedServerError(
      `${host} runs StackState ${name}, which has no ${missing}: they exist from StackState 6.0 on, and newer platforms (SUSE Observability) have service tokens instead.`,
      { hints: ['On SUSE Observability, create a service token in place of an ingestion API key.'] },
    );
  } catch (error) {
    if (!(error instanceof ServerError) || error instanceof ForbiddenError) throw error;
    return new ServerError(`${host} has no StackState API under ${api}.`, { status: 404, hints: [checkUrl] });
  }
}

/** A status with our own name for it: the server's status text can carry anything. */
function statusName(status: number): string {
  const name = STATUS_CODES[status];
  return name === undefined ? String(status) : `${status} (${name})`;
}

/** Text of the server without what we sent it, as it is or encoded for a URL. */
function withoutSecrets(text: string | undefined, secrets: readonly string[]): string | undefined {
  return secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .filter((secret) => secret.length >= shortestSecret)
    .reduce((rest, secret) => rest?.replaceAll(secret, '[hidden]'), text);
}

/** The server's words at the end of a sentence, harmless and short. */
function ended(reason: string | undefined): string {
  if (reason === undefined) return '.';
  const shown = visible(reason);
  return `: ${shown.length > longestReason ? `${shown.slice(0, longestReason)}...` : shown}`;
}

/** 401: the token itself is not accepted. */
function unauthorized(host: string, kind: TokenKind): UnauthorizedError {
  return new UnauthorizedError(`${host} does not accept the ${kind.replaceAll('-', ' ')}.`, {
    hints: [
      `Check that the token belongs to this StackState and has not expired; give another one with --${kind}, or save it:`,
      `  sts context save --name NAME --url URL --${kind} -`,
    ],
  });
}

/** 403: the token is accepted, but may not do this. */
function forbidden(host: string, reason: string | undefined): ForbiddenError {
  return new ForbiddenError(`${host} does not allow this to the token${ended(reason)}`, {
    hints: ['Its role needs the permission manage-ingestion-api-keys: ask an administrator of StackState, or use another token.'],
    ...(reason === undefined ? {} : { reason: visible(reason) }),
  });
}
