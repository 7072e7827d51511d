import { expect, test } from 'vitest';
import { runBuilt } from '../support/built.ts';
import { against, startForTest } from '../support/stackstate.ts';
import { runInTerminal } from '../support/terminal.ts';

const keys = 'ingestion-api-key';
const zones = ['Pacific/Kiritimati', 'America/New_York', 'UTC'];
const day = 86_400_000;

test.each(zones)('in %s the date given is the date stored, confirmed and listed', async (TZ) => {
  const stackState = await startForTest({ now: Date.now });
  const tomorrow = new Date(Date.now() + day).toISOString().slice(0, 10);
  for (const date of ['2030-01-01', '2032-02-29', '2030-03-31', '9999-12-31', tomorrow]) {
    const created = await runInTerminal([keys, 'create', '-n', date, '--expiration', date, ...against(stackState)], {
      env: { TZ },
    });
    expect(created).toMatchObject({ code: 0, output: expect.stringContaining(`Expires: ${date}`) });
    expect(stackState.keys().at(-1)?.expiration).toBe(BigInt(Date.parse(`${date}T00:00:00Z`)));
  }
  const { stdout } = await runBuilt([keys, 'list', ...against(stackState)], { env: { TZ } });
  const rows = stdout.split('\n').slice(1, -1);
  expect(rows).toHaveLength(5);
  for (const row of rows) {
    const [, name, expiration] = row.split(' | ');
    expect(expiration).toBe(name);
  }
});

test.each(zones)('in %s the last millisecond of a day is listed as that day', async (TZ) => {
  const stackState = await startForTest({ now: Date.now });
  stackState.seed({ name: 'k', expiration: BigInt(Date.UTC(2031, 0, 1)) - 1n });
  const { stdout } = await runBuilt([keys, 'list', ...against(stackState)], { env: { TZ } });
  expect(stdout).toContain(' | k    | 2030-12-31 | -\n');
});

test.each(zones)('in %s an impossible or past date is refused before anything is sent', async (TZ) => {
  const stackState = await startForTest({ now: Date.now });
  const today = new Date().toISOString().slice(0, 10);
  const yesterday = new Date(Date.now() - day).toISOString().slice(0, 10);
  const refused = [
    '2020-02-31',
    '2031-02-31',
    '2030-02-29',
    '2020-5-22',
    '2030-5-22',
    '0001-01-01',
    yesterday,
    today,
    '2030-13-01',
    '',
    'tomorrow',
  ];
  for (const date of refused) {
    const result = await runBuilt([keys, 'create', '-n', 'k', '--expiration', date, ...against(stackState)], { env: { TZ } });
    expect(result, date).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^\[ERROR\] --expiration.+\n {2}\S/),
    });
    // The example in the message is a date that is taken.
    expect(/for example (\d{4}-\d{2}-\d{2})/.exec(result.stderr)?.[1]?.localeCompare(today), date).toBe(1);
  }
  expect(stackState.connections).toBe(0);
});

test('--expires-in counts from now', async () => {
  const stackState = await startForTest({ now: Date.now });
  const before = Date.now();
  for (const [text, least] of [
    ['90d', 90 * day],
    ['12h', day / 2],
    ['2w', 14 * day],
    ['6mo', 180 * day],
    ['1y', 365 * day],
  ] as const) {
    const { code, output } = await runInTerminal([keys, 'create', '-n', text, '--expires-in', text, ...against(stackState)]);
    const expiration = Number(stackState.keys().at(-1)?.expiration);
    // The day alone says little of a key that ends within two.
    const moment = new Date(expiration).toISOString();
    const told = text === '12h' ? `${moment.slice(0, 16).replace('T', ' ')} UTC` : moment.slice(0, 10);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`Expires: ${told}. `) });
    expect(expiration).toBeGreaterThanOrEqual(before + least);
    expect(expiration).toBeLessThan(before + least + 5 * day);
  }
});
