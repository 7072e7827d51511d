import type { Credential } from '../../credentials/ports.ts';
import { ExitCode, NotFoundError, ServerError, type StsError, UsageError } from '../../errors.ts';
import { visible } from '../../escape.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Outcome, Session } from '../verb.ts';
import type { DeleteOptions } from './delete.ts';
import { deleteAll } from './deletion.ts';
import { type Selector, selectorOf } from './selector.ts';

/** Deletes credentials by id, or by what the list says of them. */
export async function remove(noun: CredentialNoun, options: DeleteOptions, session: Session): Promise<Outcome> {
  const { dryRun = false, yes = false, ifExists = false } = options;
  const { stdin, resolvePath } = session.world;
  const selector = selectorOf(options, noun.words);
  if (selector.by === 'id' && !dryRun)
    return deleteIds(noun, selector.ids, { ifExists, listed: selector.ids.length > 1 }, session);
  if (!dryRun && !yes && !(stdin.isTTY && session.progress.isTerminal)) {
    throw new UsageError(`Nobody can be asked whether to delete these ${noun.words.short}s: this is no terminal.`, {
      hints: ['See what would be deleted with --dry-run, then delete it with --yes.'],
    });
  }
  if (selector.by !== 'name' || selector.keyFile === undefined) return deleteSelected(noun, selector, options, session);
  // From the list to the last deletion no rotation may create a key or take one back.
  const [{ whileSettled }, { guardedFile }] = await Promise.all([
    import('../../credentials/settled.ts'),
    import('./open-document.ts'),
  ]);
  const file = await guardedFile(resolvePath(selector.keyFile), session);
  return whileSettled(file, noun.words, () => deleteSelected(noun, selector, options, session));
}

async function deleteSelected(
  noun: CredentialNoun,
  selector: Selector,
  { dryRun = false, yes = false, ifExists = false }: DeleteOptions,
  session: Session,
): Promise<Outcome> {
  const { interrupt, now } = session.world;
  const api = await session.api();
  const label = `Listing ${noun.words.short}s`;
  const listing = await session.progress.waiting(label, () => noun.list(api, { signal: interrupt }));
  const { select } = await import('./selection.ts');
  const { credentials, missing, kept } = await select(noun, selector, listing, now());
  const failures = [...(ifExists ? [] : missing), ...listing.rejected.map((sentence) => new ServerError(sentence))];
  for (const one of kept) session.progress.verbose(`Kept: ${one.id} ${one.name}`);
  if (dryRun) return planned(noun, credentials, failures);
  if (credentials.length === 0) return nothing(noun, failures);
  if (!yes && !(await agreed(noun, credentials, kept, session))) return declined;
  const ids = credentials.map(({ id }) => id);
  // Somebody else may have deleted one since it was listed: what was wanted is the case.
  const outcome = await deleteIds(noun, ids, { ifExists: true, listed: true }, session);
  return { ...outcome, failures: [...(outcome.failures ?? []), ...failures] };
}

interface DeleteIdsOptions {
  readonly ifExists: boolean;
  /** Whether the document lists what is deleted, also where that is one. */
  readonly listed: boolean;
}

async function deleteIds(
  noun: CredentialNoun,
  ids: readonly bigint[],
  { ifExists, listed }: DeleteIdsOptions,
  session: Session,
): Promise<Outcome> {
  const { deleted, failures, notes } = await deleteAll(noun, { ids, ifExists }, session);
  const member = `deleted-${noun.words.command}`;
  const [first] = deleted;
  // An error alone leaves stdout empty.
  const data =
    first === undefined && failures.length > 0
      ? {}
      : first !== undefined && !listed
        ? { [member]: first }
        : { [`${member}s`]: deleted };
  return {
    data,
    text: ({ success }) => deleted.map((id) => success(noun.deleted(id))),
    failures,
    notes,
  };
}

function planned(noun: CredentialNoun, credentials: readonly Credential[], failures: readonly StsError[]): Outcome {
  const lines = credentials.map(({ id, name }) => `${noun.title} would be deleted: ${id} ${visible(name)}\n`);
  if (lines.length === 0) return nothing(noun, failures, 'would-delete');
  return {
    data: { [`would-delete-${noun.words.command}s`]: credentials.map((one) => noun.document(one)) },
    text: () => lines,
    failures,
  };
}

/** There is nothing to delete. Where something that was named is missing, that says it all. */
function nothing({ words, plural }: CredentialNoun, failures: readonly StsError[], did = 'deleted'): Outcome {
  if (failures.some((failure) => failure instanceof NotFoundError)) return { data: {}, text: () => '', failures };
  return { data: { [`${did}-${words.command}s`]: [] }, text: () => `No ${plural} to delete.\n`, failures };
}

/** The answer no is a decision, not an error. */
const declined: Outcome = { data: {}, text: () => '', notes: ['Nothing was deleted.'], exitCode: ExitCode.usage };

/** Shows what is about to be deleted, and asks. */
async function agreed(
  noun: CredentialNoun,
  credentials: readonly Credential[],
  kept: readonly Credential[],
  session: Session,
): Promise<boolean> {
  const { world, progress } = session;
  const { credentialTable } = await import('./table.ts');
  const table = await credentialTable(noun, credentials, { now: world.now(), color: false, width: world.stderr.columns });
  for (const block of table) for (const line of block.split('\n')) if (line !== '') await progress.note(line);
  for (const one of kept) await progress.note(`Kept is the newest: ${one.id} ${one.name}`);
  const { short } = noun.words;
  const what = credentials.length === 1 ? `this ${short}` : `these ${credentials.length} ${short}s`;
  const { url } = await session.settings();
  return progress.confirm(`Delete ${what} on ${url}?`, ['Delete without a question: --yes']);
}
