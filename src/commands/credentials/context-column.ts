import type { CredentialNoun } from '../nouns.ts';
import type { Placed } from './all-contexts.ts';

/** The noun with the column CONTEXT in front. */
export function withContexts(noun: CredentialNoun, placed: readonly Placed[]): CredentialNoun {
  const contexts = new Map(placed.map(({ context, credential }) => [credential, context]));
  return { ...noun, columns: [{ title: 'CONTEXT', cell: (credential) => contexts.get(credential) ?? '' }, ...noun.columns] };
}
