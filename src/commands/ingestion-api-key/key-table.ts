import type { IngestionApiKey } from '../../api/model.ts';
import { formatDate } from '../../dates.ts';
import { type Cell, renderTable } from '../../output/table.ts';
import { expiresBy, isExpired } from './expiry.ts';

/** Keys that expire within this time are shown in yellow. */
const soonMs = 14 * 24 * 60 * 60 * 1000;

export interface KeyTableOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly color: boolean;
  /** Columns of the terminal; undefined off a terminal. */
  readonly width: number | undefined;
}

/** The table of keys as `list` shows it, in blocks of lines. */
export function keyTable(keys: readonly IngestionApiKey[], { now, color, width }: KeyTableOptions): Promise<Iterable<string>> {
  const rows = keys.map((key) => [String(key.id), key.name, expirationCell(key, now, color), key.description || '-']);
  return renderTable(['ID', 'NAME', 'EXPIRATION', 'DESCRIPTION'], rows, width === undefined ? {} : { width });
}

function expirationCell(key: IngestionApiKey, now: number, color: boolean): Cell {
  if (key.expiration === undefined) return '';
  const text = formatDate(key.expiration);
  if (color && isExpired(key, now)) return { text, color: 'red' };
  if (color && expiresBy(key, now, now + soonMs)) return { text, color: 'yellow' };
  return text;
}
