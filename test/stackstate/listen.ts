import type { AddressInfo, Server } from 'node:net';

/**
 * Opens a server on 127.0.0.1.
 * @param port 0 for any free one.
 * @returns the port it listens on.
 * @throws the system error (EADDRINUSE, EACCES ...) when the port cannot be opened.
 */
export async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return address.port;
}
