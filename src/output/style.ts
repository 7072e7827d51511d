import type { OutputStream } from '../platform/world.ts';

export type Color = 'red' | 'yellow';

type Environment = Readonly<Record<string, string | undefined>>;

const OPEN: Readonly<Record<Color, string>> = { red: '\u001b[31m', yellow: '\u001b[33m' };
const CLOSE = '\u001b[39m';

/**
 * Whether a stream gets colours, symbols and animation: a terminal able to show them, whose user did not decline.
 * @param color false with `--no-color`, true with `--no-color=false`, which wins over the environment.
 */
export function colorEnabled(stream: Pick<OutputStream, 'isTTY'>, color: boolean | undefined, env: Environment): boolean {
  return stream.isTTY && (color ?? (!env['NO_COLOR'] && env['TERM'] !== 'dumb'));
}

export function paint(text: string, color: Color): string {
  return `${OPEN[color]}${text}${CLOSE}`;
}

/** What a line begins with that says how something went. */
export interface Marks {
  readonly success: string;
  readonly warning: string;
  readonly error: string;
}

/** @param symbols whether the stream shows symbols. */
export function marksOf(symbols: boolean): Marks {
  return symbols ? { success: '✅', warning: '⚠️', error: '❌' } : { success: '[SUCCESS]', warning: '[WARN]', error: '[ERROR]' };
}
