import { describe, expect, expectTypeOf, test } from 'vitest';
import { contextEntries, shownEntries } from '../../src/config/keys.ts';
import type { Context, GlobalOptions } from '../../src/config/model.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { MASK, SETTINGS, type Setting, shownValue } from '../../src/config/table.ts';

const rows = Object.entries<Setting>(SETTINGS);

/** A context that has every setting, each with a value of its own. */
const full: Context = {
  url: 'https://me:pass-url@a.example.com',
  apiToken: 'value-api',
  serviceToken: 'value-service',
  k8sSaToken: 'value-k8s',
  k8sSaTokenPath: '/value-path',
  apiPath: '/value-api-path',
  adminApiPath: '/value-admin-api-path',
  skipSsl: true,
  caCertPath: '/value-ca',
  caCertBase64Data: 'value-data',
};

test('the flags and their variables are those that scripts know', () => {
  const flags = rows.flatMap(([, { flag, short, variable }]) => (flag === undefined ? [] : [[flag, short, variable]]));
  expect(flags).toEqual([
    ['url', undefined, 'STS_CLI_URL'],
    ['api-token', undefined, 'STS_CLI_API_TOKEN'],
    ['service-token', undefined, 'STS_CLI_SERVICE_TOKEN'],
    ['k8s-sa-token', undefined, 'STS_CLI_K8S_SA_TOKEN'],
    ['k8s-sa-token-path', undefined, 'STS_CLI_K8S_SA_TOKEN_PATH'],
    ['skip-ssl', undefined, 'STS_SKIP_SSL'],
    ['ca-cert-path', undefined, 'STS_CA_CERT_PATH'],
    ['ca-cert-base64-data', undefined, 'STS_CA_CERT_BASE64_DATA'],
    ['context', 'c', 'STS_CLI_CONTEXT'],
    ['config', undefined, undefined],
    ['timeout', undefined, 'STS_CLI_TIMEOUT'],
    ['output', 'o', undefined],
    ['no-color', undefined, 'NO_COLOR'],
    ['quiet', 'q', undefined],
    ['verbose', 'v', undefined],
  ]);
  expect(SETTINGS.apiPath).toMatchObject({ variable: 'STS_CLI_API_PATH', key: 'api-path', default: '/api' });
});

test('no two settings share a flag, a short flag, a variable or a key', () => {
  for (const column of ['flag', 'short', 'variable', 'key'] as const) {
    const names = rows.flatMap(([, row]) => row[column] ?? []);
    expect(new Set(names).size, column).toBe(names.length);
  }
});

test('the options of the command line have the types of their rows', () => {
  expectTypeOf<GlobalOptions['url']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<GlobalOptions['skipSsl']>().toEqualTypeOf<boolean | undefined>();
  expectTypeOf<GlobalOptions['output']>().toEqualTypeOf<'text' | 'json' | 'wide' | 'prometheus'>();
  expectTypeOf<GlobalOptions['verbose']>().toEqualTypeOf<number>();
  expectTypeOf<GlobalOptions['color']>().toEqualTypeOf<boolean | undefined>();
  expectTypeOf<Context['url']>().toEqualTypeOf<string>();
  expectTypeOf<Context['skipSsl']>().toEqualTypeOf<boolean | undefined>();
  // No flag of its own for every command, so it is no global option.
  expectTypeOf<GlobalOptions>().not.toHaveProperty('apiPath');
});

describe('every setting of a context', () => {
  test('is written, and read back as it was', () => {
    const entries = contextEntries(full);
    expect(entries.map(([key]) => key)).toEqual(rows.flatMap(([, { key }]) => key ?? []));
    const source = `contexts:\n  - name: a\n    context: ${JSON.stringify(Object.fromEntries(entries))}\n`;
    expect(parseConfig('/c.yaml', source).contexts).toEqual([{ name: 'a', context: full }]);
  });

  test('is shown, unless it is a secret', () => {
    const shown = Object.fromEntries(shownEntries(full));
    for (const [, { key, secret }] of rows) {
      if (key === undefined || key === 'url') continue;
      const written = Object.fromEntries(contextEntries(full))[key];
      expect(shown[key], key).toBe(secret ? MASK : written);
    }
    expect(shown['url']).toBe('https://a.example.com');
    expect(JSON.stringify(shown)).not.toMatch(/pass-url|value-(?:api|service|k8s)"/);
  });

  test('is shown to who asks for the secrets', () => {
    expect(shownEntries(full, true)).toEqual(contextEntries(full));
  });
});

test.each([
  ['https://me:secret@a.example.com/x', 'https://a.example.com/x'],
  ['https://me@a.example.com', 'https://a.example.com'],
  ['https://me:sec@ret@a.example.com', 'https://a.example.com'],
  ['https://a.example.com/me@x', 'https://a.example.com/me@x'],
  ['HTTP://me:secret@a', 'HTTP://a'],
])('the URL %s is shown as %s', (url, shown) => {
  expect(shownValue('url', url)).toBe(shown);
});
