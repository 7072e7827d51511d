import { visible } from '../escape.ts';
import type { OutputStream } from '../platform/world.ts';
import { displayWidth } from './width.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const FRAME_MS = 80;
const CLEAR_LINE = '\r\u001b[K';

/**
 * Shows on a terminal that work is going on, once it takes longer than 300 ms, and leaves the line clean.
 * @param enabled false where nothing may be animated; off a terminal nothing is ever written.
 * @param label what is being done.
 */
export async function withSpinner<T>(
  stderr: OutputStream,
  enabled: boolean,
  label: string,
  work: () => Promise<T>,
  delayMs = 300,
): Promise<T> {
  if (!enabled || !stderr.isTTY) return work();
  const text = shorten(visible(label), (stderr.columns ?? 80) - 3);
  let shown = false;
  let frame = 0;
  let ticking: NodeJS.Timeout | undefined;
  const write = (line: string) => stderr.write(line).catch(() => undefined);
  const draw = () => {
    shown = true;
    void write(`\r${FRAMES[frame++ % FRAMES.length]} ${text}`);
  };
  const waiting = setTimeout(() => {
    draw();
    ticking = setInterval(draw, FRAME_MS);
  }, delayMs);
  try {
    return await work();
  } finally {
    clearTimeout(waiting);
    clearInterval(ticking);
    if (shown) await write(CLEAR_LINE);
  }
}

/** A line that wraps could not be cleared by one carriage return. */
function shorten(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let short = '';
  for (const character of text) {
    if (displayWidth(`${short}${character}…`) > columns) break;
    short += character;
  }
  return `${short}…`;
}
