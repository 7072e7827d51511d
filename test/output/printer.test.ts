import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeliveryError, NotFoundError, UsageError } from '../../src/errors.ts';
import { visible } from '../../src/escape.ts';
import { createPrinter, type PrinterOptions } from '../../src/output/printer.ts';
import { displayWidth } from '../../src/output/width.ts';
import { recordedStream, systemError } from './streams.ts';

function setUp(options: Partial<PrinterOptions> & { readonly isTTY?: boolean } = {}) {
  const { isTTY = false, ...rest } = options;
  const stdout = recordedStream({ isTTY, columns: isTTY ? 80 : undefined });
  const stderr = recordedStream({ isTTY, columns: isTTY ? 80 : undefined });
  return { stdout, stderr, printer: createPrinter({ stdout, stderr, output: 'text', env: {}, ...rest }) };
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

test('the end waits until all that was told is written, however slowly stderr is read', async () => {
  const { printer, stderr } = setUp();
  const write = stderr.write;
  stderr.write = (text) => new Promise((done) => setTimeout(() => void write(text).then(done), 30));

  void printer.tell('output of a command\n');
  await printer.flush();

  expect(stderr.text()).toBe('output of a command\n');
});

test('a result goes to stdout, and nothing else does', async () => {
  const { printer, stdout, stderr } = setUp();
  await printer.write(['one line\n']);
  await printer.warn('careful');
  expect(stdout.text()).toBe('one line\n');
  expect(stderr.text()).toBe('[WARN] careful\n');
});

test('blocks are taken one by one, each after the write before', async () => {
  const { printer, stdout } = setUp();
  const written: number[] = [];
  await printer.write(
    (function* () {
      for (const block of ['a\n', 'b\n', 'c\n']) {
        written.push(stdout.writes.length);
        yield block;
      }
    })(),
  );
  expect(written).toEqual([0, 1, 2]);
  expect(stdout.text()).toBe('a\nb\nc\n');
});

test.each([
  ['ENOSPC', 'no space is left on the device (ENOSPC)'],
  ['ENXIO', 'the system refused it (ENXIO)'],
])('a write that fails with %s is a failed delivery', async (code, reason) => {
  const { printer } = setUp({ stdout: recordedStream({ failure: systemError(code) }) });
  const result = printer.write(['key']);
  await expect(result).rejects.toThrow(DeliveryError);
  await expect(result).rejects.toThrow(reason);
  await expect(result).rejects.toHaveProperty('exitCode', 6);
});

test('a closed stdout is a failed delivery, the null device is not', async () => {
  const closed = setUp({ stdout: recordedStream({ state: 'closed' }) });
  await expect(closed.printer.write(['x'])).rejects.toThrow(DeliveryError);
  const nowhere = setUp({ stdout: recordedStream({ state: 'null-device' }) });
  await expect(nowhere.printer.write(['x'])).resolves.toBeUndefined();
});

test('a failure while a table is made is not taken for a failed delivery', async () => {
  const { printer } = setUp();
  const broken = (function* (): Generator<string> {
    yield 'a\n';
    throw new RangeError('bad row');
  })();
  await expect(printer.write(broken)).rejects.toThrow(RangeError);
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

test.each(['EPIPE', 'ECONNRESET'])(
  'a reader that went away (%s) is the end of the program, and no error to be told',
  async (code) => {
    const { printer, stderr } = setUp({ stdout: recordedStream({ failure: systemError(code) }) });
    const gone: unknown = await printer.write(['key']).catch((error: unknown) => error);
    expect(gone).toMatchObject({ exitCode: 141 });
    await printer.error(gone);
    expect(stderr.text()).toBe('');
  },
);

describe('what is said beside the result', () => {
  const say = async ({ printer, stderr }: ReturnType<typeof setUp>) => {
    await printer.warn('careful\u001b[2J');
    await printer.note('by the way');
    return stderr.text();
  };

  test.each(['text', 'json'] as const)('on a terminal is said at once: %s', async (output) => {
    const all = setUp({ output, isTTY: true });
    expect(await say(all)).toBe('⚠️ careful\\u001b[2J\nby the way\n');
    await all.printer.flush();
    expect(all.stderr.text()).toBe('⚠️ careful\\u001b[2J\nby the way\n');
  });

  test('off a terminal, in text form, a warning comes at once and a note only before an error', async () => {
    const good = setUp();
    expect(await say(good)).toBe('[WARN] careful\\u001b[2J\n');
    await good.printer.flush();
    expect(good.stderr.text()).toBe('[WARN] careful\\u001b[2J\n');
    const bad = setUp();
    await say(bad);
    await bad.printer.error(new UsageError('lost'));
    expect(bad.stderr.text()).toBe('[WARN] careful\\u001b[2J\nby the way\n[ERROR] lost\n');
  });

  test('off a terminal, under JSON, the error takes both into its one document', async () => {
    const { printer, stderr } = setUp({ output: 'json' });
    expect(await say({ printer, stderr } as ReturnType<typeof setUp>)).toBe('');
    await printer.error(new NotFoundError('No key', { hints: ['sts ingestion-api-key list'] }));
    await printer.flush();
    expect(JSON.parse(stderr.text())).toEqual({
      error: true,
      'error-message': 'No key\nsts ingestion-api-key list\n[WARN] careful\u001b[2J\nby the way',
      'exit-code': 8,
    });
  });

  test('off a terminal, under JSON, a warning is a line at the end where all went well, once, and a note is not told', async () => {
    const all = setUp({ output: 'json' });
    await say(all);
    await all.printer.flush();
    await all.printer.flush();
    expect(all.stderr.text()).toBe('[WARN] careful\\u001b[2J\n');
  });

  test('before a question all is said that was held back', async () => {
    const all = setUp({ output: 'json' });
    await say(all);
    await all.printer.sayHeld();
    expect(all.stderr.text()).toBe('[WARN] careful\\u001b[2J\nby the way\n');
  });
});

test("several errors are one after the other, and under JSON one document with the first one's code", async () => {
  const errors = [new NotFoundError('no 7', { hints: ['list'] }), new UsageError('no 8', { hints: ['list'] })];
  const text = setUp();
  await text.printer.error(...errors);
  expect(text.stderr.text()).toBe('[ERROR] no 7\n  list\n[ERROR] no 8\n  list\n');
  const json = setUp({ output: 'json' });
  await json.printer.error(...errors);
  expect(JSON.parse(json.stderr.text())).toEqual({ error: true, 'error-message': 'no 7\nno 8\nlist', 'exit-code': 8 });
});

describe('a status line', () => {
  test.each([20, 40, 80, 200])('fits a terminal of %i columns, counted as they show', async (columns) => {
    const stderr = recordedStream({ isTTY: true, columns });
    const { printer } = setUp({ stderr });
    expect(await printer.status('The old key 250558013078953 is deleted in 9m 5s. 日本語の説明'.repeat(5))).toBe(true);
    const shown = stderr.text().replace('\r', '');
    expect(displayWidth(shown)).toBeLessThan(columns);
    expect(displayWidth(shown)).toBeGreaterThan(columns - 4);
  });

  test('is gone before a line is written, and taken away by an empty one', async () => {
    const { printer, stderr } = setUp({ isTTY: true });
    await printer.status('waiting');
    await printer.warn('careful');
    await printer.status('still');
    await printer.status('');
    await printer.status('');
    expect(stderr.text()).toBe('\rwaiting\r\u001b[K⚠️ careful\n\rstill\r\u001b[K');
  });

  test('that is shorter than the one before leaves nothing of it', async () => {
    const { printer, stderr } = setUp({ isTTY: true });
    for (const line of ['in 10s', 'in 9s', 'in 8s']) await printer.status(line);
    expect(stderr.text()).toBe('\rin 10s\r\u001b[Kin 9s\rin 8s');
  });

  test.each([{}, { isTTY: true, color: false }])('is not shown where nothing is animated: %j', async (options) => {
    const { printer, stderr } = setUp(options);
    expect(await printer.status('waiting')).toBe(false);
    expect(stderr.text()).toBe('');
  });
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
  await Promise.all([printer.warn('a'), printer.note('b'), printer.verbose('c'), printer.error(new UsageError('d'))]);
  await printer.flush();
});

test('verbose lines appear with -v', async () => {
  const { printer, stderr } = setUp({ verbose: 1 });
  await printer.verbose('GET /server/info');
  expect(stderr.text()).toBe('GET /server/info\n');
  const silent = setUp();
  await silent.printer.verbose('GET /server/info');
  expect(silent.stderr.text()).toBe('');
});

test('whatever a message holds, nothing raw reaches a stream', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom('text', 'json'), async (message, output) => {
      const { printer, stderr } = setUp({ output: output === 'json' ? 'json' : 'text', verbose: 1 });
      await printer.warn(message);
      await printer.note(message);
      await printer.verbose(message);
      if (message.length % 2 === 0) await printer.flush();
      await printer.error(new UsageError(message, { hints: [message] }));
      const lines = (printer.success(message) + stderr.text()).split('\n');
      expect(lines.map(visible)).toEqual(lines);
    }),
  );
});
