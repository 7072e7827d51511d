import { STATUS_CODES } from 'node:http';
import { ForbiddenError, ServerError, type StsError, UnauthorizedError } from '../errors.ts';
import { visible } from '../escape.ts';
import type { HttpResponse } from '../http/transport.ts';
import type { Access } from './access.ts';
import { type Fields, isFields } from './entry.ts';
import { ConflictError, InvalidObjectError } from './errors.ts';
import { hideSecrets } from './hide.ts';
import { type Target, titleOf } from './resources.ts';

export type Verb = 'get' | 'list' | 'create' | 'patch' | 'delete';

const longestReason = 1000;

/** The API server's explanation of a failed request: an object of the kind `Status`. */
export interface Status {
  readonly reason: string;
  /** Safe to print. */
  readonly message: string;
  /** The object that the status is about, if it names one: `namespaces` for a missing namespace. */
  readonly about?: { readonly plural: string; readonly name: string };
}

/**
 * The `Status` in a response; undefined if the response comes from something else, such as a proxy.
 * @param hidden secrets that must not be repeated.
 */
export function readStatus(data: unknown, hidden: readonly string[]): Status | undefined {
  if (!isFields(data) || data['kind'] !== 'Status') return undefined;
  const details: Fields = isFields(data['details']) ? data['details'] : {};
  return {
    reason: textOf(data['reason']),
    message: shown(textOf(data['message']), hidden),
    ...(textOf(details['name']) === '' ? {} : { about: { plural: textOf(details['kind']), name: textOf(details['name']) } }),
  };
}

/** A message of the server, safe to print and short, without its full stop. */
function shown(message: string, hidden: readonly string[]): string {
  // If the server cannot read a patch, it repeats the whole object, including fields of the Secret that were not sent.
  const withoutObjects = hideSecrets(message, hidden).replace(/\{.*(?:\}|$)/s, '{...}');
  return visible(withoutObjects.slice(0, longestReason)).trim().replace(/\.$/, '');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A response with an error status, and its request. */
export interface Refusal {
  readonly verb: Verb;
  readonly target: Target;
  readonly response: HttpResponse;
  /** The explanation of the API server; undefined if the response does not come from it. */
  readonly status: Status | undefined;
  readonly access: Access;
  /** Whether the request carried no credentials. */
  readonly anonymous: boolean;
}

/** The error for a response with an error status. Unless the server failed, nothing was changed. */
export function explainRefusal({ verb, target, response, status, access, anonymous }: Refusal): StsError {
  const server = `The Kubernetes API server ${access.cluster.url.host}`;
  const what = `${verb} ${titleOf(target)}`;
  const { description, remedy } = access.credentials;
  // A login page of a proxy may have this status, too.
  if (response.status === 401 && (status !== undefined || !/html/i.test(response.contentType ?? ''))) {
    const whose = `the credentials of ${article(description)}`;
    return new UnauthorizedError(
      `${server} ${anonymous ? `demands credentials, but there are none: ${description}` : `does not accept ${whose}`}.`,
      {
        hints: [remedy],
      },
    );
  }
  if (status === undefined) return strange(what, response, access);
  const reason = status.message === '' ? '' : `: ${status.message}`;
  const details = (...hints: readonly string[]) => ({ status: response.status, reason: status.message, hints });
  switch (response.status) {
    case 403: {
      const hint = anonymous ? `The request carried no credentials (${description}). ${remedy}` : missingRule(verb, target);
      return new ForbiddenError(`${server} refuses to ${what}${reason}.`, details(hint));
    }
    case 409: {
      if (status.reason === 'AlreadyExists')
        return new ConflictError('exists', `Could not ${what}: it exists already.`, details());
      return new ConflictError(
        'changed',
        `Could not ${what}: somebody else has changed it in the meantime.`,
        details('Try again.'),
      );
    }
    case 422:
      return new InvalidObjectError(`${server} rejects the change to ${titleOf(target)}${reason}.`, details());
    default: {
      const hint = mayPass(response.status) ? tryAgain(response) : '-v shows the request.';
      return new ServerError(
        `${server} responded with ${statusName(response.status)} to the request to ${what}${reason}.`,
        details(hint),
      );
    }
  }
}

/** The error for a response that does not come from the API server, but from a proxy, a login page or another program. */
function strange(what: string, { status, location }: HttpResponse, { cluster, origin }: Access): ServerError {
  const to = location === undefined ? '' : ` It redirects to ${visible(location.slice(0, 200))}.`;
  return new ServerError(
    `${cluster.url.host} responded with ${statusName(status)} to the request to ${what}, but not as a Kubernetes API server does.${to}`,
    { status, hints: [`Check the server and the proxy of the ${origin}: kubectl get --raw /version`] },
  );
}

function missingRule(verb: Verb, { resource, namespace, name }: Target): string {
  // A rule for creating or listing cannot name an object.
  const names = name === undefined || verb === 'create' ? '' : `resourceNames: ["${name}"], `;
  const rule = `{apiGroups: ["${resource.group}"], resources: ["${resource.plural}"], ${names}verbs: ["${verb}"]}`;
  return `If a permission is missing, add this rule to a Role in the namespace ${namespace} that is bound to this user: ${rule}`;
}

function mayPass(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

function tryAgain({ retryAfterMs }: HttpResponse): string {
  const seconds = retryAfterMs === undefined ? '' : ` in ${Math.ceil(retryAfterMs / 1000)} s, as the server asks`;
  return `Try again${seconds}.`;
}

/** A status with our own name for it, because the server's status text may contain anything. */
function statusName(status: number): string {
  const name = STATUS_CODES[status];
  return name === undefined ? String(status) : `${status} (${name})`;
}

function article(description: string): string {
  return /^(?:the|its) /.test(description) ? description : `the ${description}`;
}
