import type { Credential } from '../../credentials/ports.ts';
import { ConfigError, ServerError, StsError } from '../../errors.ts';
import { compareBytes } from '../../ids.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Session } from '../verb.ts';
import type { Clocks } from './clocks.ts';
import { gravestFirst } from './gravity.ts';
import { listingOf } from './listing.ts';
import { mostAtOnce } from './most-at-once.ts';
import { namedProgress } from './named-progress.ts';
import { pool } from './pool.ts';

/** A credential and the context whose server has it. */
export interface Placed {
  readonly context: string;
  readonly credential: Credential;
  /** The time by the clock of that server, in milliseconds since the epoch. */
  readonly now: number;
}

export interface AllListings {
  readonly placed: readonly Placed[];
  /** Names of all contexts, and whether their server was reached. */
  readonly contexts: readonly { readonly name: string; readonly isUp: boolean }[];
  /** One for each context that failed, the gravest first. */
  readonly failures: readonly StsError[];
  readonly warnings: readonly string[];
}

/**
 * Asks the servers of all contexts of the config file at once. One that fails does not keep the others from being shown.
 * @param filterOf which credentials are wanted, by the clocks of their server.
 * @throws ConfigError when there are no contexts; UsageError when a flag names one server.
 */
export async function listEverywhere(
  noun: CredentialNoun,
  session: Session,
  filterOf: (clocks: Clocks) => (credential: Credential) => boolean,
): Promise<AllListings> {
  const [{ openToRead }, { forAllContexts }] = await Promise.all([
    import('../../config/select.ts'),
    import('../../config/environment.ts'),
  ]);
  const ignored = forAllContexts({ globals: session.globals, env: session.world.env });
  const { contexts, path } = await openToRead(await session.configPath(), session.globals, await session.world.disk());
  if (contexts.length === 0) {
    throw new ConfigError(`The config file ${path} has no contexts.`, {
      hints: ['Save one: sts context save --name NAME --url URL --service-token -'],
    });
  }
  const failures: StsError[] = [];
  const warnings: string[] = ignored === undefined ? [] : [ignored];
  const board = await session.progress.board();
  let asked = 0;
  const summarize = () => board?.summary(`${asked} of ${contexts.length} servers asked, ${failures.length} failed`);
  summarize();
  const one = async ({ name }: { readonly name: string }) => {
    const row = board?.begin(name);
    const own = session.fork(name);
    const progress = namedProgress(own.progress, name, row);
    try {
      const { credentials, rejected, clocks } = await listingOf(noun, { ...own, progress });
      for (const sentence of rejected) failures.push(new ServerError(`${name}: ${sentence}`));
      if (clocks.warning !== undefined) warnings.push(`${name}: ${clocks.warning}`);
      return { name, isUp: true, now: clocks.now, credentials: credentials.filter(filterOf(clocks)) };
    } catch (error) {
      if (!(error instanceof StsError)) throw error;
      failures.push(new StsError(error.exitCode, `${name}: ${error.message}`, { hints: error.hints, cause: error }));
      return { name, isUp: false, now: 0, credentials: [] };
    } finally {
      asked += 1;
      row?.end();
      summarize();
      await own.close();
    }
  };
  const found = await pool(contexts, mostAtOnce, one).finally(() => board?.close());
  const placed = found.flatMap(({ name, now, credentials }) =>
    credentials.map((credential) => ({ context: name, credential, now })),
  );
  placed.sort((a, b) => compareBytes(a.context, b.context) || compareBytes(a.credential.name, b.credential.name));
  return { placed, contexts: found, failures: gravestFirst(failures), warnings };
}
