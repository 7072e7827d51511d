import type { Context } from './model.ts';
import { type ContextMember, namesWith, SETTINGS, shownValue } from './table.ts';

/** The settings of a context, in the order in which they are written. */
export const CONTEXT_MEMBERS: readonly ContextMember[] = namesWith('key');

/** The keys of a context as the file spells them, in the same order. */
export const CONTEXT_KEYS: { readonly [Name in ContextMember]: (typeof SETTINGS)[Name]['key'] } = keysOf(CONTEXT_MEMBERS);

export type ContextKey = (typeof SETTINGS)[ContextMember]['key'];

/** The settings of a context that are set, with the keys that the file uses. */
export function contextEntries(context: Partial<Context>): [ContextKey, string | boolean][] {
  return entriesOf(context).map(([member, value]) => [SETTINGS[member].key, value]);
}

/**
 * The settings of a context in a form that may be shown, with the keys that the file uses. Secrets are masked, and the URL has no password.
 * @param withSecrets whether to show the secrets, because the user asked for them.
 */
export function shownEntries(context: Partial<Context>, withSecrets = false): [ContextKey, string | boolean][] {
  return entriesOf(context).map(([member, value]) => [
    SETTINGS[member].key,
    withSecrets || typeof value !== 'string' ? value : shownValue(member, value),
  ]);
}

function entriesOf(context: Partial<Context>): [ContextMember, string | boolean][] {
  return CONTEXT_MEMBERS.flatMap((member): [ContextMember, string | boolean][] => {
    const value = context[member];
    return value === undefined || value === '' ? [] : [[member, value]];
  });
}

function keysOf(members: readonly ContextMember[]): typeof CONTEXT_KEYS {
  // The object has every member, because the list is made from the table.
  return Object.fromEntries(members.map((member) => [member, SETTINGS[member].key])) as typeof CONTEXT_KEYS;
}
