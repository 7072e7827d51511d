/** The kinds of tokens. Each kind is sent in its own header. */
export type TokenKind = 'api-token' | 'service-token' | 'k8s-sa-token';

/** One setting of the program. Every module that needs to know about a setting reads this row. */
export interface Setting {
  /** The flag without its dashes; undefined if there is none. */
  readonly flag?: string;
  readonly short?: string;
  /** The placeholder for the value in the help; undefined for a boolean. */
  readonly value?: string;
  /** The environment variable. */
  readonly variable?: string;
  /** The key in a context of the config file. */
  readonly key?: string;
  /** Whether the value must never be shown, neither in `context list` nor with `-v` nor in an error. */
  readonly secret: boolean;
  /** Makes a value safe to show that is not a secret itself, but may contain one. */
  readonly shown?: (value: string) => string;
  /** The kind of token that the setting gives. Exactly one of these settings is used. */
  readonly token?: TokenKind;
  /** The value if nobody gives one. */
  readonly default?: string;
  /** The parser's value for the flag if it is not on the command line; undefined: no value. */
  readonly initial?: string | number | boolean;
  readonly help: string;
  /** The values that completion offers. */
  readonly complete?: readonly string[] | 'file' | 'context';
}

/**
 * Every setting, by its name in the program. The types of the options are derived from this table, so the compiler finds code that misses a
 * setting.
 */
export const SETTINGS = {
  url: {
    flag: 'url',
    value: 'url',
    variable: 'STS_CLI_URL',
    key: 'url',
    secret: false,
    shown: withoutUserInfo,
    help: 'URL of StackState',
  },
  apiToken: {
    flag: 'api-token',
    value: 'token',
    variable: 'STS_CLI_API_TOKEN',
    key: 'api-token',
    secret: true,
    token: 'api-token',
    help: 'API token, "-" to read it from stdin',
  },
  serviceToken: {
    flag: 'service-token',
    value: 'token',
    variable: 'STS_CLI_SERVICE_TOKEN',
    key: 'service-token',
    secret: true,
    token: 'service-token',
    help: 'service token, "-" to read it from stdin',
  },
  k8sSaToken: {
    flag: 'k8s-sa-token',
    value: 'token',
    variable: 'STS_CLI_K8S_SA_TOKEN',
    key: 'k8s-sa-token',
    secret: true,
    token: 'k8s-sa-token',
    help: 'Kubernetes service-account token, "-" to read it from stdin',
  },
  k8sSaTokenPath: {
    flag: 'k8s-sa-token-path',
    value: 'path',
    variable: 'STS_CLI_K8S_SA_TOKEN_PATH',
    key: 'k8s-sa-token-path',
    secret: false,
    token: 'k8s-sa-token',
    help: 'file that holds the Kubernetes service-account token',
    complete: 'file',
  },
  apiPath: {
    value: 'path',
    variable: 'STS_CLI_API_PATH',
    key: 'api-path',
    secret: false,
    default: '/api',
    help: 'path of the API under the URL',
  },
  adminApiPath: {
    value: 'path',
    key: 'admin-api-path',
    secret: false,
    default: '/admin',
    help: 'path of the admin API, for the Go CLI: this program keeps and shows it',
  },
  skipSsl: {
    flag: 'skip-ssl',
    variable: 'STS_SKIP_SSL',
    key: 'skip-ssl',
    secret: false,
    default: 'false',
    help: "do not verify the server's certificate",
  },
  caCertPath: {
    flag: 'ca-cert-path',
    value: 'path',
    variable: 'STS_CA_CERT_PATH',
    key: 'ca-cert-path',
    secret: false,
    help: 'PEM file of CA certificates to trust besides the public ones',
    complete: 'file',
  },
  caCertBase64Data: {
    flag: 'ca-cert-base64-data',
    value: 'data',
    variable: 'STS_CA_CERT_BASE64_DATA',
    key: 'ca-cert-base64-data',
    secret: false,
    help: 'the same, base64; the path wins',
  },
  context: {
    flag: 'context',
    short: 'c',
    value: 'name',
    variable: 'STS_CLI_CONTEXT',
    secret: false,
    help: 'context of the config file to use',
    complete: 'context',
  },
  config: {
    flag: 'config',
    value: 'path',
    secret: false,
    help: 'path of the config file',
    complete: 'file',
  },
  timeout: {
    flag: 'timeout',
    value: 'duration',
    variable: 'STS_CLI_TIMEOUT',
    secret: false,
    default: '30s',
    help: 'deadline for one request, all of it',
  },
  output: {
    flag: 'output',
    short: 'o',
    value: 'format',
    secret: false,
    default: 'text',
    initial: 'text',
    help: 'output format: text or json; for lists also wide and prometheus',
    complete: ['text', 'json', 'wide', 'prometheus'],
  },
  color: {
    flag: 'no-color',
    variable: 'NO_COLOR',
    secret: false,
    help: 'no colour, no symbols, no animation',
  },
  quiet: {
    flag: 'quiet',
    short: 'q',
    secret: false,
    help: 'print the value alone: the key, the ids, the names',
  },
  verbose: {
    flag: 'verbose',
    short: 'v',
    secret: false,
    initial: 0,
    help: 'say on stderr what is being done; repeatable, or --verbose=2',
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof SETTINGS;

/** The settings that a context of the config file can hold. */
export type ContextMember = NamesWith<'key'>;

/** The settings that give a token. */
export type TokenMember = NamesWith<'token'>;

/** The type of the value of a row. */
export type ValueOf<Row> = Row extends { readonly complete: readonly (infer Word)[] }
  ? Word
  : Row extends { readonly initial: number }
    ? number
    : Row extends { readonly value: string }
      ? string
      : boolean;

/** The names of the rows that have a certain column. */
export type NamesWith<Column extends keyof Setting> = {
  [Name in SettingName]: Column extends keyof (typeof SETTINGS)[Name] ? Name : never;
}[SettingName];

/** The text to show in place of a secret. */
export const MASK = '********';

/** The value of a setting in a form that may be shown. */
export function shownValue(name: SettingName, value: string): string {
  const { secret, shown }: Setting = SETTINGS[name];
  return secret ? MASK : (shown?.(value) ?? value);
}

/** The names of the settings that have a certain column, in the order of the table. */
export function namesWith<Column extends keyof Setting>(column: Column): readonly NamesWith<Column>[] {
  const rows = Object.entries<Setting>(SETTINGS).filter(([, row]) => row[column] !== undefined);
  // The type is right, because the names come from the table and the rows have the column.
  return rows.map(([name]) => name) as NamesWith<Column>[];
}

/** A URL without its user name and password. */
export function withoutUserInfo(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}

/** The settings that choose the server and the token. */
export const SERVER_MEMBERS: readonly ('url' | TokenMember)[] = ['url', ...namesWith('token')];
