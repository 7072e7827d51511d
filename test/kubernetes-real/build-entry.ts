// Builds the Kubernetes for `npm run test:kubernetes`, or finds it built: `npm run build:kubernetes`. With `-- --is-built` it only says by
// its exit code whether it is.
import { existsSync } from 'node:fs';
import { binaryPath, buildKubernetes, hasGo } from './build.ts';

const say = (text: string) => process.stderr.write(text);

if (process.argv.includes('--is-built')) process.exitCode = existsSync(binaryPath()) ? 0 : 1;
else if (hasGo()) {
  await buildKubernetes(say);
  say(`Kubernetes for tests: ${binaryPath()}\n`);
} else {
  say('[ERROR] Kubernetes for tests is built by Go, and there is no go on the PATH.\n');
  process.exitCode = 1;
}
