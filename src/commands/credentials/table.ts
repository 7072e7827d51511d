import type { Credential } from '../../credentials/ports.ts';
import { type Cell, renderTable } from '../../output/table.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { View } from '../verb.ts';
import { expiresBy, isExpired } from './expiry.ts';

/** What ends within this time is shown in yellow. */
const soonMs = 14 * 24 * 60 * 60 * 1000;

/** The table of credentials as `list` shows it, in blocks of lines. */
export function credentialTable(
  { columns }: CredentialNoun,
  credentials: readonly Credential[],
  { now, color, width }: Pick<View, 'now' | 'color' | 'width'>,
): Promise<Iterable<string>> {
  const rows = credentials.map((credential) =>
    columns.map(({ title, cell }): Cell => {
      const text = cell(credential);
      if (title !== 'EXPIRATION' || !color) return text;
      if (isExpired(credential, now)) return { text, color: 'red' };
      return expiresBy(credential, now, now + soonMs) ? { text, color: 'yellow' } : text;
    }),
  );
  const titles = columns.map(({ title }) => title);
  return renderTable(titles, rows, width === undefined ? {} : { width });
}
