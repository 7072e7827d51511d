import type { Credential } from '../../credentials/ports.ts';
import { formatDate } from '../../dates.ts';
import { ExitCode, NotFoundError, ServerError, type StsError, UsageError } from '../../errors.ts';
import { visible } from '../../escape.ts';
import { type CredentialNoun, documentOf } from '../nouns.ts';
import type { Outcome, Session } from '../verb.ts';
import type { DeleteOptions } from './delete.ts';
import { deleteAll } from './deletion.ts';
import { type FullListing, listingOf } from './listing.ts';
import type { Selection } from './selection.ts';
import { type Selector, selectorOf } from './selector.ts';
import { serverFlags } from './server-flags.ts';

/** Deletes credentials by id, or by what the list says of them. */
export async function remove(noun: CredentialNoun, options: DeleteOptions, session: Session): Promise<Outcome> {
  const { dryRun = false, yes = false, ifExists = false } = options;
  const { stdin, resolvePath } = session.world;
  const selector = selectorOf(options, noun.words);
  if (selector.by === 'id' && !dryRun) {
    if (session.progress.isTerminal) await showByIds(noun, selector.ids, session);
    return deleteIds(noun, selector.ids, { ifExists, listed: selector.ids.length > 1 }, session);
  }
  if (!dryRun && !yes && !(stdin.isTTY && session.progress.isTerminal)) {
    throw new UsageError(`Nobody can be asked whether to delete these ${noun.words.short}s: stdin or stderr is not a terminal.`, {
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
  const words = { ...noun.words, server: serverFlags(session.globals) };
  return whileSettled(file, words, () => deleteSelected(noun, selector, options, session));
}

async function deleteSelected(
  noun: CredentialNoun,
  selector: Selector,
  { dryRun = false, yes = false, ifExists = false }: DeleteOptions,
  session: Session,
): Promise<Outcome> {
  const listing = await listingOf(noun, session);
  const { select } = await import('./selection.ts');
  const selection = await select(noun, selector, listing);
  const { credentials, missing, kept } = selection;
  const failures = [...(ifExists ? [] : missing), ...listing.rejected.map((sentence) => new ServerError(sentence))];
  const { warning } = listing.clocks;
  const warnings = warning === undefined ? [] : [warning];
  if (dryRun) return { ...planned(noun, selection, failures), warnings };
  if (credentials.length === 0) return { ...nothing(noun, failures), warnings };
  if (!yes && !(await agreed(noun, selection, listing, session))) return declined;
  const ids = credentials.map(({ id }) => id);
  // Somebody else may have deleted one since it was listed: what was wanted is the case.
  const outcome = await deleteIds(noun, ids, { ifExists: true, listed: true }, session);
  return {
    ...outcome,
    ...(kept.length === 0 || Object.keys(outcome.data).length === 0
      ? {}
      : { data: { ...outcome.data, [`kept-${noun.words.command}s`]: kept.map(({ id }) => id) } }),
    warnings,
    failures: [...(outcome.failures ?? []), ...failures],
    notes: [...(outcome.notes ?? []), ...kept.map((credential) => `${noun.title} kept: ${brief(credential)}`)],
  };
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

function planned(noun: CredentialNoun, { credentials, kept }: Selection, failures: readonly StsError[]): Outcome {
  if (credentials.length === 0) return nothing(noun, failures, 'would-delete');
  const { command } = noun.words;
  return {
    data: {
      [`would-delete-${command}s`]: credentials.map(documentOf),
      ...(kept.length === 0 ? {} : { [`would-keep-${command}s`]: kept.map(documentOf) }),
    },
    text: () => [
      ...credentials.map((credential) => `${noun.title} would be deleted: ${visible(brief(credential))}\n`),
      ...kept.map((credential) => `${noun.title} would be kept: ${visible(brief(credential))}\n`),
    ],
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

/** Shows what is about to be deleted and what stays, and asks. */
async function agreed(
  noun: CredentialNoun,
  { credentials, kept }: Selection,
  { clocks }: FullListing,
  session: Session,
): Promise<boolean> {
  const { world, progress } = session;
  const { short } = noun.words;
  const { credentialTable } = await import('./table.ts');
  const view = { nowFor: () => clocks.now, color: false, width: world.stderr.columns, wide: true };
  const table = await credentialTable(noun, credentials, view);
  for (const block of table) for (const line of block.split('\n').slice(0, -1)) await progress.note(line);
  for (const credential of kept) await progress.note(`The newest ${short} of that name stays: ${brief(credential)}`);
  const what = credentials.length === 1 ? `this ${short}` : `these ${credentials.length} ${short}s`;
  return progress.confirm(`Delete ${what} on ${await serverOf(session)}?`, ['Delete without a question: --yes']);
}

/** Says what the ids stand for, before they go. Where that cannot be found out it does not keep the deletion from going on. */
async function showByIds(noun: CredentialNoun, ids: readonly bigint[], session: Session): Promise<void> {
  const server = await serverOf(session);
  const listed = await listingOf(noun, session).catch((error: unknown) => {
    if (session.world.interrupt.aborted) throw error;
  });
  for (const credential of listed?.credentials ?? []) {
    if (ids.includes(credential.id))
      await session.progress.note(`Deleting the ${noun.words.short} ${brief(credential)} on ${server}`);
  }
}

/** The server as a question or a notice names it. */
async function serverOf(session: Session): Promise<string> {
  const { url, contextName, sources } = await session.settings();
  // A context whose URL is overridden is not what is asked about.
  const isElsewhere = sources.some(({ setting, source }) => setting === 'url' && /^(?:flag|environment) /.test(source));
  return contextName === undefined || isElsewhere ? url : `${url} (context ${contextName})`;
}

/** `7 ci, expires 2027-01-31` */
function brief({ id, name, expiration }: Credential): string {
  return `${id} ${name}${expiration === undefined ? '' : `, expires ${formatDate(expiration)}`}`;
}
