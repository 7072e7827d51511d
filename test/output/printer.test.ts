import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeliveryError, NotFoundError, UsageError } from '../../src/errors.ts';
import { visible } from '../../src/escape.ts';
import { createPrinter, type PrinterOptions } from '../../src/output/printer.ts';
import { recordedStream, systemError } from './streams.ts';

function setUp(options: Partial<PrinterOptions> & { readonly isTTY?: boolean } = {}) {
  const { isTTY = false, ...rest } = options;
  const stdout = recordedStream({ isTTY, columns: isTTY ? 80 : undefined });
  const stderr = recordedStream({ isTTY, columns: isTTY ? 80 : undefined });
  return { stdout, stderr, printer: createPrinter({ stdout, stderr, output: 'text', color: true, env: {}, ...rest }) };
}

test.each([
  ['a terminal', { isTTY: true }, '✅ done\n', '⚠️ careful\n', '❌ lost\n'],
  ['a pipe', {}, '[SUCCESS] done\n', '[WARN] careful\n', '[ERROR] lost\n'],
  ['--no-color', { isTTY: true, color: false }, '[SUCCESS] done\n', '[WARN] careful\n', '[ERROR] lost\n'],
  ['NO_COLOR', { isTTY: true, env: { NO_COLOR: '1' } }, '[SUCCESS] done\n', '[WARN] careful\n', '[ERROR] lost\n'],
  ['an empty NO_COLOR', { isTTY: true, env: { NO_COLOR: '' } }, '✅ done\n', '⚠️ careful\n', '❌ lost\n'],
  ['TERM=dumb', { isTTY: true, env: { TERM: 'dumb' } }, '[SUCCESS] done\n', '[WARN] careful\n', '[ERROR] lost\n'],
])('lines on %s start as it can show them', async (_, options, success, warning, error) => {
  const { printer, stderr } = setUp(options);
  expect(printer.success('done')).toBe(success);
  await printer.warn('careful');
  await printer.error(new UsageError('lost'));
  expect(stderr.text()).toBe(warning + error);
});

test('the form asked for goes to stdout, and nothing else does', async () => {
  const shown = { text: 'one line', json: { id: 9223372036854775807n } };
  const text = setUp();
  await text.printer.result(shown);
  expect(text.stdout.text()).toBe('one line\n');
  const json = setUp({ output: 'json' });
  await json.printer.result(shown);
  await json.printer.note('by the way');
  await json.printer.flush();
  expect(json.stdout.text()).toBe('{\n  "id": 9223372036854775807\n}\n');
  expect(json.stderr.text()).toBe('by the way\n');
});

test('blocks are taken one by one, each after the write before', async () => {
  const { printer, stdout } = setUp();
  const written: number[] = [];
  await printer.result({
    text: (function* () {
      for (const block of ['a\n', 'b\n', 'c\n']) {
        written.push(stdout.writes.length);
        yield block;
      }
    })(),
    json: {},
  });
  expect(written).toEqual([0, 1, 2]);
  expect(stdout.text()).toBe('a\nb\nc\n');
});

test.each([
  ['EPIPE', 'its reader is gone (EPIPE)'],
  ['ENOSPC', 'no space is left on the device (ENOSPC)'],
  ['ENXIO', 'the system refused it (ENXIO)'],
])('a write that fails with %s is a failed delivery', async (code, reason) => {
  const { printer } = setUp({ stdout: recordedStream({ failure: systemError(code) }) });
  const result = printer.result({ text: 'key', json: {} });
  await expect(result).rejects.toThrow(DeliveryError);
  await expect(result).rejects.toThrow(reason);
  await expect(result).rejects.toHaveProperty('exitCode', 6);
});

test('a closed stdout is a failed delivery, the null device is not', async () => {
  const closed = setUp({ stdout: recordedStream({ state: 'closed' }) });
  await expect(closed.printer.result({ text: 'x', json: {} })).rejects.toThrow(DeliveryError);
  const nowhere = setUp({ stdout: recordedStream({ state: 'null-device' }) });
  await expect(nowhere.printer.result({ text: 'x', json: {} })).resolves.toBeUndefined();
});

