import * as z from 'zod/mini';
import { looksLikeHtml } from './decode.ts';
import type { CallOptions, ServerInfo, ServerResource } from './model.ts';
import { type Requests, tryDecode } from './requests.ts';

const info = z.object({
  version: z.object({
    major: z.bigint(),
    minor: z.bigint(),
    patch: z.bigint(),
    diff: z.optional(z.string()),
    commit: z.optional(z.string()),
    isDev: z.optional(z.boolean()),
  }),
  deploymentMode: z.optional(z.string()),
  platformVersion: z.optional(z.nullable(z.string())),
});

const infoPath = ['server', 'info'] as const;

export function serverResource(requests: Requests): ServerResource {
  return {
    async info(call: CallOptions = {}) {
      const response = await requests.read({ method: 'GET', path: requests.path(infoPath) }, call);
      if (response.status === 404) throw (await import('./missing.ts')).noApi(requests);
      if (response.status !== 200) throw await requests.refusal(response, []);
      const read = readServerInfo(tryDecode(response));
      if (read !== undefined) return read;
      if (looksLikeHtml(response.contentType, response.body)) throw (await import('./missing.ts')).noApi(requests);
      throw requests.senseless(`did not respond as StackState does to ${requests.path(infoPath)}`);
    },
  };
}

/** @returns undefined if the response is not a server info. */
function readServerInfo(value: unknown): ServerInfo | undefined {
  const parsed = info.safeParse(value);
  if (!parsed.success) return undefined;
  const { version, deploymentMode, platformVersion } = parsed.data;
  return {
    version: {
      major: Number(version.major),
      minor: Number(version.minor),
      patch: Number(version.patch),
      diff: version.diff ?? '',
      commit: version.commit ?? '',
      isDev: version.isDev ?? false,
    },
    deploymentMode: deploymentMode ?? '',
    ...(platformVersion == null ? {} : { platformVersion }),
  };
}
