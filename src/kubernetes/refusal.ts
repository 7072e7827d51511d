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

/** What the API server says of a request it does not fulfil: an object of the kind `Status`. */
export interface Status {
  readonly reason: string;
  /** Harmless to print. */
  readonly message: string;
  /** The object that it is about, where it is about one: `namespaces` for a missing namespace. */
  readonly about?: { readonly plural: string; readonly name: string };
}

/** The `Status` in a response; undefined where something else answered, such as a proxy. @param hidden what may not be repeated. */
export function readStatus(data: unknown, hidden: readonly string[]): Status | undefined {
  if (!isFields(data) || data['kind'] !== 'Status') return undefined;
  const details: Fields = isFields(data['details']) ? data['details'] : {};
  return {
    reason: textOf(data['reason']),
    message: shown(textOf(data['message']), hidden),
    ...(textOf(details['name']) === '' ? {} : { about: { plural: textOf(details['kind']), name: textOf(details['name']) } }),
  };
}

/** A message of the server's, harmless and short, without its full stop. */
function shown(message: string, hidden: readonly string[]): string {
  // Of a patch that it cannot read the server repeats the whole object, with fields of the Secret that were not even sent.
  const withoutObjects = hideSecrets(message, hidden).replace(/\{.*(?:\}|$)/s, '{...}');
  return visible(withoutObjects.slice(0, longestReason)).trim().replace(/\.$/, '');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A response that is no success, and the request it belongs to. */
export interface Refusal {
  readonly verb: Verb;
  readonly target: Target;
  readonly response: HttpResponse;
  /** What the API server said; undefined where it was not the API server. */
  readonly status: Status | undefined;
  readonly access: Access;
  /** The request carried no credentials. */
  readonly anonymous: boolean;
}

/** The error for a response that is no success. All but a server's failure mean that nothing was changed. */
export function explainRefusal({ verb, target, response, status, access, anonymous }: Refusal): StsError {
  const server = `The Kubernetes API server ${access.cluster.url.host}`;
  const what = `${verb} ${titleOf(target)}`;
  const { description, remedy } = access.credentials;
  // A login page in between is sent with this status as well.
  if (response.status === 401 && (status !== undefined || !/html/i.test(response.contentType ?? ''))) {
    const whose = `the credentials of ${article(description)}`;
    return new UnauthorizedError(
      `${server} ${anonymous ? `demands credentials, and there are none: ${description}` : `does not accept ${whose}`}.`,
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
      return new ConflictError('changed', `Could not ${what}: somebody else has changed it in between.`, details('Try again.'));
    }
    case 422:
      return new InvalidObjectError(`${server} does not take the change to ${titleOf(target)}${reason}.`, details());
    default: {
      const hint = mayPass(response.status) ? tryAgain(response) : 'See the request with -v.';
      return new ServerError(
        `${server} responded with ${statusName(response.status)} to the request to ${what}${reason}.`,
        details(hint),
      );
    }
  }
}

/** A response that is not the API server's: of a proxy, a login page, another program. */
function strange(what: string, { status, location }: HttpResponse, { cluster, origin }: Access): ServerError {
  const to = location === undefined ? '' : `, which redirects to ${visible(location.slice(0, 200))}`;
  return new ServerError(
    `${cluster.url.host} responded with ${statusName(status)} to the request to ${what}, and not as a Kubernetes API server does${to}.`,
    { status, hints: [`Check the server and the proxy of the ${origin}: kubectl get --raw /version`] },
  );
}

function missingRule(verb: Verb, { resource, namespace, name }: Target): string {
  // A name cannot be asked for before there is an object, nor in a list.
  const names = name === undefined || verb === 'create' ? '' : `resourceNames: ["${name}"], `;
  const rule = `{apiGroups: ["${resource.group}"], resources: ["${resource.plural}"], ${names}verbs: ["${verb}"]}`;
  return `If a permission is missing, add this rule to a Role of the namespace ${namespace} that is bound to this user: ${rule}`;
}

function mayPass(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

function tryAgain({ retryAfterMs }: HttpResponse): string {
  const seconds = retryAfterMs === undefined ? '' : ` in ${Math.ceil(retryAfterMs / 1000)} s, as the server asks`;
  return `Try again${seconds}.`;
}

/** A status with our own name for it: the server's status text can carry anything. */
function statusName(status: number): string {
  const name = STATUS_CODES[status];
  return name === undefined ? String(status) : `${status} (${name})`;
}

function article(description: string): string {
  return /^(?:the|its) /.test(description) ? description : `the ${description}`;
}
