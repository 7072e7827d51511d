// Builds the Kubernetes for `npm run test:kubernetes`, or finds it built: `npm run build:kubernetes`.
import { binaryPath, buildKubernetes, hasGo } from './build.ts';

const say = (text: string) => process.stderr.write(text);

if (hasGo()) {
  await buildKubernetes(say);
  say(`Kubernetes for tests: ${binaryPath()}\n`);
} else {
  say('[ERROR] Kubernetes for tests is built by Go, and there is no go on the PATH.\n');
  process.exitCode = 1;
}
