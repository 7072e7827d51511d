import type { Destination, Issued } from '../credentials/ports.ts';

/** How a secret is shown on stdout. */
export interface SecretOutput {
  /** @throws DeliveryError when nobody could read it. */
  prove(): void;
  /** @throws DeliveryError when it was not taken. */
  show(issued: Issued): Promise<void>;
}

/** Standard output: the secret is written at once, and nothing is remembered. */
export function stdoutDestination(output: SecretOutput): Destination {
  return {
    description: 'standard output',
    flags: '',
    readersNeedMs: 0,
    async open() {},
    async prove() {
      output.prove();
    },
    current: async () => undefined,
    deliver: (issued) => output.show(issued),
    async close() {},
  };
}
