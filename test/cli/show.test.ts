import { describe, expect, test } from 'vitest';
import { EarlyResult } from '../../src/cli/early-output.ts';
import { endBegun, showOutcome } from '../../src/cli/show.ts';
import type { Outcome } from '../../src/commands/verb.ts';
import { DeliveryError, NotFoundError, ServerError } from '../../src/errors.ts';
import { createPrinter } from '../../src/output/printer.ts';
import { type RecordedStream, recordedStream, systemError } from '../output/streams.ts';

type Form = 'text' | 'json' | 'quiet';

function setUp(form: Form, streams: { readonly stdout?: RecordedStream; readonly isTTY?: boolean } = {}) {
  const stdout = streams.stdout ?? recordedStream();
  const stderr = recordedStream({ isTTY: streams.isTTY ?? false });
  const printer = createPrinter({ stdout, stderr, output: form === 'json' ? 'json' : 'text', env: { TERM: 'dumb' } });
  const view = { color: false, width: undefined, wide: false, prometheus: false, now: 0, success: printer.success };
  const shown = { printer, early: new EarlyResult(stdout, form, view), view, quiet: form === 'quiet' };
  return {
    stdout,
    stderr,
    early: shown.early,
    show: (outcome: Outcome) => showOutcome(outcome, shown),
    end: () => endBegun(shown),
  };
}

const key = { data: { key: { secret: 's' } }, text: () => 'Key: s\n', value: 's' };
const rotated: Outcome = {
  data: { ...key.data, old: { id: 7 } },
  text: ({ success }) => `Key: s\n${success('Deleted: 7')}`,
  values: ['s'],
};

test.each<[Form, string]>([
  ['text', 'Key: s\n[SUCCESS] Deleted: 7\n'],
  ['json', '{\n  "key": {\n    "secret": "s"\n  },\n  "old": {\n    "id": 7\n  }\n}\n'],
  ['quiet', 's\n'],
])('what was shown early is not shown again: %s', async (form, expected) => {
  const early = setUp(form);
  await early.early.show(key);
  const begun = early.stdout.text();
  expect(begun).toContain('s');
  expect(await early.show(rotated)).toBe(0);
  await early.end();
  expect(early.stdout.text()).toBe(expected);
  expect(early.stdout.text().startsWith(begun)).toBe(true);
  const late = setUp(form);
  await late.show(rotated);
  expect(late.stdout.text()).toBe(expected);
});

test('a verb that fails after it has shown the key leaves a whole document', async () => {
  const { early, stdout, end } = setUp('json');
  await early.show(key);
  await end();
  await end();
  expect(JSON.parse(stdout.text())).toEqual(key.data);
});

test("a document of the verb's own is all of stdout; a terminal is told the result beside it", async () => {
  for (const isTTY of [true, false]) {
    const { early, stdout, stderr, show } = setUp('json', { isTTY });
    await early.showAlone('apiVersion: v1\n');
    await show({ data: { id: 7 }, text: () => 'Key written\n', notes: ['by the way'] });
    expect(stdout.text()).toBe('apiVersion: v1\n');
    expect(stderr.text()).toBe(isTTY ? 'Key written\nby the way\n' : '');
  }
});

describe('a failed delivery', () => {
  test.each(['EPIPE', 'ENOSPC'])('of what is shown only once is an error, also where the reader is gone: %s', async (code) => {
    const { early } = setUp('text', { stdout: recordedStream({ failure: systemError(code) }) });
    await expect(early.show(key)).rejects.toThrow(DeliveryError);
    await expect(early.showAlone('k\n')).rejects.toMatchObject({ exitCode: 6, message: expect.stringContaining(code) });
  });

  test.each(['closed', 'null-device'] as const)('is foreseen where stdout is %s', (state) => {
    expect(() => setUp('text', { stdout: recordedStream({ state }) }).early.prove()).toThrow(DeliveryError);
  });
});

test.each(['text', 'json'] as const)(
  'failures stand beside what was done, and the first one says the exit code: %s',
  async (form) => {
    const { show, stdout, stderr } = setUp(form);
    const failures = [new NotFoundError('no 8', { hints: ['list them'] }), new ServerError('no 9')];
    expect(await show({ data: { deleted: [7n] }, text: () => 'Deleted: 7\n', failures, exitCode: 12 })).toBe(8);
    expect(stdout.text()).toBe(form === 'text' ? 'Deleted: 7\n' : '{\n  "deleted": [\n    7\n  ]\n}\n');
    if (form === 'text') expect(stderr.text()).toBe('[ERROR] no 8\n  list them\n[ERROR] no 9\n');
    else expect(JSON.parse(stderr.text())).toEqual({ error: true, 'error-message': 'no 8\nno 9\nlist them', 'exit-code': 8 });
  },
);

test('a result without data has no document', async () => {
  const { show, stdout } = setUp('json');
  expect(await show({ data: {}, text: () => '', exitCode: 3 })).toBe(3);
  expect(stdout.writes).toEqual([]);
});

test('rows are written while they are made', async () => {
  const { show, stdout } = setUp('json');
  const written: number[] = [];
  function* rows() {
    for (let id = 0; id < 1200; id++) {
      written.push(stdout.writes.length);
      yield { id };
    }
  }
  await show({ data: { name: 'keys', rows: rows() }, text: () => '' });
  expect(JSON.parse(stdout.text()).keys).toHaveLength(1200);
  expect([written[0], written[600], written[1199]]).toEqual([0, 1, 2]);
});
