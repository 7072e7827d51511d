import type { IngestionApiKey } from '../../api/model.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import type { JsonValue } from '../../json.ts';

/** The exit codes every verb can end in that talks to the server. */
export const requestExitCodes = [
  ExitCode.config,
  ExitCode.server,
  ExitCode.usage,
  ExitCode.connection,
  ExitCode.file,
  ExitCode.delivery,
  ExitCode.notFound,
  ExitCode.unsupported,
] as const;

/** A key as JSON shows it: members the server left out stay out, a secret stays out unless it is asked for. */
export function keyDocument(key: IngestionApiKey, apiKey?: string): Record<string, JsonValue> {
  return {
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(key.description === undefined ? {} : { description: key.description }),
    ...(key.expiration === undefined ? {} : { expiration: key.expiration }),
    id: key.id,
    lastUpdateTimestamp: key.lastUpdateTimestamp,
    name: key.name,
  };
}

/** `--name` as a parser for commander: a name that is empty or blank names nothing. */
export function parseName(value: string): string {
  if (value.trim() === '') throw new UsageError('--name is empty: give the key a name.');
  return value;
}
