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

/** The result of saving a context. */
export interface SavedContext {
  /** The config file. */
  readonly path: string;
  /** Whether the file was created. */
  readonly created: boolean;
  /** The previous context with the name. Its URL has no password, and is empty if the context had none. */
  readonly replaced?: { readonly url: string };
  /** Whether the saved context is the current one. */
  readonly isCurrent: boolean;
}

/**
 * Checks that `saveContext` can succeed, before any request is sent. Changes nothing.
 * @throws ConfigError when the file cannot be parsed or changed.
 */
export async function checkSave(disk: Disk, path: string, name: string, context: Context): Promise<void> {
  withContext(path, (await readConfig(path, disk))?.text ?? '', name, context);
  await writableTarget(disk, path);
}

/**
 * Saves a context and makes it current. Everything else in the file stays byte for byte.
 * @param path absolute path of the config file, which need not exist.
 * @throws ConfigError when the file cannot be parsed, changed or written; the file is then unchanged. ConfigUnsyncedError as
 * `changeConfigFile`.
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

/** Sets the current context. @throws NotFoundError when there is no such context; ConfigError as `saveContext`. */
export async function setCurrentContext(access: ConfigAccess, path: string, name: string): Promise<void> {
  await changeConfigFile(access, path, (text) => withCurrent(path, text, name));
}

/**
 * Deletes a context. The current one can be deleted only if it is the last.
 * @returns whether it was the current one. Then there is no current context any more.
 * @throws NotFoundError when there is no such context; UsageError when it is the current one and others exist; ConfigError as
 * `saveContext`.
 */
export async function deleteContext(access: ConfigAccess, path: string, name: string): Promise<{ readonly wasCurrent: boolean }> {
  const { before } = await changeConfigFile(access, path, (text) => withoutContext(path, text, name));
  return { wasCurrent: parseConfig(path, before ?? '').currentContext === name };
}

/**
 * Replaces the token of a context by a new one of the same kind, whole or not at all.
 * @param oldValue the token that must still be stored at the moment of the change.
 * @throws NotFoundError when there is no such context; ConfigError when it now holds another token, or as `saveContext`; the file is then
 * unchanged. ConfigUnsyncedError when the new token was written but a power cut may undo that.
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
 * The token that a context holds; undefined if it holds none.
 * @throws NotFoundError when there is no such context; ConfigError when the file cannot be read, or the token is invalid.
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
