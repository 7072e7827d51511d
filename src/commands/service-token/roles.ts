import { UsageError } from '../../errors.ts';

/** The role that the platform has for those that only send data. */
export const ingestRole = 'stackstate-ingest-telemetry';

/** `--roles a,b --roles c`. @throws UsageError for an empty name. */
export function parseRoles(text: string): readonly string[] {
  const roles = text.split(',').map((role) => role.trim());
  if (roles.includes('')) throw new UsageError(`--roles ${JSON.stringify(text)} has an empty name: give roles as ROLE,ROLE.`);
  return roles;
}
