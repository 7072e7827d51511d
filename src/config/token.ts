import { ConfigError, FileReadError } from '../errors.ts';
import { systemCode } from '../system.ts';
import { reasonOf } from './file.ts';
import type { Found, Layer } from './layers.ts';
import type { Token, TokenKind } from './model.ts';
import { namesWith, SETTINGS, type TokenMember } from './table.ts';

const MEMBERS: readonly TokenMember[] = namesWith('token');

/** Where Kubernetes puts a pod's own token. */
export const POD_TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount/token';

// No token or certificate bundle comes near this; a mistaken path must not fill the memory.
const FILE_LIMIT = 4 * 1024 * 1024;
const READ_SIZE = 64 * 1024;

export interface FoundToken {
  readonly token: Token;
  readonly source: string;
  /** Absolute path of the file the token was read from. */
  readonly path?: string;
}

export interface TokenInput {
  resolvePath(path: string): string;
  /** Text for a token given as `-`. */
  readStdin(): Promise<string>;
}

/**
 * The token of the first level that has one; lower levels do not count then, whatever kind they hold.
 * @throws ConfigError when a level has two, or the token has characters no token has. It is never shown.
 * @throws FileReadError when `k8s-sa-token-path` cannot be read.
 */
export async function findToken(layers: readonly Layer[], input: TokenInput): Promise<FoundToken | undefined> {
  for (const layer of layers) {
    const given = MEMBERS.flatMap((member) => {
      const found = layer.find(member);
      return found === undefined ? [] : [{ member, found }];
    });
    const [first, second] = given;
    if (first === undefined) continue;
    if (second !== undefined) {
      throw new ConfigError(`Two tokens are given at once: ${first.found.label} and ${second.found.label}.`, {
        hints: ['Exactly one token is used: leave one of them out.'],
      });
    }
    return readToken(first.member, first.found, layer, input);
  }
  return undefined;
}

/** Whether a level has a token at all, without reading it. */
export function hasToken(layer: Layer): boolean {
  return MEMBERS.some((member) => layer.find(member) !== undefined);
}

/**
 * The pod's own token; undefined where none is mounted.
 * @throws FileReadError when one is there and cannot be read.
 */
export async function podToken(path: string): Promise<FoundToken | undefined> {
  try {
    const text = await readSmallFile(path, "The file of the pod's own token");
    return { token: cleanToken('k8s-sa-token', text, path), source: `cluster ${path}` };
  } catch (error) {
    if (error instanceof FileReadError && ['ENOENT', 'ENOTDIR'].includes(systemCode(error.cause) ?? '')) return undefined;
    throw error;
  }
}

/**
 * @param from what gave it, for the message.
 * @throws ConfigError when it is empty or has control or non-ASCII characters.
 */
export function cleanToken(kind: TokenKind, text: string, from: string): Token {
  const value = text.trim();
  if (value === '') throw new ConfigError(`The token given by ${from} is empty.`, { hints: ['Give a token, or leave it out.'] });
  if (!/^[\x20-\x7e]+$/.test(value)) {
    throw new ConfigError(`The token given by ${from} contains a control or non-ASCII character, so it is no token.`, {
      hints: ['Copy it again from StackState; it is one line of plain characters.'],
    });
  }
  return { kind, value };
}

/**
 * A file named by the user, as text.
 * @param path absolute.
 * @throws FileReadError when it cannot be read or is absurdly large.
 */
export async function readSmallFile(path: string, label = 'The token file'): Promise<string> {
  const refuse = (reason: string, cause?: unknown) =>
    new FileReadError(`${label} ${path} cannot be read: ${reason}.`, { hints: ['Check the path and its permissions.'], cause });
  try {
    const { open } = await import('node:fs/promises');
    const handle = await open(path, 'r');
    try {
      const chunks: Buffer[] = [];
      let size = 0;
      // A process substitution is a pipe, so the size is only known by reading.
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(READ_SIZE), 0, READ_SIZE, null);
        if (bytesRead === 0) break;
        size += bytesRead;
        if (size > FILE_LIMIT) throw refuse('it is larger than 4 MiB');
        chunks.push(buffer.subarray(0, bytesRead));
      }
      return Buffer.concat(chunks).toString('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof FileReadError) throw error;
    throw refuse(systemCode(error) === 'ENOENT' ? 'there is no such file' : reasonOf(error), error);
  }
}

async function readToken(member: TokenMember, found: Found, layer: Layer, input: TokenInput): Promise<FoundToken> {
  const kind = SETTINGS[member].token;
  if (member === 'k8sSaTokenPath') {
    const path = input.resolvePath(found.text);
    return { token: cleanToken(kind, await readSmallFile(path), found.label), source: found.source, path };
  }
  const fromStdin = layer.level !== 'file' && found.text.trim() === '-';
  const text = fromStdin ? await stdinText(input, found.label) : found.text;
  return { token: cleanToken(kind, text, fromStdin ? `${found.label} - (stdin)` : found.label), source: found.source };
}

async function stdinText(input: TokenInput, label: string): Promise<string> {
  try {
    return await input.readStdin();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ConfigError(`The token for ${label} - cannot be read from stdin: there is too much of it.`, { cause });
  }
}
