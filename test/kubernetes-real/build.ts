import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The Go module that makes one binary of etcd, kube-apiserver and kube-controller-manager; seen from the top of the repository. */
const moduleFolder = resolve('test/kubernetes/server');

/** The Kubernetes that is built, as it tells its own version. */
const version = /k8s\.io\/kubernetes (v\S+)/.exec(readFileSync(join(moduleFolder, 'go.mod'), 'utf8'))?.[1] ?? '';

/** Whether this machine has Go. */
export function hasGo(): boolean {
  return spawnSync('go', ['version']).status === 0;
}

/** Where the binary stands, or will: in the user's cache, under a name that changes with what it is built of. */
export function binaryPath(): string {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(moduleFolder, name)));
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'kubernetes-for-tests', hash.digest('hex').slice(0, 16), 'kubernetes-for-tests');
}

/**
 * Builds the binary unless it is there: some ten minutes on two cores, a quarter of one where Go has its parts in its own cache.
 * @param say is told once before it begins.
 * @throws Error when Go refuses; its own words go to stderr.
 */
export async function buildKubernetes(say: (text: string) => void): Promise<string> {
  const path = binaryPath();
  if (existsSync(path)) return path;
  say(`Building Kubernetes ${version} from the Go module proxy into ${path}. The first time this takes about ten minutes.\n`);
  mkdirSync(join(path, '..'), { recursive: true });
  const draft = `${path}.${process.pid}`;
  const flags = `-s -w -X k8s.io/component-base/version.gitVersion=${version}`;
  const child = spawn('go', ['build', '-trimpath', `-ldflags=${flags}`, '-o', draft, '.'], {
    cwd: moduleFolder,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('exit', done));
  if (code !== 0) throw new Error(`go build in test/kubernetes/server ended with ${code}.`);
  renameSync(draft, path);
  return path;
}
