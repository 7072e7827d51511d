import { expect, test } from 'vitest';
import { OutcomeUnknownError, ServerError, StsError, UnauthorizedError } from '../src/errors.ts';

test('an error that is added to stays of its class and keeps its facts', () => {
  const first = new OutcomeUnknownError('It was sent.', { sentAt: 5, status: 200, keyId: 7n, hints: ['Look.'] });
  const second = first.because('The key 7 was deleted again.', { hints: ['Try again.'] });
  expect(second).toBeInstanceOf(OutcomeUnknownError);
  expect(second).toMatchObject({ name: 'OutcomeUnknownError', exitCode: 11, sentAt: 5, status: 200, keyId: 7n });
  expect(second.message).toBe('It was sent. The key 7 was deleted again.');
  expect(second.hints).toEqual(['Try again.']);
  expect(second.cause).toBe(first);
  expect(first).toMatchObject({ message: 'It was sent.', hints: ['Look.'] });
});

test('an error that is added to keeps its hints unless others are given, and may be added to again', () => {
  const first = new ServerError('No.', { status: 409, reason: 'taken', hints: ['Look.'] });
  expect(first.because('Once.').because('Twice.')).toMatchObject({
    message: 'No. Once. Twice.',
    status: 409,
    reason: 'taken',
    hints: ['Look.'],
  });
});

test.each([new StsError(6, 'a'), new UnauthorizedError('a')])('%o is added to as what it is', (error) => {
  expect(error.because('b').constructor).toBe(error.constructor);
  expect(error.because('b').exitCode).toBe(error.exitCode);
});
