import { changeExitCodes } from '../exit-codes.ts';
import { type Outcome, type Session, verb } from '../verb.ts';
import { configAccess, demandedContext, nameFlag, readConfig } from './shared.ts';

export interface DeleteOptions {
  /** Absent where `--name` was not given; `--context` names it then. */
  readonly name?: string;
}

export const deleteVerb = verb<DeleteOptions>({
  name: 'delete',
  summary: 'Delete a context from the config file',
  flags: { name: nameFlag('name of the context (required, unless --context names it)') },
  examples: `  # the current context cannot be deleted, so choose another first
  sts context set --name prod
  sts context delete --name test`,
  exitCodes: changeExitCodes,
  run: deleteContext,
});

/** Deletes a context. @throws UsageError when none is named, or the current one; NotFoundError when there is no such context. */
async function deleteContext(options: DeleteOptions, session: Session): Promise<Outcome> {
  const { globals, world } = session;
  const name = demandedContext(options.name, globals);
  const config = await import('../../config/store.ts');
  const { path } = await readConfig(session);
  // From here on a signal waits until the file is written, unless another sts keeps its lock.
  world.interrupt.throwIfAborted();
  await config.deleteContext(await configAccess(session), path, name);
  return { data: { 'deleted context': name }, text: ({ success }) => success(`Deleted context '${name}'`) };
}
