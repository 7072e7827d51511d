import { keyResource } from './keys.ts';
import type { StackStateApi } from './model.ts';
import { type ApiOptions, Requests } from './requests.ts';
import { serverResource } from './server.ts';
import { tokenResource } from './tokens.ts';

export { TrustStores } from '../http/trust.ts';
export type { ApiOptions } from './requests.ts';

/** A client for one StackState. Nothing is connected before the first call. */
export function createApi(options: ApiOptions): StackStateApi {
  const requests = new Requests(options);
  return {
    server: serverResource(requests),
    keys: keyResource(requests),
    tokens: tokenResource(requests),
    useToken: (token) => requests.useToken(token),
    close: () => requests.close(),
  };
}
