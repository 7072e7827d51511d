import { BlockList, isIP, isIPv4 } from 'node:net';
import { ConfigError } from '../errors.ts';
import { visible } from '../escape.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The properties of a proxy that may be shown. None of them is a secret. */
export interface ProxyLabel {
  /** `host:port` */
  readonly name: string;
  /** The setting that names the proxy: the environment variable, in its own upper or lower case, or another setting. */
  readonly variable: string;
  readonly fromEnvironment: boolean;
  /** Whether the setting has a user or a password. */
  readonly hasUser: boolean;
}

export interface HttpProxy {
  readonly url: URL;
  /** Value of the Proxy-Authorization header, if the proxy's URL has a user or a password. Never logged. */
  readonly authorization?: string;
  readonly label: ProxyLabel;
}

/**
 * Finds the proxy for a target in HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in lower or upper case. Lower case wins, as in curl. Loopback
 * targets are always reached directly.
 * @throws ConfigError when the proxy's URL is invalid or has a scheme that is not supported.
 */
export function proxyFor(target: URL, env: Environment): HttpProxy | undefined {
  const lower = target.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const variable = env[lower] ? lower : lower.toUpperCase();
  const value = env[variable]?.trim();
  if (!value || isLoopback(hostOf(target)) || isExcluded(target, env['no_proxy'] || env['NO_PROXY'] || '')) return undefined;
  return proxyAt(value, { variable, fromEnvironment: true });
}

/**
 * Reads the URL of a proxy. The scheme may be missing.
 * @throws ConfigError whose message leaves out the URL, because it may hold a password.
 */
export function proxyAt(value: string, from: Pick<ProxyLabel, 'variable' | 'fromEnvironment'>): HttpProxy {
  const { variable } = from;
  const url = parsed(value);
  const credentials = url && credentialsOf(url);
  if (url === undefined || credentials === undefined || value.includes('\\') || !isBare(url)) {
    throw new ConfigError(
      `The proxy in ${variable} is not a valid proxy URL. It must have the form http://HOST:PORT, with nothing after the port.`,
      {
        hints: [
          `Set ${variable}=http://HOST:PORT or ${variable}=http://USER:PASSWORD@HOST:PORT, or unset it.`,
          'Percent-encode special characters in the user and the password: % as %25, # as %23, / as %2F, ? as %3F, @ as %40, \\ as %5C.',
        ],
      },
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ConfigError(
      `The proxy in ${variable} has the scheme ${visible(url.protocol.slice(0, -1))}, which is not supported.`,
      { hints: [`Set ${variable}=http://HOST:PORT (or https://), or unset it.`] },
    );
  }
  const label = { ...from, name: `${url.hostname}:${portOf(url)}`, hasUser: credentials !== '' };
  return { url, label, ...(credentials === '' ? {} : { authorization: basic(credentials) }) };
}

/** The value of a header for HTTP Basic. @param credentials `user:password`. */
export function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** The `user:password` of a URL, decoded. Empty if the URL has none; undefined if the encoding is wrong. */
export function credentialsOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return '';
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return undefined;
  }
}

/** The port of a URL, or the default port of its scheme. */
export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

function parsed(value: string): URL | undefined {
  const url = value.includes('://') ? value : `http://${value}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** Whether a URL has nothing after its port. */
function isBare({ pathname, search, hash, hostname }: URL): boolean {
  return hostname !== '' && (pathname === '/' || pathname === '') && search === '' && hash === '';
}

/** The host of a URL without the brackets of an IPv6 address and without the root dot. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** Whether a host is this machine. That includes the unspecified addresses (0.0.0.0 and ::), which a proxy would take as its own. */
function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  if (isIPv4(host)) return host.startsWith('127.') || host === '0.0.0.0';
  // A URL writes an IPv4-mapped IPv6 address in hexadecimal: 127.0.0.1 is 7f00:1.
  return host === '::1' || host === '::' || /^::ffff:(7f[0-9a-f]{2}:|0:0$)/.test(host);
}

function isExcluded(target: URL, list: string): boolean {
  const host = hostOf(target);
  const port = String(portOf(target));
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && covers(entry, host, port));
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inNetwork(entry, host);
  const withPort = /^(.+):(\d+)$/.exec(entry);
  const named = withPort && isIP(entry) === 0 ? { host: withPort[1] ?? '', port: withPort[2] } : { host: entry, port };
  const name = named.host.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  return named.port === port && (host === name || (isIP(host) === 0 && host.endsWith(`.${name}`)));
}

function inNetwork(network: string, host: string): boolean {
  const [address = '', bits = ''] = network.split('/');
  if (isIP(host) === 0 || isIP(host) !== isIP(address) || !/^\d{1,3}$/.test(bits)) return false;
  const type = isIPv4(host) ? 'ipv4' : 'ipv6';
  try {
    const list = new BlockList();
    list.addSubnet(address, Number(bits), type);
    return list.check(host, type);
  } catch {
    return false;
  }
}
