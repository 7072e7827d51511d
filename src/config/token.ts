import { ConfigError, FileReadError } from '../errors.ts';
import type { Disk } from '../platform/disk.ts';
import { systemCode } from '../system.ts';
import type { Found, Layer } from './layers.ts';
import type { Token, TokenKind } from './model.ts';
import { readNamedFile } from './read.ts';
import { namesWith, SETTINGS, type TokenMember } from './table.ts';

/** The settings that give a token. */
const TOKEN_MEMBERS: readonly TokenMember[] = namesWith('token');

/** The path at which Kubernetes mounts a pod's own token. */
export const POD_TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount/token';

export interface FoundToken {
  readonly token: Token;
  readonly source: string;
}

export interface TokenInput {
  disk(): Promise<Disk>;
  resolvePath(path: string): string;
  /** Reads the token from stdin, if it is given as `-`. */
  readStdin(): Promise<string>;
}

/**
 * Finds the token of the first level that has one. Lower levels are then ignored, whatever kind of token they hold.
 * @throws ConfigError when a level has two tokens, or the token has characters that no token has. The message never shows the token.
 * @throws FileReadError when `k8s-sa-token-path` cannot be read.
 */
export async function findToken(layers: readonly Layer[], input: TokenInput): Promise<FoundToken | undefined> {
  for (const layer of layers) {
    const given = TOKEN_MEMBERS.flatMap((member) => {
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

/** Whether a level has a token. The token is not read. */
export function hasToken(layer: Layer): boolean {
  return TOKEN_MEMBERS.some((member) => layer.find(member) !== undefined);
}

/**
 * Reads the pod's own token; undefined if none is mounted.
 * @throws FileReadError when the token is mounted but cannot be read.
 */
export async function podToken(path: string, disk: Disk): Promise<FoundToken | undefined> {
  try {
    const text = await readNamedFile(disk, path, "The file of the pod's own token");
    return { token: cleanToken('k8s-sa-token', text, path), source: `cluster ${path}` };
  } catch (error) {
    if (error instanceof FileReadError && ['ENOENT', 'ENOTDIR'].includes(systemCode(error.cause) ?? '')) return undefined;
    throw error;
  }
}

/**
 * @param from the source of the token, for the message.
 * @throws ConfigError when the token is empty or has control or non-ASCII characters.
 */
export function cleanToken(kind: TokenKind, text: string, from: string): Token {
  const value = text.trim();
  if (value === '') throw new ConfigError(`The token given by ${from} is empty.`, { hints: ['Give a token, or leave it out.'] });
  if (!/^[\x20-\x7e]+$/.test(value)) {
    throw new ConfigError(`The token given by ${from} contains a control or non-ASCII character, so it cannot be a token.`, {
      hints: ['Copy it from StackState again. A token is one line of plain characters.'],
    });
  }
  return { kind, value };
}

async function readToken(member: TokenMember, found: Found, layer: Layer, input: TokenInput): Promise<FoundToken> {
  const kind = SETTINGS[member].token;
  if (member === 'k8sSaTokenPath') {
    const path = input.resolvePath(found.text);
    const text = await readNamedFile(await input.disk(), path, 'The token file');
    return { token: cleanToken(kind, text, found.label), source: found.source };
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
    throw new ConfigError(`The token for ${label} - cannot be read from stdin: the input is too long.`, { cause });
  }
}
