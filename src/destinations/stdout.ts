import type { Destination, Issued } from '../credentials/ports.ts';

/** Shows a secret on stdout. */
export interface SecretOutput {
  /** @throws DeliveryError when stdout is closed or is the null device. */
  prove(): void;
  /** @throws DeliveryError when the secret could not be written. */
  show(issued: Issued): Promise<void>;
}

/** Standard output. The secret is written at once, and no journal is kept. */
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
