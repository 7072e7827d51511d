import net, { type Socket } from 'node:net';

/** How long to wait for one address before the next one is tried as well, in milliseconds. */
const headStartMs = 250;

/** Error codes to report first if the addresses of a host fail for different reasons. */
const telling = ['ECONNREFUSED', 'ETIMEDOUT', 'ECONNRESET', 'EACCES', 'EPERM'];

/**
 * Connects over TCP (happy eyeballs, RFC 8305). The addresses of a host are tried one after another, 250 ms apart, and every attempt
 * continues until one succeeds. Node's own implementation gives up each attempt after 250 ms, so that a slow address never gets connected.
 * @param host name or IP address, without brackets.
 * @param signal cancels all attempts. Its reason is thrown.
 * @throws the system's error; an AggregateError when several addresses failed.
 */
export async function dial(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const addresses = net.isIP(host) === 0 ? await addressesOf(host) : [host];
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>();
    const errors: Error[] = [];
    let next = 0;
    let timer: NodeJS.Timeout | undefined;
    const settle = (winner?: Socket) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      for (const socket of open) if (socket !== winner) socket.destroy();
    };
    const giveUp = () => {
      settle();
      reject(signal.reason);
    };
    const tryNext = () => {
      clearTimeout(timer);
      const socket = connect(addresses[next++] ?? host, port);
      open.add(socket);
      const fail = (error: Error) => {
        open.delete(socket);
        errors.push(error);
        if (next < addresses.length) tryNext();
        else if (open.size === 0) {
          settle();
          reject(errors.length === 1 ? error : new AggregateError(errors.sort(byTelling), 'no address could be reached'));
        }
      };
      socket.once('error', fail);
      socket.once('connect', () => {
        socket.removeListener('error', fail);
        settle(socket);
        resolve(socket);
      });
      if (next < addresses.length) timer = setTimeout(tryNext, headStartMs);
    };
    signal.addEventListener('abort', giveUp);
    tryNext();
  });
}

// The options undici uses for its own sockets.
const manner = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, highWaterMark: 65_536 };

function connect(host: string, port: number): Socket {
  const options = { ...manner, host, port, autoSelectFamily: false };
  // An attempt that was not used must not crash the program when it fails later.
  return net.connect(options).on('error', () => {});
}

/** The addresses in the order of the system, alternating between IPv6 and IPv4. */
async function addressesOf(host: string): Promise<string[]> {
  const { default: dns } = await import('node:dns');
  const found = await new Promise<{ readonly address: string; readonly family: number }[]>((resolve, reject) => {
    dns.lookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
  const first = found.filter(({ family }) => family === found[0]?.family);
  const second = found.filter(({ family }) => family !== found[0]?.family);
  return first
    .flatMap((entry, index) => [entry, ...second.slice(index, index + 1)])
    .concat(second.slice(first.length))
    .map(({ address }) => address);
}

function byTelling(a: Error, b: Error): number {
  return rank(a) - rank(b);
}

function rank(error: Error): number {
  const at = 'code' in error && typeof error.code === 'string' ? telling.indexOf(error.code) : -1;
  return at < 0 ? telling.length : at;
}
