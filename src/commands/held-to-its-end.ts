import type { Session } from './verb.ts';

/** How long after a signal it is said why the program goes on. */
const patienceMs = 300;

/**
 * Waits for a request that changes something, and says on a first signal why the program does not end at once: whoever presses Ctrl-C
 * and sees nothing presses it again, and that loses the response.
 * @param label what is being done.
 * @param loss what a second signal may cost.
 */
export async function heldToItsEnd<T>(session: Session, label: string, loss: string, work: () => Promise<T>): Promise<T> {
  const said = `waiting for the server's response. A second signal ends at once; ${loss}`;
  return session.progress.waiting(label, () => toldWhyNot(session, said, work));
}

/**
 * Does something that a first signal does not end.
 * @param why why the program does not end at once, and what a second signal may cost: the end of a sentence.
 */
export async function toldWhyNot<T>(session: Session, why: string, work: () => Promise<T>): Promise<T> {
  const { interrupt, sleep } = session.world;
  const done = new AbortController();
  const onInterrupt = async () => {
    try {
      await sleep(patienceMs, done.signal);
    } catch {
      // The response came first.
      return;
    }
    await session.progress.warn(`Interrupted, and ${why}`);
  };
  interrupt.addEventListener('abort', onInterrupt, { once: true });
  try {
    return await work();
  } finally {
    interrupt.removeEventListener('abort', onInterrupt);
    done.abort();
  }
}
