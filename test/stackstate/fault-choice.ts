import type { Fault } from './faults.ts';

export interface FaultOptions<Request> {
  /** How many requests the fault affects; default all. */
  readonly times?: number;
  /** How many requests pass before the first one is affected. */
  readonly skip?: number;
  /** Selects requests of the route. Other requests are neither affected nor counted. Default: all. */
  readonly when?: (request: Request) => boolean;
}

/** A fault that was set for a route, with the numbers of requests that it still lets pass and still affects. */
export interface ActiveFault<Request> {
  readonly fault: Fault;
  readonly when: (request: Request) => boolean;
  skip: number;
  times: number;
}

/** Finds the fault that affects this request, if any, and counts the request. A fault for the route wins over one for `any`. */
export function takeFault<Route extends string, Request extends { readonly route: Route | undefined }>(
  faults: ReadonlyMap<Route | 'any', ActiveFault<Request>>,
  request: Request,
): Fault | undefined {
  const active = (request.route === undefined ? undefined : faults.get(request.route)) ?? faults.get('any');
  if (active === undefined || active.times <= 0 || !active.when(request)) return undefined;
  if (active.skip > 0) {
    active.skip -= 1;
    return undefined;
  }
  active.times -= 1;
  return active.fault;
}
