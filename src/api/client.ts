import { keyResource } from './keys.ts';
import type { StackStateApi } from './model.ts';
import { type ApiOptions, Requests } from './requests.ts';
import { serverResource } from './server.ts';
import { tokenResource } from './tokens.ts';

export type { ApiOptions } from './requests.ts';

/** A client for one StackState. Nothing is connected before the first call. */
export function createApi(options: ApiOptions): StackStateApi {
  const requests = new Requests(options);
  const [server, keys, tokens] = [serverResource(requests), keyResource(requests), tokenResource(requests)];
  return {
    server,
    keys,
    tokens,
    useToken: (token) => requests.useToken(token),
    close: () => requests.close(),
    serverInfo: server.info,
    listKeys: keys.list,
    createKey: keys.create,
    deleteKey: keys.delete,
    authorize: keys.authorize,
  };
}
