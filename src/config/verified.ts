import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../errors.ts';
import { CONTEXT_KEYS } from './keys.ts';
import { UnchangeableError } from './nodes.ts';
import { parseConfig } from './parse.ts';
import { parseYaml } from './yaml.ts';

/** The data of a config file, including keys that this program does not know. */
export type Data = Readonly<Record<string, unknown>>;

/**
 * Changes the text of a config file and reads the result back. The result must contain the intended change, and everything else as before.
 * @param meant makes the intended data from the present data.
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
        'It uses YAML features such as anchors, merge keys or explicit keys. Edit the file by hand, or use another one with --config PATH.',
      ],
    },
  );
}

/** The list of contexts in the data. */
export function entriesIn(data: Data): readonly Data[] {
  const list = data['contexts'];
  return Array.isArray(list) ? list.map(recordOf) : [];
}

export function recordOf(value: unknown): Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The keys that are not settings of a context. */
export function withoutSettings(data: Data): Data {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !isSetting(key)));
}

/** Only the keys that are settings of a context. */
export function settingsIn(data: Data): Data {
  return Object.fromEntries(Object.entries(data).filter(([key]) => isSetting(key)));
}

function isSetting(key: string): boolean {
  return Object.values<string>(CONTEXT_KEYS).includes(key);
}

/** Makes data comparable: prototypes do not matter. */
function plain(data: Data): unknown {
  return JSON.parse(JSON.stringify(data));
}
