import { addMonths } from 'date-fns/addMonths';
import {
  millisecondsInDay,
  millisecondsInHour,
  millisecondsInMinute,
  millisecondsInSecond,
  millisecondsInWeek,
  monthsInYear,
} from 'date-fns/constants';
import { UsageError } from './errors.ts';

export type DurationUnit = 's' | 'm' | 'h' | 'd' | 'w' | 'mo' | 'y';

export interface Duration {
  /** A positive whole number. */
  readonly amount: number;
  readonly unit: DurationUnit;
}

/** Nominal lengths. `addDuration` does not use those of months and years: it counts on the calendar. */
const unitMs: Readonly<Record<DurationUnit, number>> = {
  s: millisecondsInSecond,
  m: millisecondsInMinute,
  h: millisecondsInHour,
  d: millisecondsInDay,
  w: millisecondsInWeek,
  mo: 30 * millisecondsInDay,
  y: 365 * millisecondsInDay,
};

const lastMoment = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const firstMoment = Date.parse('0000-01-01T00:00:00Z');
const longestMs = 10_000 * 365 * millisecondsInDay;

/**
 * Reads `yyyy-MM-dd` as midnight UTC, in milliseconds since the epoch.
 * @param now milliseconds since the epoch; the date must lie after it.
 * @throws UsageError for another format, a day that the calendar does not have, or a date that is not in the future.
 */
export function parseExpirationDate(text: string, now: number): bigint {
  const [year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)?.slice(1) ?? [];
  const example = `for example ${isoDay(now + 90 * millisecondsInDay)}`;
  if (year === undefined || month === undefined || day === undefined) {
    throw new UsageError(`--expiration takes a date as yyyy-MM-dd, ${example}, not ${quoted(text)}.`, didYouMean(nearDate(text)));
  }
  if (Number(year) < 1970) {
    throw new UsageError(`--expiration takes a date from 1970 to 9999, ${example}, not ${text}.`);
  }
  if (!isDay(text)) throw new UsageError(`--expiration: there is no such day: ${text}. Give a real date, ${example}.`);
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (time <= now) {
    throw new UsageError(`--expiration: ${text} is not in the future (midnight UTC). Give a later date, ${example}.`);
  }
  return BigInt(time);
}

/** Flags that say how long to wait. All other flags are about the lifetime of a key, where `6m` probably means six months. */
const waitingFlags: readonly string[] = ['--after', '--restart-timeout', '--key-command-timeout'];

/**
 * Reads a duration such as `90d`, `12h`, `2w`, `6mo` or `1y`. For a flag that says how long to wait, `10m` and `30s` are allowed as well.
 * For `--after`, `0s` is allowed too and means no wait.
 * @param flag the flag that the text was given for.
 * @throws UsageError for anything else.
 */
export function parseDuration(text: string, flag = '--expires-in'): Duration {
  if (flag === '--after' && text === '0s') return { amount: 0, unit: 's' };
  const [digits, unit] = /^([1-9]\d{0,8})(s|m|h|d|w|mo|y)$/.exec(text)?.slice(1) ?? [];
  const duration = { amount: Number(digits), unit: unit as DurationUnit };
  const short = waitingFlags.includes(flag);
  const examples = short ? '30s, 10m, 12h or 2d' : '90d, 12h, 2w, 6mo or 1y';
  if (digits === undefined || durationMs(duration) > longestMs) {
    // A bare number probably means minutes for a wait, and days for a lifetime.
    const near = nearDuration(short && /^\d+$/.test(text) ? `${text} m` : text);
    const message = `${flag} takes a positive number and a unit, such as ${examples}, not ${quoted(text)}.`;
    throw new UsageError(message, didYouMean(near !== undefined && (short || !isShort(near)) ? near : undefined));
  }
  if (!short && isShort(text)) {
    const meant = unit === 'm' ? `; for months write ${digits}mo` : '';
    throw new UsageError(`${flag} takes no seconds or minutes: ${text} is ${spelled(duration)}${meant}.`, {
      hints: [`The units are h, d, w, mo and y, such as ${examples}.`],
    });
  }
  return duration;
}

