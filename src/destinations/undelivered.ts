import { DeliveryError, DeliveryUnknownError, StsError } from '../errors.ts';

/** What keeps a secret from being delivered ends in one exit code (6), whatever it is, unless it is not known whether it arrived (11). */
export function undelivered(error: StsError): StsError {
  if (error instanceof DeliveryError || error instanceof DeliveryUnknownError) return error;
  return new DeliveryError(error.message, { hints: error.hints, cause: error });
}

/** What is refused before there is a secret is said to have created nothing. */
export async function nothingCreated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StsError ? error.because('Nothing was created.') : error;
  }
}
