import { expect, test } from 'vitest';
import { hideSecrets } from '../../src/kubernetes/hide.ts';

const secret = 'iapikeyok-abcdefghij';

test.each([
  ['nothing of it', 'the object is immutable', 'the object is immutable'],
  ['all of it', `value ${secret} is bad`, 'value [hidden] is bad'],
  ['its beginning', 'value iapikeyok-abc... is bad', 'value [hidden]... is bad'],
  ['its end', 'value ...ok-abcdefghij is bad', 'value ...[hidden] is bad'],
  ['it twice', `${secret} and ${secret}`, '[hidden] and [hidden]'],
  ['less than eight characters in a row', 'iapikey', 'iapikey'],
])('a text that repeats %s', (_name, text, shown) => {
  expect(hideSecrets(text, [secret])).toBe(shown);
});

test('a short secret is hidden as a whole, a very short one would hide half of the alphabet', () => {
  expect(hideSecrets('the key abcdef and ab', ['abcdef', 'ab', ''])).toBe('the key [hidden] and ab');
});
