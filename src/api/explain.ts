import { STATUS_CODES } from 'node:http';
import type { TokenKind } from '../config/model.ts';
import { ForbiddenError, ServerError, type ServerErrorDetails, type StsError, UnauthorizedError } from '../errors.ts';
import { visible } from '../escape.ts';
import type { HttpResponse } from '../http/transport.ts';
import { readTrouble, type Trouble } from './trouble.ts';

const longestReason = 500;
const longestMark = 100;
/** Shorter secrets are not hidden: that would hide parts of ordinary words. */
const shortestSecret = 6;

export interface RefusalContext {
  /** Host and port of the server. */
  readonly host: string;
  readonly tokenKind: TokenKind;
  /** Whether a user and a password go with each request. */
  readonly basic: boolean;
  /** What was sent and must not be shown when the server repeats it. */
  readonly secrets: readonly string[];
  /** Hints for a 403: which permissions the token needs. */
  readonly permissions: readonly string[];
}

/** The error for a response that is no success. */
export function explainRefusal(response: HttpResponse, context: RefusalContext): StsError {
  const { host } = context;
  const { status, retryAfterMs } = response;
  const trouble = readTrouble(response);
  const { ending, facts } = said(trouble, context);
  if (status === 401 || status === 403) {
    if (trouble.isPage || asksForUser(response)) return gateway(response, context, ending, facts);
    if (status === 401) return unauthorized(context, ending, facts);
    return new ForbiddenError(`${host} does not allow this to the token${ending}`, { ...facts, hints: context.permissions });
  }
  if (status >= 300 && status < 400) {
    const location = withoutSecrets(response.location, context.secrets);
    const target = location === undefined ? 'another address' : visible(location.slice(0, 200));
    return new ServerError(`${host} redirects to ${target}. The token is not sent there.`, {
      status,
      hints: ['If that is your StackState, give its URL with --url or save it in the context.'],
    });
  }
  const wait =
    retryAfterMs === undefined || retryAfterMs === 0 ? '' : ` It asks to wait ${duration(retryAfterMs)} before the next try.`;
  return new ServerError(`${host} responded with ${statusName(status)}${ending}${wait}`, {
    ...facts,
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    hints: [hintFor(status, wait !== '')],
  });
}

function hintFor(status: number, waits: boolean): string {
  if (waits) return 'Try again after that; a longer --timeout lets this program wait by itself where nothing is changed.';
  return mayPass(status)
    ? 'Try again; if it stays so, look into the logs of StackState.'
    : 'Change what the server objects to; -v shows the request.';
}

/** Whether the same request may succeed later: the server failed, or has too much to do. */
function mayPass(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** The server's words as the end of a message and as facts of the error: escaped, cut, without secrets. */
function said(trouble: Trouble, { secrets }: RefusalContext): { ending: string; facts: ServerErrorDetails } {
  const harmless = (text: string | undefined, longest: number) => {
    const shown = withoutSecrets(text, secrets);
    return shown === undefined ? undefined : cut(visible(shown), longest);
  };
  const reason = harmless(trouble.reason, longestReason);
  const errorCode = harmless(trouble.errorCode, longestMark);
  const trackingKey = harmless(trouble.trackingKey, longestMark);
  const type = harmless(trouble.type, longestMark);
  const marks = [
    ...(errorCode === undefined ? [] : [`errorCode ${errorCode}`]),
    ...(trackingKey === undefined ? [] : [`trackingKey ${trackingKey}`]),
  ];
  const inWords = reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`;
  return {
    ending: `${inWords}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}.`,
    facts: {
      ...(reason === undefined ? {} : { reason }),
      ...(errorCode === undefined ? {} : { errorCode }),
      ...(trackingKey === undefined ? {} : { trackingKey }),
      ...(type === undefined ? {} : { type }),
    },
  };
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}

/** A status with our own name for it: the server's status text can carry anything. */
function statusName(status: number): string {
  const name = STATUS_CODES[status];
  return name === undefined ? String(status) : `${status} (${name})`;
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 120) return `${seconds} s`;
  return seconds <= 7200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}

/** Text of the server without what we sent it, as it is or encoded for a URL. */
function withoutSecrets(text: string | undefined, secrets: readonly string[]): string | undefined {
  return secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .filter((secret) => secret.length >= shortestSecret)
    .reduce((rest, secret) => rest?.replaceAll(secret, '[hidden]'), text);
}

/** Whether a user and a password are demanded. StackState itself never does that. */
function asksForUser({ wwwAuthenticate }: HttpResponse): boolean {
  return /^\s*(?:basic|digest|negotiate|ntlm)\b/i.test(wwwAuthenticate ?? '');
}

/** A 401 or 403 of a gateway: it says nothing about the token. */
function gateway(
  response: HttpResponse,
  { host, basic }: RefusalContext,
  ending: string,
  facts: ServerErrorDetails,
): ServerError {
  const hint = !asksForUser(response)
    ? 'StackState itself sends no web pages: look for a login, a proxy or a firewall on the way, and check the URL.'
    : basic
      ? 'It does not accept the user and the password in the URL: correct them, special characters percent-encoded.'
      : 'It demands a user and a password: give them in the URL, https://USER:PASSWORD@HOST.';
  const message = `A gateway in front of ${host} responded with ${statusName(response.status)}${ending} The token is not the reason.`;
  return new ServerError(message, { ...facts, status: response.status, hints: [hint] });
}

/** 401: the token itself is not accepted. */
function unauthorized({ host, tokenKind: kind }: RefusalContext, ending: string, facts: ServerErrorDetails): UnauthorizedError {
  return new UnauthorizedError(`${host} does not accept the ${kind.replaceAll('-', ' ')}${ending}`, {
    ...facts,
    hints: [
      `Check that the token belongs to this StackState and has not expired; give another one with --${kind}, or save it:`,
      `  sts context save --name NAME --url URL --${kind} -`,
    ],
  });
}
