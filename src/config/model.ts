import type { ContextMember, NamesWith, SETTINGS, TokenKind, ValueOf } from './table.ts';

export type { TokenKind } from './table.ts';

export interface Token {
  readonly kind: TokenKind;
  /** Trimmed, printable ASCII. Never logged. */
  readonly value: string;
}

/** The source of a setting, for `--verbose`: `flag --url`, `environment STS_CLI_URL`, `PATH:LINE`, `default`. */
export interface SettingSource {
  readonly setting: string;
  readonly source: string;
  /** Present only if the value is not a secret. */
  readonly value?: string;
}

/** Everything that is needed to connect to one StackState. */
export interface Settings {
  /** Base URL without a trailing slash, and without its user name and password. */
  readonly url: string;
  /** `user:password` of the URL, decoded, to be sent as HTTP Basic. Never logged. */
  readonly basicAuth?: string;
  /** Path under the URL, with a leading slash and without a trailing one. */
  readonly apiPath: string;
  readonly token: Token;
  /** PEM text of the CA certificates to trust besides the public roots. */
  readonly caCertificates?: string;
  readonly skipSsl: boolean;
  /** Deadline for one whole request, in milliseconds. */
  readonly timeoutMs: number;
  readonly contextName?: string;
  readonly sources: readonly SettingSource[];
}

type Rows = typeof SETTINGS;

/** The flags that have a value even if they are not given. */
type CompletedFlag = NamesWith<'flag'> & NamesWith<'initial'>;

/**
 * The global flags of the command line. A flag that was not given is absent. `color` is false for `--no-color` and true for
 * `--no-color=false`. `verbose` is the number of `-v`, or the value of `--verbose`.
 */
export type GlobalOptions = { readonly [Name in CompletedFlag]: ValueOf<Rows[Name]> } & {
  readonly [Name in Exclude<NamesWith<'flag'>, CompletedFlag>]?: ValueOf<Rows[Name]>;
};

/** The settings of one context of the config file. Absent members are not set. The URL is empty if the context has none. */
export type Context = { readonly url: string } & {
  readonly [Name in Exclude<ContextMember, 'url'>]?: ValueOf<Rows[Name]>;
};

export interface NamedContext {
  readonly name: string;
  readonly context: Context;
}
