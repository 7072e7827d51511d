import type { Credential, NewCredential } from './ports.ts';

/** How much a server may round an expiration, in milliseconds. */
const roundingMs = 1000n;

/** Whether a listed credential has the wanted properties, as far as its row shows them. */
export function isAsWanted(row: Credential, wanted: NewCredential): boolean {
  if (row.name !== wanted.name) return false;
  // The description of a token is not compared, because some platforms do not store it.
  if (wanted.roles === undefined && (row.description ?? '') !== (wanted.description ?? '')) return false;
  if (wanted.roles !== undefined && !sameSet(row.roles ?? [], wanted.roles)) return false;
  if (wanted.dedicatedSubject !== undefined && row.dedicatedSubject !== wanted.dedicatedSubject) return false;
  if (row.expiration === undefined || wanted.expiration === undefined) return row.expiration === wanted.expiration;
  const apart = row.expiration - wanted.expiration;
  return apart > -roundingMs && apart < roundingMs;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && [...a].sort().join('\n') === [...b].sort().join('\n');
}
