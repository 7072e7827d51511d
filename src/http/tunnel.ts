import type { Socket } from 'node:net';
import { MalformedError, ProxyError } from './failure.ts';
import type { HttpProxy } from './proxy.ts';
import type { Open } from './secure.ts';

const longestHead = 16_384;
const endOfHead = '\r\n\r\n';

/**
 * Opens a tunnel through a proxy to another host with `CONNECT`. Any 2xx response opens it. 1xx responses are skipped.
 * @param open connects to the proxy.
 * @param authority `host:port` of the other end.
 * @throws ProxyError when the proxy cannot be reached, refuses, or does not respond with HTTP.
 */
export function tunnelled(open: Open, authority: string, proxy: HttpProxy, signal: AbortSignal): Open {
  return async () => {
    try {
      const socket = await open();
      const status = await requestTunnel(socket, authority, proxy, signal);
      if (status >= 200 && status < 300) return socket;
      socket.destroy();
      throw new ProxyError(proxy.label, undefined, status);
    } catch (error) {
      throw error instanceof ProxyError ? error : new ProxyError(proxy.label, error);
    }
  };
}

/** @returns the status of the response. Bytes after the headers stay in the socket. */
function requestTunnel(socket: Socket, authority: string, { authorization }: HttpProxy, signal: AbortSignal): Promise<number> {
  const credentials = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const settle = (done: () => void) => {
      socket.removeListener('readable', read).removeListener('end', end).removeListener('error', fail);
      signal.removeEventListener('abort', giveUp);
      done();
    };
    const fail = (error: unknown) =>
      settle(() => {
        socket.destroy();
        reject(error);
      });
    const giveUp = () => fail(signal.reason);
    const end = () => fail(new MalformedError('it closed the connection'));
    const read = () => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
        head = Buffer.concat([head, chunk]);
        const response = takeResponse(head);
        if (response === undefined) {
          if (head.length > longestHead) return fail(new MalformedError('its response has too many headers'));
          continue;
        }
        if (response.rest.length > 0) socket.unshift(response.rest);
        return response.status === undefined
          ? fail(new MalformedError('its response is not HTTP'))
          : settle(() => resolve(response.status ?? 0));
      }
    };
    socket.on('readable', read).once('end', end).once('error', fail);
    signal.addEventListener('abort', giveUp);
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`);
  });
}

/** The first response that is not a 1xx; undefined until its headers are complete. The status is undefined if it is not HTTP. */
function takeResponse(bytes: Buffer): { readonly status: number | undefined; readonly rest: Buffer } | undefined {
  const end = bytes.indexOf(endOfHead);
  if (end < 0) return undefined;
  const rest = bytes.subarray(end + endOfHead.length);
  const status = /^HTTP\/1\.[01] ([1-9]\d{2})(?: |\r|$)/.exec(bytes.subarray(0, end).toString('latin1'))?.[1];
  return status?.startsWith('1') ? takeResponse(rest) : { status: status === undefined ? undefined : Number(status), rest };
}
