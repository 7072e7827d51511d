import type { Context } from './model.ts';
import { type ContextMember, namesWith, SETTINGS, shownValue } from './table.ts';

/** The settings of a context, in the order they are written. */
export const CONTEXT_MEMBERS: readonly ContextMember[] = namesWith('key');

/** The keys of a context as the file spells them, in the same order. */
export const CONTEXT_KEYS: { readonly [Name in ContextMember]: (typeof SETTINGS)[Name]['key'] } = keysOf(CONTEXT_MEMBERS);

export type ContextKey = (typeof SETTINGS)[ContextMember]['key'];

/** The context as the file spells it, set members only. */
export function contextEntries(context: Partial<Context>): [ContextKey, string | boolean][] {
  return entriesOf(context).map(([member, value]) => [SETTINGS[member].key, value]);
}

/**
 * The context as it may be shown, spelled as in the file: secrets are masked, and the URL has no password.
 * @param withSecrets shows them as they are, for who asked to see them.
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
  // Every member is there, because the list of them is made from the table.
  return Object.fromEntries(members.map((member) => [member, SETTINGS[member].key])) as typeof CONTEXT_KEYS;
}
