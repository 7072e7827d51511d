import { ConfigError } from '../errors.ts';
import { withoutUserInfo } from './table.ts';

/** The parts of the base URL of StackState. */
export interface BaseUrl {
  /** Without trailing slash, user name and password, so it may be shown. */
  readonly url: string;
  /** `user:password` for HTTP Basic, decoded. Never shown. */
  readonly basicAuth?: string;
  /** The complete URL with user name and password, only for the config file. */
  readonly complete: string;
}

/**
 * Reads the base URL of StackState.
 * @param from the source of the value, for the message. The value itself is never shown, because it may hold a password.
 * @throws ConfigError when it is not an http or https URL, or has a query or a fragment.
 */
export function parseUrl(text: string, from: string): BaseUrl {
  const trimmed = text.trim();
  const refuse = (reason: string, hint = 'It looks like https://stackstate.example.com') =>
    new ConfigError(`The URL given by ${from} ${reason}.`, { hints: [hint] });
  if (!/^https?:\/\//i.test(trimmed)) throw refuse('must start with https:// or http://');
  // URL parsers drop line breaks in a URL silently. Here they are reported as a mistake.
  if (/[\p{Cc}\s\\]/u.test(trimmed)) throw refuse('contains a space, a backslash or a control character');
  if (/^https?:\/\/[^/?#]*[/?#].*@/i.test(trimmed)) {
    throw refuse('has an @ after its host', 'In a user name or password write / as %2F, ? as %3F, # as %23 and @ as %40.');
  }
  if (!URL.canParse(trimmed)) throw refuse('is not a valid URL');
  const url = new URL(trimmed);
  if (trimmed.includes('?')) throw refuse('must not contain a query (?...)');
  if (trimmed.includes('#')) throw refuse('must not contain a fragment (#...)');
  const complete = url.href.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/]*@/i.test(trimmed)) return { url: complete, complete };
  return { url: withoutUserInfo(complete), basicAuth: basicAuthOf(url, refuse), complete };
}

function basicAuthOf({ username, password }: URL, refuse: (reason: string, hint?: string) => ConfigError): string {
  if (username === '' && password === '') {
    throw refuse('has an @ without a user name', 'Write user name and password before the @, or leave out the @.');
  }
  let [user, secret] = ['', ''];
  try {
    [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
  } catch {
    throw refuse('has a user name or password with a % that does not encode a character', 'Write % as %25 there.');
  }
  if (user.includes(':')) throw refuse('has a colon in its user name, which HTTP Basic cannot send');
  if (/\p{Cc}/u.test(user + secret)) throw refuse('has a control character in its user name or password');
  return `${user}:${secret}`;
}

/** A hint for a URL that ends in the API path, which would then occur twice; undefined for other URLs. */
export function doubledApiPath(url: string, apiPath: string): string | undefined {
  if (apiPath === '' || !new URL(url).pathname.endsWith(apiPath)) return undefined;
  return `The URL ends in ${apiPath}, and ${apiPath} is added to it. If the server is not found there, drop ${apiPath}: --url ${url.slice(0, -apiPath.length)}`;
}
