import { Command } from 'commander';
import type { IngestionApiKey } from '../../api/model.ts';
import { describeVerb } from '../../cli/help.ts';
import type { Dispatch } from '../../cli/program.ts';
import type { Session } from '../../cli/session.ts';
import { ExitCode, NotFoundError, ServerError, UsageError } from '../../errors.ts';
import { visible } from '../../escape.ts';
import { parseId } from '../../ids.ts';
import { type Selector, type SelectorOptions, selectorOf } from './selector.ts';
import { heldToItsEnd, keyDocument, lossOfDeletion, parseKeyFile, parseName, requestExitCodes } from './shared.ts';

export interface DeleteOptions extends SelectorOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly ifExists?: boolean;
}

const examples = `  # delete the key with this id; 'sts ingestion-api-key list' shows the ids
  sts ingestion-api-key delete --id 250558013078953

  # all keys of a name but the newest, as a rotation leaves them
  sts ingestion-api-key delete --name ci --superseded --key-file ./ingestion.key --yes

  # see what would be deleted
  sts ingestion-api-key delete --expired --dry-run`;

export function deleteCommand(dispatch: Dispatch): Command {
  const command = new Command('delete')
    .description('Delete an Ingestion Api Key')
    .option('-i, --id <id>', 'id of the key; repeatable', (value: string, before: bigint[] = []) => [...before, parseId(value)])
    .option('-n, --name <name>', 'delete every key of exactly this name', (value: string) => parseName(value))
    .option('--superseded', 'with --name: keep the newest key of the name')
    .option(
      '--key-file <path>',
      'with --superseded: delete nothing while a rotation of this key file runs or is unfinished',
      (value: string) => parseKeyFile(value),
    )
    .option('--expired', 'delete every key that has expired')
    .option('--dry-run', 'say what would be deleted, delete nothing')
    .option('-y, --yes', 'do not ask; needed for --name and --expired off a terminal')
    .option('--if-exists', 'a key that is not there is no failure')
    .action((options: DeleteOptions) => dispatch(command, (session) => runDelete(options, session)));
  return describeVerb(command, { examples, exitCodes: [...requestExitCodes, ExitCode.unknownOutcome] });
}

/**
 * Deletes keys by id, or by what is known of them: `DELETE /security/ingestion/api_keys/{id}`, after
 * `GET /security/ingestion/api_keys` where the ids have to be found first.
 * @throws UsageError for flags that do not go together, or for a selection that nobody confirms; NotFoundError for a missing key.
 */
export async function runDelete(options: DeleteOptions, session: Session): Promise<ExitCode | undefined> {
  const { dryRun = false, yes = false, ifExists = false } = options;
  const selector = selectorOf({
    ...options,
    ...(options.keyFile === undefined ? {} : { keyFile: session.runtime.resolvePath(options.keyFile) }),
  });
  if (selector.by === 'id' && !dryRun) {
    const [only] = selector.ids;
    if (selector.ids.length === 1 && only !== undefined) return deleteOne(only, ifExists, session);
    const { deleteAll } = await import('./deletion.ts');
    return deleteAll({ ids: selector.ids, ifExists }, session);
  }
  const { runtime } = session;
  if (!dryRun && !yes && !(runtime.stdin.isTTY && runtime.stderr.isTTY)) {
    throw new UsageError('Nobody can be asked whether to delete these keys: this is no terminal.', {
      hints: ['See what would be deleted with --dry-run, then delete it with --yes.'],
    });
  }
  if (selector.by !== 'name' || selector.keyFile === undefined) return deleteSelected(selector, options, session);
  // From the list to the last deletion no rotation may make or take back a key.
  const { exclusively } = await import('../../rotation/exclusive.ts');
  return exclusively(selector.keyFile, () => deleteSelected(selector, options, session));
}

async function deleteSelected(selector: Selector, options: DeleteOptions, session: Session): Promise<ExitCode | undefined> {
  const { dryRun = false, yes = false, ifExists = false } = options;
  const { runtime, printer } = session;
  const api = await session.api();
  const listing = await session.waiting('Listing keys', () => api.listKeys({ signal: runtime.interrupt }));
  const { selectKeys } = await import('./selection.ts');
  const { keys, missing } = await selectKeys(selector, listing, runtime.now());
  for (const sentence of listing.rejected) await printer.warn(sentence);
  // Under JSON stderr takes one document, the error's, and what was done stands on stdout before.
  const finish = (code: ExitCode | undefined): ExitCode | undefined => {
    if (code !== undefined || listing.rejected.length === 0) return code;
    if (printer.output === 'json') throw new ServerError('Rows of the list make no sense and were not looked at.');
    return ExitCode.server;
  };
  const failures = ifExists ? [] : missing;
  if (dryRun) return finish(await showPlan(keys, failures, session));
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  if (keys.length === 0) {
    await printer.result({ text: 'No ingestion api keys to delete.\n', json: { 'deleted-ingestion-api-keys': [] } });
    return finish(undefined);
  }
  if (!yes) await confirm(keys, session);
  const { deleteAll } = await import('./deletion.ts');
  // Somebody else may have deleted a key since it was listed: what was wanted is the case.
  return finish(await deleteAll({ ids: keys.map((key) => key.id), ifExists: true }, session));
}

async function deleteOne(id: bigint, ifExists: boolean, session: Session): Promise<undefined> {
  const { runtime, printer } = session;
  const api = await session.api();
  try {
    await heldToItsEnd(session, 'Deleting the key', lossOfDeletion, () => api.deleteKey(id, { signal: runtime.interrupt }));
  } catch (error) {
    if (!ifExists || !(error instanceof NotFoundError)) throw error;
    await printer.note(`There is no ingestion API key with the id ${id}: nothing to delete.`);
    if (printer.output === 'json') await printer.result({ text: '', json: { 'deleted-ingestion-api-keys': [] } });
    return undefined;
  }
  await printer.result({ text: printer.success(`Ingestion Api Key deleted: ${id}`), json: { 'deleted-ingestion-api-key': id } });
  return undefined;
}

async function showPlan(
  keys: readonly IngestionApiKey[],
  failures: readonly NotFoundError[],
  { printer }: Session,
): Promise<undefined> {
  const [failure] = failures;
  if (keys.length > 0 || failure === undefined) {
    const lines = keys.map((key) => `Ingestion Api Key would be deleted: ${key.id} ${visible(key.name)}\n`);
    await printer.result({
      text: lines.length === 0 ? 'No ingestion api keys to delete.\n' : lines,
      json: { 'would-delete-ingestion-api-keys': keys.map((key) => keyDocument(key)) },
    });
  }
  if (failure === undefined) return undefined;
  throw new NotFoundError(failures.map((error) => error.message).join('\n'), { hints: failure.hints });
}

/** Shows on stderr what is about to be deleted and asks. @throws UsageError unless the answer is yes. */
async function confirm(keys: readonly IngestionApiKey[], { runtime, printer }: Session): Promise<void> {
  const { keyTable } = await import('./key-table.ts');
  const table = [...(await keyTable(keys, { now: runtime.now(), color: false, width: runtime.stderr.columns }))].join('');
  for (const line of table.split('\n').slice(0, -1)) await printer.note(line);
  const what = keys.length === 1 ? 'this key' : `these ${keys.length} keys`;
  const answer = await runtime.stdin.ask(`Delete ${what}? [y/N] `);
  if (/^\s*y(es)?\s*$/i.test(answer)) return;
  throw new UsageError('Not confirmed: nothing was deleted.');
}
