import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { addDuration, type Duration, durationMs, formatDate, parseDuration, parseExpirationDate } from '../src/dates.ts';
import { UsageError } from '../src/errors.ts';

const NOW = Date.parse('2026-03-10T15:00:00Z');
const home = process.env['TZ'];

afterEach(() => {
  if (home === undefined) delete process.env['TZ'];
  else process.env['TZ'] = home;
});

test.each(['UTC', 'Pacific/Kiritimati', 'America/New_York', 'Pacific/Apia', 'Europe/Amsterdam'])(
  'under TZ=%s the date given is the date shown',
  (zone) => {
    process.env['TZ'] = zone;
    const day = fc.integer({ min: Date.parse('2026-03-11') / 86_400_000, max: Date.parse('9999-12-31') / 86_400_000 });
    fc.assert(
      fc.property(day, (days) => {
        const text = new Date(days * 86_400_000).toISOString().slice(0, 10);
        const moment = parseExpirationDate(text, NOW);
        expect(moment).toBe(BigInt(days) * 86_400_000n);
        expect(formatDate(moment)).toBe(text);
        expect(formatDate(moment + 86_399_999n)).toBe(text);
      }),
    );
  },
);

test.each([
  ['2026-02-31', 'no such day'],
  ['2027-02-29', 'no such day'],
  ['2027-13-01', 'no such day'],
  ['2027-00-10', 'no such day'],
  ['2027-5-2', 'Did you mean 2027-05-02?'],
  ['2027/05/02', 'Did you mean 2027-05-02?'],
  ['20270502', 'Did you mean 2027-05-02?'],
  ['2027-05-02T00:00:00Z', 'Did you mean 2027-05-02?'],
  ['2027-2-31', 'not "2027-2-31".'],
  ['0001-01-01', 'from 1970 to 9999'],
  ['1969-12-31', 'from 1970 to 9999'],
  ['2026-03-09', 'not in the future'],
  ['2026-03-10', 'not in the future'],
  ['12027-05-02', 'yyyy-MM-dd'],
  ['tomorrow', 'yyyy-MM-dd'],
  ['', 'yyyy-MM-dd'],
])('the expiration %j is refused: %s', (text, reason) => {
  expect(() => parseExpirationDate(text, NOW)).toThrow(UsageError);
  expect(told(() => parseExpirationDate(text, NOW))).toContain(reason);
});

test('a leap day is a day', () => {
  expect(parseExpirationDate('2028-02-29', NOW)).toBe(BigInt(Date.UTC(2028, 1, 29)));
});

test.each([
  ['30s', 30, 's', 30_000],
  ['10m', 10, 'm', 600_000],
  ['12h', 12, 'h', 43_200_000],
  ['90d', 90, 'd', 7_776_000_000],
  ['2w', 2, 'w', 1_209_600_000],
  ['6mo', 6, 'mo', 15_552_000_000],
  ['1y', 1, 'y', 31_536_000_000],
])('%s is a duration', (text, amount, unit, ms) => {
  const duration = parseDuration(text, '--after');
  expect(duration).toEqual({ amount, unit });
  expect(durationMs(duration)).toBe(ms);
});

test.each([
  ['90 days', '90d'],
  ['90', '90d'],
  ['090d', '90d'],
  ['12H', '12h'],
  ['6M', '6mo'],
  ['6months', '6mo'],
  ['3mon', '3mo'],
  ['1 Year', '1y'],
])('%j is no duration, but %s is near', (text, near) => {
  expect(told(() => parseDuration(text))).toContain(`Did you mean ${near}?`);
});

test('--after 0s is no wait; no other flag takes it', () => {
  expect(durationMs(parseDuration('0s', '--after'))).toBe(0);
  expect(() => parseDuration('0s', '--restart-timeout')).toThrow(UsageError);
  expect(() => parseDuration('0s')).toThrow(UsageError);
});

test.each(['--after', '--restart-timeout', '--key-command-timeout'])('%s is a wait: minutes and seconds are usual', (flag) => {
  expect(durationMs(parseDuration('30s', flag))).toBe(30_000);
  expect(told(() => parseDuration('10', flag))).toContain('Did you mean 10m?');
});

test('a wait may be spelled out, too', () => {
  expect(told(() => parseDuration('10 min', '--after'))).toContain('Did you mean 10m?');
});

test.each(['--expires-in', '--expiring-within'])('%s takes no seconds and minutes, and says what was meant', (flag) => {
  expect(told(() => parseDuration('6m', flag))).toBe(
    `${flag} takes no seconds or minutes: 6m is 6 minutes; for months write 6mo.\nThe units are h, d, w, mo and y, such as 90d, 12h, 2w, 6mo or 1y.`,
  );
  expect(told(() => parseDuration('1m', flag))).toContain('1m is 1 minute; for months write 1mo.');
  expect(told(() => parseDuration('30s', flag))).toContain('30s is 30 seconds.\n');
  expect(told(() => parseDuration('10 min', flag))).not.toContain('Did you mean');
  expect(parseDuration('6mo', flag)).toEqual({ amount: 6, unit: 'mo' });
  expect(parseDuration('1h', flag)).toEqual({ amount: 1, unit: 'h' });
});

test.each(['', 'd', '0d', '-1d', '1.5h', '1e3d', '1d12h', 'soon', '10001y', `${'9'.repeat(400)}d`])(
  '%j is no duration',
  (text) => {
    expect(() => parseDuration(text, '--expires-in')).toThrow(UsageError);
    expect(() => parseDuration(text, '--expires-in')).toThrow('--expires-in takes');
  },
);

test.each([
  ['2026-01-31T10:00:00Z', '1mo', '2026-02-28T10:00:00Z'],
  ['2028-01-31T10:00:00Z', '1mo', '2028-02-29T10:00:00Z'],
  ['2028-02-29T23:30:00Z', '1y', '2029-02-28T23:30:00Z'],
  ['2026-12-31T00:00:00Z', '2mo', '2027-02-28T00:00:00Z'],
  ['2026-03-28T23:30:00Z', '1d', '2026-03-29T23:30:00Z'],
  ['2026-03-10T15:00:00Z', '2w', '2026-03-24T15:00:00Z'],
  ['2026-03-10T15:00:00Z', '12h', '2026-03-11T03:00:00Z'],
])('%s and %s make %s in every zone', (from, text, to) => {
  for (const zone of ['UTC', 'Pacific/Kiritimati', 'America/New_York', 'Europe/Amsterdam']) {
    process.env['TZ'] = zone;
    expect(new Date(addDuration(Date.parse(from), parseDuration(text))).toISOString()).toBe(to.replace('Z', '.000Z'));
  }
});

test('a moment beyond the year 9999 is refused', () => {
  for (const text of ['9000y', '100000mo', '9000000w']) {
    const duration: Duration = text === '9000000w' ? { amount: 9_000_000, unit: 'w' } : parseDuration(text);
    expect(() => addDuration(NOW, duration)).toThrow('beyond the year 9999');
  }
});

test.each([0n, -1n, 253_402_300_799_999n, 253_402_300_800_000n, -62_167_219_200_001n, 2n ** 63n - 1n, -(2n ** 63n)])(
  '%s ms has a form to show',
  (ms) => {
    const shown: Record<string, string> = { '0': '1970-01-01', '-1': '1969-12-31', '253402300799999': '9999-12-31' };
    expect(formatDate(ms)).toBe(shown[ms.toString()] ?? ms.toString());
  },
);

/** Message and hints of the usage error that an action ends in. */
function told(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UsageError) return [error.message, ...error.hints].join('\n');
    throw error;
  }
  throw new Error('nothing was refused');
}
