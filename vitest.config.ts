import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    // These need Go and ten minutes once: `npm run test:kubernetes`.
    exclude: ['test/kubernetes-real/**'],
    globals: false,
    // Tests start real servers and processes: more of them than cores only makes each slower.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // A forgotten mock or variable never reaches the next test.
    restoreMocks: true,
    unstubEnvs: true,
  },
});
