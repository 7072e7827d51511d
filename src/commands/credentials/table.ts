import type { Credential } from '../../credentials/ports.ts';
import { formatDate } from '../../dates.ts';
import { type Cell, renderTable } from '../../output/table.ts';
import type { Column, CredentialNoun } from '../nouns.ts';
import type { View } from '../verb.ts';
import { expiresBy, isExpired, soonMs, statusOf } from './expiry.ts';

interface TableView extends Pick<View, 'color' | 'width' | 'wide'> {
  /** The time by the clock of the credential's server, in milliseconds since the epoch. */
  nowFor(credential: Credential): number;
}

/** The table of credentials as `list` shows it, in blocks of lines. With `-o wide` it says when each was created and how it stands. */
export function credentialTable(
  { columns }: CredentialNoun,
  credentials: readonly Credential[],
  { nowFor, color, width, wide }: TableView,
): Promise<Iterable<string>> {
  const shown = wide ? [...columns, created, status(nowFor)] : columns;
  const rows = credentials.map((credential) =>
    shown.map(({ title, cell }): Cell => {
      const text = cell(credential);
      if (!color || (title !== 'EXPIRATION' && title !== 'STATUS')) return text;
      const now = nowFor(credential);
      if (isExpired(credential, now)) return { text, color: 'red' };
      return expiresBy(credential, now, now + soonMs) ? { text, color: 'yellow' } : text;
    }),
  );
  return renderTable(
    shown.map(({ title }) => title),
    rows,
    { whole: shown.map(({ whole = false }) => whole), ...(width === undefined ? {} : { width }) },
  );
}

const created: Column = {
  title: 'CREATED',
  cell: ({ lastUpdateTimestamp }) => (lastUpdateTimestamp === undefined ? '-' : formatDate(lastUpdateTimestamp)),
  whole: true,
};

function status(nowFor: TableView['nowFor']): Column {
  return { title: 'STATUS', cell: (credential) => statusOf(credential, nowFor(credential)), whole: true };
}
