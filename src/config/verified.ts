import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../errors.ts';
import { CONTEXT_KEYS } from './keys.ts';
import { UnchangeableError } from './nodes.ts';
import { parseConfig } from './parse.ts';
import { parseYaml } from './yaml.ts';

/** What a config file says, with the keys it has beside ours. */
export type Data = Readonly<Record<string, unknown>>;

/**
 * Makes a change to the text of a config file and reads the result back: it must say what was meant, and everything else as before.
 * @param meant what the file is to say, made of what it says now.
 * @throws ConfigError when the change cannot be made without touching anything else.
 */
export function verified(path: string, source: string, change: (text: string) => string, meant: (data: Data) => Data): string {
  const expected = meant(parseYaml(path, source).data);
  try {
    const text = change(source);
    parseConfig(path, text);
    if (isDeepStrictEqual(plain(parseYaml(path, text).data), plain(expected))) return text;
  } catch (error) {
    if (!(error instanceof UnchangeableError || error instanceof ConfigError)) throw error;
  }
  throw new ConfigError(
    `The config file ${path} cannot be changed without touching more than this context; nothing was written.`,
    {
      hints: [
        'It uses YAML features such as anchors, merge keys or explicit keys. Edit it by hand, or use another one with --config PATH.',
      ],
    },
  );
}

/** The list of contexts as the file has it. */
export function entriesIn(data: Data): readonly Data[] {
  const list = data['contexts'];
  return Array.isArray(list) ? list.map(recordOf) : [];
}

export function recordOf(value: unknown): Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** What is not one of the settings of a context. */
export function withoutSettings(data: Data): Data {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !isSetting(key)));
}

/** The settings of a context alone. */
export function settingsIn(data: Data): Data {
  return Object.fromEntries(Object.entries(data).filter(([key]) => isSetting(key)));
}

function isSetting(key: string): boolean {
  return Object.values<string>(CONTEXT_KEYS).includes(key);
}

/** Prototypes and the order of keys do not matter. */
function plain(data: Data): unknown {
  return JSON.parse(JSON.stringify(data));
}
