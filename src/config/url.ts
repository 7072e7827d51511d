import { ConfigError } from '../errors.ts';
import { withoutUserInfo } from './table.ts';

/** The base URL of StackState, in its parts. */
export interface BaseUrl {
  /** Without trailing slash and without user name and password: it may be shown. */
  readonly url: string;
  /** `user:password` for HTTP Basic, decoded. Never shown. */
  readonly basicAuth?: string;
  /** All of it, for the config file alone. */
  readonly complete: string;
}

/**
 * Reads the base URL of StackState.
 * @param from what the value was given by, for the message. The value itself is never shown, it may hold a password.
 * @throws ConfigError when it is no http or https URL, or has a query or a fragment.
 */
export function parseUrl(text: string, from: string): BaseUrl {
  const trimmed = text.trim();
  const refuse = (reason: string, hint = 'It looks like https://stackstate.example.com') =>
    new ConfigError(`The URL given by ${from} ${reason}.`, { hints: [hint] });
  if (!/^https?:\/\//i.test(trimmed)) throw refuse('must start with https:// or http://');
  // Browsers drop line breaks inside a URL; a URL with them is a mistake here.
  if (/[\p{Cc}\s\\]/u.test(trimmed)) throw refuse('contains a space, a backslash or a control character');
  if (/^https?:\/\/[^/?#]*[/?#].*@/i.test(trimmed)) {
    throw refuse('has an @ after its host', 'In a user name or password write / as %2F, ? as %3F, # as %23 and @ as %40.');
  }
  if (!URL.canParse(trimmed)) throw refuse('is no valid URL');
  const url = new URL(trimmed);
  if (trimmed.includes('?')) throw refuse('must not contain a query (?...)');
  if (trimmed.includes('#')) throw refuse('must not contain a fragment (#...)');
  const complete = url.href.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/]*@/i.test(trimmed)) return { url: complete, complete };
  return { url: withoutUserInfo(complete), basicAuth: basicAuthOf(url, refuse), complete };
}

function basicAuthOf({ username, password }: URL, refuse: (reason: string, hint?: string) => ConfigError): string {
  if (username === '' && password === '') {
    throw refuse('has an @ without a user name', 'Write user and password in front of the @, or leave it out.');
  }
  let [user, secret] = ['', ''];
  try {
    [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
  } catch {
    throw refuse('has a user name or password with a % that begins no character', 'Write % as %25 there.');
  }
  if (user.includes(':')) throw refuse('has a colon in its user name, which HTTP Basic cannot send');
  if (/\p{Cc}/u.test(user + secret)) throw refuse('has a control character in its user name or password');
  return `${user}:${secret}`;
}

/** What is likely wrong with a URL that ends in the path of the API, which is added to it; undefined for others. */
export function doubledApiPath(url: string, apiPath: string): string | undefined {
  if (apiPath === '' || !new URL(url).pathname.endsWith(apiPath)) return undefined;
  return `The URL ends in ${apiPath}, and ${apiPath} is added to it. If the server is not found there, drop ${apiPath}: --url ${url.slice(0, -apiPath.length)}`;
}
