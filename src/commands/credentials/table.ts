import type { Credential } from '../../credentials/ports.ts';
import { formatDate } from '../../dates.ts';
import { type Cell, renderTable } from '../../output/table.ts';
import type { Column, CredentialNoun } from '../nouns.ts';
import type { View } from '../verb.ts';
import { expiresBy, isExpired, soonMs, statusOf } from './expiry.ts';

/** The table of credentials as `list` shows it, in blocks of lines. With `-o wide` it says when each was created and how it stands. */
export function credentialTable(
  { columns }: CredentialNoun,
  credentials: readonly Credential[],
  { now, color, width, wide }: Pick<View, 'now' | 'color' | 'width' | 'wide'>,
): Promise<Iterable<string>> {
  const shown = wide ? [...columns, created, status(now)] : columns;
  const rows = credentials.map((credential) =>
    shown.map(({ title, cell }): Cell => {
      const text = cell(credential);
      if (!color || (title !== 'EXPIRATION' && title !== 'STATUS')) return text;
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

function status(now: number): Column {
  return { title: 'STATUS', cell: (credential) => statusOf(credential, now), whole: true };
}
