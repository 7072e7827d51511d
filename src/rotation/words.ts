export { shellWord } from '../shell.ts';

/** The command that deletes a key. */
export function deleteCommand(id: bigint): string {
  return `sts ingestion-api-key delete --id ${id}`;
}
