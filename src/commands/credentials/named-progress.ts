import type { BoardRow, Progress } from '../verb.ts';

/**
 * The progress of one of many things that are done at the same time: each sentence says whose it is, and what is waited for stands in
 * the thing's own line.
 * @param row undefined where nothing is animated.
 */
export function namedProgress(progress: Progress, title: string, row: BoardRow | undefined): Progress {
  const named = (text: string) => text.replace(/^(?=[^\n])/gm, `${title}: `);
  return {
    ...progress,
    note: (sentence) => progress.note(named(sentence)),
    warn: (sentence) => progress.warn(named(sentence)),
    verbose: (line) => progress.verbose(named(line)),
    async waiting(label, work) {
      row?.state(label);
      return work();
    },
    async status(line) {
      row?.state(line);
      return row !== undefined;
    },
    board: async () => undefined,
    passOn: (text) => progress.passOn(named(text)),
  };
}
