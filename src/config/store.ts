import type { Disk } from '../platform/disk.ts';
import { withContext, withCurrent, withoutContext, withToken } from './change.ts';
import { unknownContext } from './contexts.ts';
import { openConfigFile, readConfig } from './file.ts';
import type { Context, Token } from './model.ts';
import { parseConfig } from './parse.ts';
import { type ConfigAccess, changeConfigFile, writableTarget } from './replace.ts';
import { withoutUserInfo } from './table.ts';
import { cleanToken } from './token.ts';

export type { ConfigAccess } from './replace.ts';

/** What saving a context did. */
export interface SavedContext {
  /** The config file. */
  readonly path: string;
  /** Whether the file was made by it. */
  readonly created: boolean;
  /** The context of that name that was there before; its URL may be shown, and is empty where it had none. */
  readonly replaced?: { readonly url: string };
  /** Whether commands use it from now on. */
  readonly isCurrent: boolean;
}

/**
 * Refuses what `saveContext` would refuse, before anything is asked of a server; changes nothing.
 * @throws ConfigError when the file cannot be parsed or changed.
 */
export async function checkSave(disk: Disk, path: string, name: string, context: Context): Promise<void> {
  withContext(path, (await readConfig(path, disk))?.text ?? '', name, context);
  await writableTarget(disk, path);
}

/**
 * Saves a context and makes it current; everything else in the file stays as it is, byte for byte.
 * @param path absolute path of the config file, which need not exist.
 * @throws ConfigError when the file cannot be parsed, changed or written; it is untouched then. As `changeConfigFile`.
 */
export async function saveContext(access: ConfigAccess, path: string, name: string, context: Context): Promise<SavedContext> {
  const { before, after } = await changeConfigFile(access, path, (text) => withContext(path, text, name, context));
  const replaced = parseConfig(path, before ?? '').contexts.find((candidate) => candidate.name === name);
  return {
    path,
    created: before === undefined,
    ...(replaced === undefined ? {} : { replaced: { url: withoutUserInfo(replaced.context.url) } }),
    isCurrent: parseConfig(path, after).currentContext === name,
  };
}

/** Makes another context current. @throws NotFoundError when there is no such context; ConfigError as `saveContext`. */
export async function setCurrentContext(access: ConfigAccess, path: string, name: string): Promise<void> {
  await changeConfigFile(access, path, (text) => withCurrent(path, text, name));
}

/**
 * Deletes a context. The last one may be the current one.
 * @returns whether it was: there is no current context then.
 * @throws NotFoundError when there is no such context, UsageError for the current one of several; ConfigError as `saveContext`.
 */
export async function deleteContext(access: ConfigAccess, path: string, name: string): Promise<{ readonly wasCurrent: boolean }> {
  const { before } = await changeConfigFile(access, path, (text) => withoutContext(path, text, name));
  return { wasCurrent: parseConfig(path, before ?? '').currentContext === name };
}

/**
 * Replaces the token of a context by a newer one of the same kind, whole or not at all.
 * @param oldValue what must be stored there until the very moment of the change.
 * @throws NotFoundError when there is no such context; ConfigError when it holds another token by now, or as `saveContext`: the old
 * token then still stands there. ConfigUnsyncedError when the new one stands there, and may be lost in a power cut.
 */
export async function replaceToken(
  access: ConfigAccess,
  path: string,
  name: string,
  oldValue: string,
  newValue: string,
): Promise<void> {
  await changeConfigFile(access, path, (text) => withToken(path, text, name, oldValue, newValue));
}

/**
 * The token that a context holds; undefined where it holds none.
 * @throws NotFoundError when there is no such context; ConfigError when the file cannot be read, or the token is none.
 */
export async function tokenOf(disk: Disk, path: string, name: string): Promise<Token | undefined> {
  const { contexts } = await openConfigFile(path, disk);
  const context = contexts.find((candidate) => candidate.name === name)?.context;
  if (context === undefined) {
    throw unknownContext(
      name,
      contexts.map((candidate) => candidate.name),
      path,
    );
  }
  const kinds = [
    ['api-token', context.apiToken],
    ['service-token', context.serviceToken],
    ['k8s-sa-token', context.k8sSaToken],
  ] as const;
  const [kind, value] = kinds.find(([, text]) => text !== undefined) ?? [];
  return kind === undefined || value === undefined
    ? undefined
    : cleanToken(kind, value, `the context ${JSON.stringify(name)} in ${path}`);
}
