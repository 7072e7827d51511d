import { DeliveryError, DeliveryUnknownError, StsError } from '../errors.ts';

/** Gives an error that prevented a delivery exit code 6, whatever its cause. An unknown delivery keeps exit code 11. */
export function undelivered(error: StsError): StsError {
  if (error instanceof DeliveryError || error instanceof DeliveryUnknownError) return error;
  return new DeliveryError(error.message, { hints: error.hints, cause: error });
}

/** Runs a check that comes before the creation, and adds to its errors that nothing was created. */
export async function nothingCreated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StsError ? error.because('Nothing was created.') : error;
  }
}
