import type { IssuedIngestionApiKey } from '../api/model.ts';
import { DeliveryError } from '../errors.ts';
import type { OutputStream } from '../platform/world.ts';
import { systemCode } from '../system.ts';
import type { Destination } from './destination.ts';

/**
 * Standard output as the key's destination.
 * @param render the text that shows the key, newline included.
 */
export function stdoutDestination(stdout: OutputStream, render: (issued: IssuedIngestionApiKey) => string): Destination {
  const hints = ['Write the key to a file instead: --key-file PATH'];
  return {
    description: 'standard output',
    async prove() {
      if (stdout.state === 'open') return;
      // Node opens the null device in place of a stdout that was closed: one cannot be told from the other.
      const state = 'closed or the null device';
      throw new DeliveryError(`Standard output is ${state}, so nobody could read the key.`, { hints });
    },
    async deliver(issued) {
      const text = render(issued);
      try {
        await stdout.write(text);
      } catch (error) {
        const code = systemCode(error);
        const reason = code === undefined ? '' : ` (${code})`;
        throw new DeliveryError(`The key could not be written to standard output${reason}.`, { hints, cause: error });
      }
    },
    async abandon() {},
  };
}