test('a failure while a table is made is not taken for a failed delivery', async () => {
  const { printer } = setUp();
  const broken = (function* (): Generator<string> {
    yield 'a\n';
    throw new RangeError('bad row');
  })();
  await expect(printer.result({ text: broken, json: {} })).rejects.toThrow(RangeError);
});

test('an error stands on stderr with its hints below', async () => {
  const { printer, stderr, stdout } = setUp();
  await printer.error(new NotFoundError('There is no key 7.', { hints: ['sts ingestion-api-key list', 'sts context show'] }));
  expect(stderr.text()).toBe('[ERROR] There is no key 7.\n  sts ingestion-api-key list\n  sts context show\n');
  expect(stdout.text()).toBe('');
});

test('under JSON an error is one document of three members', async () => {
  const { printer, stderr, stdout } = setUp({ output: 'json' });
  await printer.error(new NotFoundError('No key \u001b[2J', { hints: ['sts ingestion-api-key list'] }));
  expect(JSON.parse(stderr.text())).toEqual({
    error: true,
    'error-message': 'No key \u001b[2J\nsts ingestion-api-key list',
    'exit-code': 8,
  });
  expect(stderr.text()).toContain('\\u001b[2J');
  expect(stdout.text()).toBe('');
});

test('under JSON warnings and notes wait for the end: an error takes them into its document', async () => {
  const { printer, stderr } = setUp({ output: 'json', isTTY: true });
  await printer.warn('careful\u001b[2J');
  await printer.note('by the way');
  expect(stderr.text()).toBe('');
  await printer.error(new NotFoundError('No key', { hints: ['sts ingestion-api-key list'] }));
  await printer.flush();
  expect(JSON.parse(stderr.text())).toEqual({
    error: true,
    'error-message': 'No key\nsts ingestion-api-key list\n[WARN] careful\u001b[2J\nby the way',
    'exit-code': 8,
  });
});

test('under JSON warnings and notes are lines at the end where all went well, once', async () => {
  const { printer, stderr } = setUp({ output: 'json' });
  await printer.warn('careful');
  await printer.note('by the way');
  await printer.flush();
  await printer.flush();
  expect(stderr.text()).toBe('[WARN] careful\nby the way\n');
});

test.each([new TypeError('x is not a function'), 'a string', undefined, null])(
  'anything else thrown is told as a defect: %s',
  async (thrown) => {
    const { printer, stderr } = setUp();
    await printer.error(thrown);
    expect(stderr.text()).toMatch(/^\[ERROR\] Unexpected failure inside sts: .+\n {2}This is a defect of sts/);
    expect(stderr.text()).not.toContain('    at ');
  },
);

test('a stderr that is gone harms nobody', async () => {
  const { printer } = setUp({ stderr: recordedStream({ failure: systemError('EPIPE') }), verbose: 1 });
  await Promise.all([printer.warn('a'), printer.note('b'), printer.verbose(1, 'c'), printer.error(new UsageError('d'))]);
  await printer.flush();
});

test('verbose lines appear from their level on', async () => {
  const { printer, stderr } = setUp({ verbose: 1 });
  await printer.verbose(1, 'GET /server/info');
  await printer.verbose(2, 'retry');
  expect(stderr.text()).toBe('GET /server/info\n');
});

test('whatever a message holds, nothing raw reaches a stream', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom('text', 'json'), async (message, output) => {
      const { printer, stderr } = setUp({ output: output === 'json' ? 'json' : 'text', verbose: 1 });
      await printer.warn(message);
      await printer.note(message);
      await printer.verbose(1, message);
      if (message.length % 2 === 0) await printer.flush();
      await printer.error(new UsageError(message, { hints: [message] }));
      const lines = (printer.success(message) + stderr.text()).split('\n');
      expect(lines.map(visible)).toEqual(lines);
    }),
  );
});
