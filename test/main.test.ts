import { describe, expect, test } from 'vitest';
import { InterruptedError } from '../src/errors.ts';
import { against, jsonOf, runSts, startForTest } from './support/run.ts';

const keys = 'ingestion-api-key';
const insecure = /The certificate of .* is not verified \(--skip-ssl\)/;

describe('under JSON', () => {
  test('an error is the one document on stderr, warnings at its end', async () => {
    const stackState = await startForTest();
    stackState.setFault('list', { kind: 'status', status: 403 });
    const result = await runSts([keys, 'list', '--skip-ssl', '-o', 'json', ...against(stackState)]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    const document = jsonOf(result.stderr);
    expect(document).toEqual({ error: true, 'error-message': expect.any(String), 'exit-code': 2 });
    const { 'error-message': message } = document as { 'error-message': string };
    const lines = message.split('\n');
    expect(lines[0]).toContain('does not allow this');
    expect(lines.at(-1)).toMatch(/^\[WARN\] /);
    expect(lines.at(-1)).toMatch(insecure);
  });

  test('a command that ends well says its warnings as lines, behind its result', async () => {
    const stackState = await startForTest();
    const order: string[] = [];
    const result = await runSts([keys, 'list', '--skip-ssl', '-o', 'json', ...against(stackState)], {
      stdout: { onWrite: () => void order.push('stdout') },
      stderr: { onWrite: () => void order.push('stderr') },
    });
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/^\[WARN\] .*\n$/);
    expect(result.stderr).toMatch(insecure);
    expect(order).toEqual(['stdout', 'stderr']);
  });

  test('an interrupt that is seen at the end is one document as well', async () => {
    const stackState = await startForTest();
    const interrupt = AbortSignal.abort(new InterruptedError('SIGTERM'));
    const result = await runSts([keys, 'list', '--skip-ssl', '-o', 'json', ...against(stackState)], { interrupt });
    expect(result.code).toBe(143);
    expect(jsonOf(result.stderr)).toMatchObject({ 'error-message': expect.stringMatching(insecure), 'exit-code': 143 });
  });

  test('who is asked has seen what the question is about', async () => {
    const stackState = await startForTest();
    stackState.seed({ id: 7n, name: 'ci' });
    const result = await runSts([keys, 'delete', '--name', 'ci', '-o', 'json', ...against(stackState)], {
      stdin: { isTTY: true, answers: ['n'] },
      stderr: { isTTY: true },
    });
    expect(result).toMatchObject({ code: 3, stdout: '', questions: [{ text: `Delete this key on ${stackState.url}? [y/N] ` }] });
    expect(result.stderr).toMatch(/^ID .*\n7 .*\nNothing was deleted\.\n$/);
  });

  test('lines of -v stay lines', async () => {
    const stackState = await startForTest();
    const result = await runSts([keys, 'list', '-v', '-o', 'json', ...against(stackState)]);
    expect(result.stderr).toMatch(/url=.* from flag --url\n/);
  });
});

describe('on a terminal', () => {
  const terminal = { stdout: { isTTY: true }, stderr: { isTTY: true } };

  test.each([
    ['is refused', ['version', 'extra'], 3],
    ['runs', [keys, 'list', '--api-token', 'a', '--service-token', 'b', '--url', 'http://h'], 1],
  ])('an error of a command line that %s has the symbol unless it was declined', async (_what, argv, code) => {
    expect(await runSts(argv, terminal)).toMatchObject({ code, stderr: expect.stringMatching(/^❌ /u) });
    for (const flag of ['--no-color', '--no-color=true', '--no-color=1']) {
      expect(await runSts([...argv, flag], terminal), flag).toMatchObject({ code, stderr: expect.stringMatching(/^\[ERROR\] /) });
    }
    expect(await runSts([...argv, '--no-color=false'], terminal)).toMatchObject({ code, stderr: expect.stringMatching(/^❌ /u) });
  });

  test('a value that looks like --no-color is a value', async () => {
    const result = await runSts([keys, 'create', '--name', '--no-color', 'extra'], terminal);
    expect(result).toMatchObject({ code: 3, stderr: expect.stringMatching(/^❌ /u) });
  });
});

test('what is no error of ours is a defect, shown and ended in 2', async () => {
  // It has the looks of one.
  const error = Object.assign(new Error('boom'), { exitCode: 8 });
  const result = await runSts([keys, 'list', '--url', 'http://127.0.0.1:9', '--api-token', '-'], {
    stdin: { isTTY: true, answers: [error] },
  });
  expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('This is a defect of sts') });
});
