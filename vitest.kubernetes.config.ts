import { defineConfig } from 'vitest/config';

// `npm run test:kubernetes`: against a real Kubernetes API server, which Go builds first. Never part of `npm test`.
export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/kubernetes-real/**/*.test.ts'],
    globalSetup: ['test/kubernetes-real/setup.ts'],
    globals: false,
    // Each file starts a control plane of its own, with half a gigabyte.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
