const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const FRAME_MS = 80;

/**
 * Shows that work is going on, once it takes longer than 300 ms, and leaves the line clean.
 * @param status writes over the terminal's last line; '' takes it away.
 * @param label what is being done.
 */
export async function withSpinner<T>(
  status: (line: string) => Promise<unknown>,
  label: string,
  work: () => Promise<T>,
  delayMs = 300,
): Promise<T> {
  let frame = 0;
  let ticking: NodeJS.Timeout | undefined;
  const draw = () => void status(`${FRAMES[frame++ % FRAMES.length]} ${label}`);
  const waiting = setTimeout(() => {
    draw();
    ticking = setInterval(draw, FRAME_MS);
  }, delayMs);
  try {
    return await work();
  } finally {
    clearTimeout(waiting);
    clearInterval(ticking);
    if (ticking !== undefined) await status('');
  }
}
