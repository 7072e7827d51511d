export type TokenKind = 'api-token' | 'service-token' | 'k8s-sa-token';

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
  /** Base URL without trailing slash. */
  readonly url: string;
  /** Path under the URL, with leading and without trailing slash. */
  readonly apiPath: string;
  readonly token: Token;
  /** PEM text of the authorities to trust besides the public roots. */
  readonly caCertificates?: string;
  readonly skipSsl: boolean;
  /** Deadline for one request, all of it, in milliseconds. */
  readonly timeoutMs: number;
  readonly contextName?: string;
  readonly sources: readonly SettingSource[];
}

/** The global flags as given on the command line; absent where not given. */
export interface GlobalOptions {
  readonly url?: string;
  readonly apiToken?: string;
  readonly serviceToken?: string;
  readonly k8sSaToken?: string;
  readonly k8sSaTokenPath?: string;
  readonly caCertPath?: string;
  readonly caCertBase64Data?: string;
  readonly skipSsl?: boolean;
  readonly context?: string;
  readonly config?: string;
  readonly timeout?: string;
  readonly output: 'text' | 'json' | 'wide';
  /** False with `--no-color`, true with `--no-color=false`. */
  readonly color?: boolean;
  readonly quiet?: boolean;
  /** How often `-v` was given, or the number that `--verbose` was given. */
  readonly verbose: number;
}

/** What the config file holds about one StackState. Absent members are not set. */
export interface Context {
  /** As written in the file; empty when the context has none. */
  readonly url: string;
  readonly apiToken?: string;
  readonly serviceToken?: string;
  readonly k8sSaToken?: string;
  readonly k8sSaTokenPath?: string;
  readonly apiPath?: string;
  readonly skipSsl?: boolean;
  readonly caCertPath?: string;
  readonly caCertBase64Data?: string;
}

export interface NamedContext {
  readonly name: string;
  readonly context: Context;
}