/** Whether a duration is given in seconds or minutes. */
function isShort(text: string): boolean {
  return /\d[sm]$/.test(text);
}

function spelled({ amount, unit }: Duration): string {
  return `${amount} ${unit === 's' ? 'second' : 'minute'}${amount === 1 ? '' : 's'}`;
}

/**
 * Adds a duration to `now`. Months and years are counted on the UTC calendar; the 31st becomes the last day of a shorter month.
 * @param now milliseconds since the epoch.
 * @returns milliseconds since the epoch.
 * @throws UsageError when the result lies beyond the year 9999.
 */
export function addDuration(now: number, duration: Duration): number {
  const { amount, unit } = duration;
  const time =
    unit === 'mo' || unit === 'y'
      ? addCalendarMonths(now, unit === 'y' ? amount * monthsInYear : amount)
      : now + durationMs(duration);
  if (!(time <= lastMoment)) throw new UsageError(`${amount}${unit} from now lies beyond the year 9999. Give a shorter time.`);
  return time;
}

/** The length in milliseconds. A month counts as 30 days, a year as 365. */
export function durationMs({ amount, unit }: Duration): number {
  return amount * unitMs[unit];
}

/**
 * Formats a time as `yyyy-MM-dd` in UTC, whatever the local time zone is. A time outside the years 0 to 9999 is shown as a number of
 * milliseconds.
 */
export function formatDate(ms: bigint): string {
  const time = Number(ms);
  return time >= firstMoment && time <= lastMoment ? isoDay(time) : String(ms);
}

/** date-fns counts in local time. So it gets the UTC date as a local date, at noon, because no time zone skips an hour at noon. */
function addCalendarMonths(now: number, months: number): number {
  const date = new Date(now);
  const local = new Date(2000, 0, 1, 12);
  local.setFullYear(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  const moved = addMonths(local, months);
  return (
    Date.UTC(moved.getFullYear(), moved.getMonth(), moved.getDate()) +
    (now - Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()))
  );
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Unlike Date.UTC, Date.parse does not change the years 0 to 99. Both turn February 31 into a day in March, so the result is compared. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && isoDay(time) === text;
}

/** The date that was meant if it was written in another usual format; undefined if it is not clear. */
function nearDate(text: string): string | undefined {
  const [year, month = '', day = ''] =
    /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?$/.exec(text)?.slice(1) ??
    /^(\d{4})(\d{2})(\d{2})$/.exec(text)?.slice(1) ??
    [];
  const near = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return year !== undefined && isDay(near) ? near : undefined;
}

const unitWords: readonly (readonly [RegExp, DurationUnit])[] = [
  [/^(s|secs?|seconds?)$/i, 's'],
  [/^(m|mins?|minutes?)$/, 'm'],
  [/^(h|hrs?|hours?)$/i, 'h'],
  [/^(|d|days?)$/i, 'd'],
  [/^(w|weeks?)$/i, 'w'],
  [/^(m|mo|mons?|mths?|months?)$/i, 'mo'],
  [/^(y|yrs?|years?)$/i, 'y'],
];

/**
 * The duration that was meant if it was spelled out, or written in capitals, with a space or with a leading zero. A bare number counts as
 * days.
 */
function nearDuration(text: string): string | undefined {
  const [digits, word] = /^0*([1-9]\d{0,8}) ?([A-Za-z]*)$/.exec(text)?.slice(1) ?? [];
  const unit = unitWords.find(([pattern]) => word !== undefined && pattern.test(word))?.[1];
  if (digits === undefined || unit === undefined || durationMs({ amount: Number(digits), unit }) > longestMs) return undefined;
  return `${digits}${unit}` === text ? undefined : `${digits}${unit}`;
}

function didYouMean(near: string | undefined): { readonly hints: readonly string[] } | undefined {
  return near === undefined ? undefined : { hints: [`Did you mean ${near}?`] };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
