import type { Fault } from './faults.ts';

export interface FaultOptions<Request> {
  /** How many requests it hits; default all. */
  readonly times?: number;
  /** How many requests go through first. */
  readonly skip?: number;
  /** Which requests of the route it is for; the others are neither hit nor counted. Default all. */
  readonly when?: (request: Request) => boolean;
}

/** A fault that was set for a route, and how many requests it still lets through and hits. */
export interface ActiveFault<Request> {
  readonly fault: Fault;
  readonly when: (request: Request) => boolean;
  skip: number;
  times: number;
}

/** The fault that hits this request, if any; counts it. A fault of the route itself goes before one of `any`. */
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
