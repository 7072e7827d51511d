import { formatDate } from '../../dates.ts';
import { digitsOf } from '../../ids.ts';
import { renderTable } from '../../output/table.ts';
import type { View } from '../verb.ts';
import type { PlanResult } from './plan-results.ts';

/** `renew --plan --dry-run` as a table, in blocks of lines: what is there, when it ends, and what would be done. */
export function planTable(results: readonly PlanResult[], { width }: Pick<View, 'width'>): Promise<Iterable<string>> {
  const rows = results.map((result) => {
    const credential = result.outcome?.finding?.credential;
    const end = credential?.expiration;
    return [
      result.renewal.context ?? '',
      result.renewal.options.name,
      credential === undefined ? '-' : digitsOf(credential.id),
      end === undefined ? '' : formatDate(end),
      whatWouldBeDone(result),
    ];
  });
  const hasContexts = rows.some(([context]) => context !== '');
  const shown = <Cell>(row: readonly Cell[]) => (hasContexts ? row : row.slice(1));
  return renderTable(shown(['CONTEXT', 'NAME', 'ID', 'EXPIRATION', 'WOULD BE DONE']), rows.map(shown), {
    whole: shown([false, false, true, true, false]),
    ...(width === undefined ? {} : { width }),
  });
}

function whatWouldBeDone({ begun, outcome }: PlanResult): string {
  if (!begun) return 'unknown: not begun';
  const finding = outcome?.finding;
  if (finding === undefined) return 'unknown: failed';
  if (outcome?.unfinished === 'waiting') return 'nothing: a later run deletes the one before';
  const first = outcome?.unfinished === 'broken-off' ? 'finish or undo the last run, then ' : '';
  switch (finding.reason) {
    case 'missing':
      return `${first}create: there is none`;
    case 'refused':
      return `${first}create: the server refuses the one that is there`;
    case 'due':
      return `${first}replace`;
    case 'fresh':
      return `${first}nothing`;
  }
}
