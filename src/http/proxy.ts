import { BlockList, isIP, isIPv4 } from 'node:net';
import { ConfigError } from '../errors.ts';
import { visible } from '../escape.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What may be said about a proxy: nothing in it is a secret. */
export interface ProxyLabel {
  /** `host:port` */
  readonly name: string;
  /** The environment variable that names it, as it is spelled there. */
  readonly variable: string;
  /** Whether it is given a user. */
  readonly hasUser: boolean;
}

export interface HttpProxy {
  readonly url: URL;
  /** Value of the Proxy-Authorization header, where the proxy's URL has a user. Never logged. */
  readonly authorization?: string;
  readonly label: ProxyLabel;
}

/**
 * The proxy to use for a target, from HTTPS_PROXY, HTTP_PROXY and NO_PROXY in lower or upper case; the lower case wins as in curl.
 * Loopback targets are always direct.
 * @throws ConfigError when the proxy's URL is invalid or of a kind that is not supported.
 */
export function proxyFor(target: URL, env: Environment): HttpProxy | undefined {
  const lower = target.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const variable = env[lower] ? lower : lower.toUpperCase();
  const value = env[variable]?.trim();
  if (!value || isLoopback(hostOf(target)) || isExcluded(target, env['no_proxy'] || env['NO_PROXY'] || '')) return undefined;
  let url: URL;
  let authorization: string | undefined;
  try {
    url = new URL(value.includes('://') ? value : `http://${value}`);
    if (url.username) {
      const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      authorization = `Basic ${Buffer.from(user).toString('base64')}`;
    }
  } catch {
    // Without the value: it may hold a password.
    throw new ConfigError(`The proxy in ${variable} is not a valid URL.`, {
      hints: [`Set ${variable}=http://HOST:PORT, or unset it.`],
    });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ConfigError(
      `The proxy in ${variable} has the scheme ${visible(url.protocol.slice(0, -1))}, which is not supported.`,
      {
        hints: [`Set ${variable}=http://HOST:PORT (or https://), or unset it.`],
      },
    );
  }
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const label = { name: `${url.hostname}:${port}`, variable, hasUser: authorization !== undefined };
  return { url, label, ...(authorization === undefined ? {} : { authorization }) };
}

/** The host of a URL without the brackets of an IPv6 address and without the root dot. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** Whether a host is this machine. The unspecified addresses lead there as well, and a proxy would take them for itself. */
function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  if (isIPv4(host)) return host.startsWith('127.') || host === '0.0.0.0';
  // URLs spell an IPv4 address within IPv6 in hexadecimal: 127.0.0.1 is 7f00:1.
  return host === '::1' || host === '::' || /^::ffff:(7f[0-9a-f]{2}:|0:0$)/.test(host);
}

function isExcluded(target: URL, list: string): boolean {
  const host = hostOf(target);
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
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
