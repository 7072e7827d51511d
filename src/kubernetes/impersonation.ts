import type { RequestHeaders } from '../http/connection.ts';
import type { Entry } from './entry.ts';

/**
 * The headers that impersonate another user (`as`, `as-uid`, `as-groups`, `as-user-extra`). Empty without `as`.
 * @throws ConfigError when a value cannot be sent in a header, or the other keys are set without `as`.
 */
export function impersonationHeaders(user: Entry): RequestHeaders {
  const name = user.text('as');
  const uid = user.text('as-uid');
  const groups = user.texts('as-groups');
  const extra = user.part('as-user-extra');
  const keys = Object.keys(extra?.fields ?? {});
  if (name === undefined) {
    if (uid === undefined && groups.length === 0 && keys.length === 0) return {};
    throw user.error('has as-uid, as-groups or as-user-extra without "as"');
  }
  const headers: Record<string, string | string[]> = { 'impersonate-user': checked(name, user, 'as') };
  if (uid !== undefined) headers['impersonate-uid'] = checked(uid, user, 'as-uid');
  if (groups.length > 0) headers['impersonate-group'] = groups.map((group) => checked(group, user, 'as-groups'));
  for (const key of keys) {
    const values = extra?.texts(key) ?? [];
    headers[`impersonate-extra-${headerName(key)}`] = values.map((value) => checked(value, user, 'as-user-extra'));
  }
  return headers;
}

function checked(value: string, user: Entry, key: string): string {
  if (!/^[\x20-\x7e]+$/.test(value)) throw user.error(`has a value in ${key} with a control or non-ASCII character`);
  return value;
}

/** Percent-encodes characters that a header name must not contain, as the API server expects. */
function headerName(key: string): string {
  return [...Buffer.from(key.toLowerCase())]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[a-z0-9!#$&'*+.^_`|~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
