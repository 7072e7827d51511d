import { describe, expect, test } from 'vitest';
import { doubledApiPath, parseUrl } from '../../src/config/url.ts';
import { ConfigError } from '../../src/errors.ts';

describe('a URL', () => {
  test.each([
    ['https://a.example.com', 'https://a.example.com'],
    ['https://a.example.com/', 'https://a.example.com'],
    ['https://a.example.com//', 'https://a.example.com'],
    [' http://localhost:8080 ', 'http://localhost:8080'],
    ['HTTPS://A.example.com/Base/', 'https://a.example.com/Base'],
    ['https://a.example.com:443', 'https://a.example.com'],
    ['https://[::1]:8443', 'https://[::1]:8443'],
  ])('%j is taken as %s', (text, url) => {
    expect(parseUrl(text, '--url')).toEqual({ url, complete: url });
  });

  test.each([
    ['https://me:pass@a/', 'https://a', 'me:pass', 'https://me:pass@a'],
    ['https://me@a', 'https://a', 'me:', 'https://me@a'],
    ['https://me:@a:8443/x/', 'https://a:8443/x', 'me:', 'https://me@a:8443/x'],
    ['https://me:p%40s%2Fs%25@a', 'https://a', 'me:p@s/s%', 'https://me:p%40s%2Fs%25@a'],
    ['https://:pass@a', 'https://a', ':pass', 'https://:pass@a'],
    ['https://me:p@ss@a', 'https://a', 'me:p@ss', 'https://me:p%40ss@a'],
    ['https://me:p:s@a', 'https://a', 'me:p:s', 'https://me:p%3As@a'],
    ['https://m%C3%A9:p%C3%A4ss@a', 'https://a', 'mé:päss', 'https://m%C3%A9:p%C3%A4ss@a'],
  ])('%j has a user for HTTP Basic', (text, url, basicAuth, complete) => {
    expect(parseUrl(text, '--url')).toEqual({ url, basicAuth, complete });
  });

  test.each([
    ['a.example.com', 'must start with https:// or http://'],
    ['ftp://a.example.com', 'must start with https:// or http://'],
    ['https:a', 'must start with'],
    ['https://', 'is not a valid URL'],
    ['https://a b', 'contains a space'],
    ['https://a/\nb', 'contains a space, a backslash or a control character'],
    ['https://@a', 'has an @ without a user name'],
    ['https://:@a', 'has an @ without a user name'],
    ['https://me:secret%zz@a', 'has a user name or password with a % that does not encode a character'],
    ['https://me:secret%0a@a', 'has a control character in its user name or password'],
    ['https://me%3Asecret@a', 'has a colon in its user name'],
    // The password's slash ends the host: what follows would be shown as a path.
    ['https://me:1/secret@a', 'has an @ after its host'],
    ['https://me:1#secret@a', 'has an @ after its host'],
    ['https://me:sec@ret/secret@a', 'has an @ after its host'],
    ['https://a/?x=secret', 'must not contain a query'],
    ['https://a/?', 'must not contain a query'],
    ['https://a/#secret', 'must not contain a fragment'],
    ['https://a:99999', 'is not a valid URL'],
    ['https://me:secret@a:99999', 'is not a valid URL'],
  ])('%j is refused without being repeated', (text, reason) => {
    const attempt = () => parseUrl(text, '--url');
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(`The URL given by --url ${reason}`);
    try {
      attempt();
    } catch (error) {
      const { message, hints, cause } = error as ConfigError;
      expect([message, ...hints, String(cause)].join()).not.toContain('secret');
    }
  });
});

test.each([
  ['https://a/api', '/api', 'https://a'],
  ['https://a/gateway/api', '/api', 'https://a/gateway'],
  ['https://a/v2', '/v2', 'https://a'],
])('%s with the API path %s: drop it', (url, apiPath, right) => {
  expect(doubledApiPath(url, apiPath)).toBe(
    `The URL ends in ${apiPath}, and ${apiPath} is added to it. If the server is not found there, drop ${apiPath}: --url ${right}`,
  );
});

test.each([
  ['https://api', '/api'],
  ['https://a', '/api'],
  ['https://a/api', ''],
  ['https://a/myapi', '/api'],
  ['https://a/api/x', '/api'],
])('%s with the API path %j is as it should be', (url, apiPath) => {
  expect(doubledApiPath(url, apiPath)).toBeUndefined();
});
