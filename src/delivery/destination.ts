import type { IssuedIngestionApiKey } from '../api/model.ts';

/** Where a key that is shown once goes. The order is prove, then deliver or abandon. */
export interface Destination {
  /** What it is, for messages: `standard output`, `the key file PATH`. */
  readonly description: string;
  /**
   * Makes as sure as can be that a delivery will succeed, before there is a key.
   * @throws DeliveryError (exit 6)
   */
  prove(): Promise<void>;
  /**
   * Hands the key over, whole or not at all.
   * @throws DeliveryError (exit 6) when the key did not arrive.
   */
  deliver(issued: IssuedIngestionApiKey): Promise<void>;
  /** Removes what prove() left behind. Harmless after a delivery, and when called twice. Never throws. */
  abandon(): Promise<void>;
}
