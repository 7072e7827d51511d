import type { ServerInfo } from '../../api/model.ts';
import type { Settings } from '../../config/model.ts';
import type { Session } from '../verb.ts';

/** Connects with these settings: `GET /server/info`. @throws as `server.info`. */
export async function serverInfo(session: Session, settings: Settings): Promise<ServerInfo> {
  const api = await session.apiFor(settings);
  return session.progress.waiting('Asking the server', () => api.server.info({ signal: session.world.interrupt }));
}

/** That the server responded, and what it is: the reference's own sentence. @param url without user and password. */
export function connectionVerified(url: string, { platformVersion, version }: ServerInfo): string {
  const which =
    platformVersion === undefined ? `StackState version: ${versionText(version)}` : `Platform version: ${platformVersion}`;
  return `Connection verified to ${url} (${which})`;
}

function versionText({ major, minor, patch, diff, commit, isDev }: ServerInfo['version']): string {
  const parts = [diff === '' ? '' : `+${diff}`, commit === '' ? '' : `-${commit}`, isDev ? '-dev' : ''];
  return `${major}.${minor}.${patch}${parts.join('')}`;
}
