import type { ContextMember, NamesWith, SETTINGS, TokenKind, ValueOf } from './table.ts';

export type { TokenKind } from './table.ts';

export interface Token {
  readonly kind: TokenKind;
  /** Trimmed, printable ASCII. Never logged. */
  readonly value: string;
}

/** Where a setting came from, for `--verbose`: `flag --url`, `environment STS_CLI_URL`, `PATH:LINE`, `default`. */
export interface SettingSource {
  readonly setting: string;
  readonly source: string;
  /** Present only where the value is no secret. */
  readonly value?: string;
}

/** All that is needed to talk to one StackState. */
export interface Settings {
  /** Base URL without trailing slash, and without the user name and password that may have stood in it. */
  readonly url: string;
  /** `user:password` of the URL, decoded, to be sent as HTTP Basic. Never logged. */
  readonly basicAuth?: string;
  /** Path under the URL, with leading and without trailing slash. */
  readonly apiPath: string;
  readonly token: Token;
  /** PEM text of the CA certificates to trust besides the public roots. */
  readonly caCertificates?: string;
  readonly skipSsl: boolean;
  /** Deadline for one request, all of it, in milliseconds. */
  readonly timeoutMs: number;
  readonly contextName?: string;
  readonly sources: readonly SettingSource[];
}

type Rows = typeof SETTINGS;

/** The flags that have a value also where they are not given. */
type CompletedFlag = NamesWith<'flag'> & NamesWith<'initial'>;

/**
 * The global flags as given on the command line; absent where not given. `color` is false with `--no-color` and true with
 * `--no-color=false`; `verbose` is how often `-v` was given, or its number.
 */
export type GlobalOptions = { readonly [Name in CompletedFlag]: ValueOf<Rows[Name]> } & {
  readonly [Name in Exclude<NamesWith<'flag'>, CompletedFlag>]?: ValueOf<Rows[Name]>;
};

/** What the config file holds about one StackState. Absent members are not set; the URL is empty when the context has none. */
export type Context = { readonly url: string } & {
  readonly [Name in Exclude<ContextMember, 'url'>]?: ValueOf<Rows[Name]>;
};

export interface NamedContext {
  readonly name: string;
  readonly context: Context;
}
