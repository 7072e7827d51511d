import { changeExitCodes } from '../exit-codes.ts';
import { type Outcome, type Session, verb } from '../verb.ts';
import { configAccess, demandedContext, nameFlag, readConfig } from './shared.ts';

export interface SetOptions {
  /** Absent where `--name` was not given; `--context` names it then. */
  readonly name?: string;
}

export const setVerb = verb<SetOptions>({
  name: 'set',
  summary: 'Make a context the current one',
  flags: { name: nameFlag('name of the context (required, unless --context names it)') },
  examples: `  # use the context prod from now on
  sts context set --name prod`,
  exitCodes: changeExitCodes,
  run: setContext,
});

/** Makes a context the current one. @throws UsageError when none is named, NotFoundError when there is no such context. */
async function setContext(options: SetOptions, session: Session): Promise<Outcome> {
  const { globals, world } = session;
  const name = demandedContext(options.name, globals);
  const { setCurrentContext } = await import('../../config/store.ts');
  const { path } = await readConfig(session);
  // From here on a signal waits until the file is written, unless another sts keeps its lock.
  world.interrupt.throwIfAborted();
  await setCurrentContext(await configAccess(session), path, name);
  return { data: { 'current-context': name }, text: ({ success }) => success(`Current context set to ${name}`) };
}
