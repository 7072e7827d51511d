import { isAbsolute, join } from 'node:path';
import { ConfigError } from '../errors.ts';
import { type Disk, type FileFacts, NotRegularError } from '../platform/disk.ts';
import { reasonOf } from '../reason.ts';
import { systemCode } from '../system.ts';
import type { ParsedConfig } from './parse.ts';

/** A config file as read: its contexts, the current one, and the line of each setting. */
export interface ConfigFile extends ParsedConfig {
  readonly path: string;
  /** False if the file does not exist. It then has no contexts. */
  readonly exists: boolean;
}

// The largest config file, in bytes. A config file has a few kilobytes; the limit keeps a wrong path from filling the memory.
const limit = 16 * 1024 * 1024;

/**
 * Reads a config file. A missing file is an empty one.
 * @param path absolute path.
 * @throws ConfigError when the file cannot be read, parsed (with line and column) or has entries that are not contexts.
 */
export async function openConfigFile(path: string, disk: Disk): Promise<ConfigFile> {
  const text = (await readConfig(path, disk))?.text;
  if (text === undefined) return { contexts: [], flat: false, lineOf: () => undefined, path, exists: false };
  // Loading the YAML parser takes time, and a program that is configured by its environment has no file.
  const { parseConfig } = await import('./parse.ts');
  return { ...parseConfig(path, text), path, exists: true };
}

/**
 * The default path of the config file: `$XDG_CONFIG_HOME/stackstate-cli/config.yaml`, else under `~/.config`.
 * @throws ConfigError when neither XDG_CONFIG_HOME nor the home folder is an absolute path. A relative path would put tokens into the
 * current folder.
 */
export function defaultConfigPath(env: Readonly<Record<string, string | undefined>>, home: string | undefined): string {
  const xdg = env['XDG_CONFIG_HOME'];
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'stackstate-cli', 'config.yaml');
  if (home !== undefined && isAbsolute(home)) return join(home, '.config', 'stackstate-cli', 'config.yaml');
  throw new ConfigError('The config file cannot be located: no home folder is known.', {
    hints: ['Name the file with --config PATH, or set HOME or XDG_CONFIG_HOME to an absolute path.'],
  });
}

/** The text of the config file, and the facts of the file. */
export interface ConfigContent {
  readonly text: string;
  readonly facts: FileFacts;
}

/**
 * Reads the file; undefined if it does not exist.
 * @throws ConfigError when it is not a regular file, or is unreadable, too large or not UTF-8.
 */
export async function readConfig(path: string, disk: Disk): Promise<ConfigContent | undefined> {
  try {
    const { bytes, facts } = await disk.read(path, limit);
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), facts };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    const reason = unreadable(error);
    if (reason === undefined) throw error;
    throw new ConfigError(`The config file ${path} cannot be read: ${reason}.`, { cause: error });
  }
}

/** Why a file cannot be read; undefined if the error does not concern the file. */
function unreadable(error: unknown): string | undefined {
  if (error instanceof NotRegularError) return error.kind === 'folder' ? 'it is a folder' : 'it is not a regular file';
  if (error instanceof RangeError) return 'it is larger than 16 MiB';
  if (systemCode(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is not UTF-8 text';
  return systemCode(error) === undefined ? undefined : reasonOf(error);
}
