import type { StsError } from '../errors.ts';
import type { HttpResponse } from '../http/transport.ts';
import { looksLikeHtml } from './decode.ts';
import type { CallOptions, TokenVerdict } from './model.ts';
import type { Requests } from './requests.ts';

/**
 * Asks whether a service token is accepted: first the API, then the receiver, which takes the data of agents and collectors.
 * @throws the error for a response that is not a verdict, because the server failed or a gateway refused the request.
 */
export async function validateToken(requests: Requests, token: string, call: CallOptions): Promise<TokenVerdict> {
  // Such a text cannot be sent in a header, so it cannot be a token.
  if (/\p{Cc}/u.test(token)) return 'invalid';
  // undici writes headers as Latin-1. With this conversion, characters beyond ASCII are sent as UTF-8.
  const value = Buffer.from(token).toString('latin1');
  const byApi = await askApi(requests, value, token, call);
  return byApi === 'invalid' ? byApi : ((await askReceiver(requests, value, token, call)) ?? byApi);
}

/** `GET /server/info` with the token. 401 means invalid. 403 means a valid token without the permission for this request. */
async function askApi(requests: Requests, value: string, token: string, call: CallOptions): Promise<TokenVerdict> {
  const path = requests.path(['server', 'info']);
  const response = await requests.read({ method: 'GET', path }, call, { token: { kind: 'service-token', value } });
  if (response.status === 404 || response.status < 400)
    return isPage(response) || response.status >= 300 ? 'unverifiable' : 'valid';
  if (isPage(response) || (response.status !== 401 && response.status !== 403)) throw await noVerdict(requests, response, token);
  return response.status === 401 ? 'invalid' : 'valid';
}

/** `GET /receiver/stsAgent/api/v1/validate`; undefined if there is no receiver. */
async function askReceiver(
  requests: Requests,
  value: string,
  token: string,
  call: CallOptions,
): Promise<TokenVerdict | undefined> {
  const path = requests.rootPath(['receiver', 'stsAgent', 'api', 'v1', 'validate']);
  const headers = { 'sts-api-key': value };
  const response = await requests.read({ method: 'GET', path, headers }, call, { token: undefined });
  const { status } = response;
  if (isPage(response) || status === 404 || status === 405 || status === 501 || (status >= 300 && status < 400)) return undefined;
  if (status === 403) return 'invalid';
  if (status < 300) return 'valid';
  throw await noVerdict(requests, response, token);
}

function isPage({ contentType, body }: HttpResponse): boolean {
  return looksLikeHtml(contentType, body);
}

function noVerdict(requests: Requests, response: HttpResponse, token: string): Promise<StsError> {
  return requests.refusal(response, [], token);
}
