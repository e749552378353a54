import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers'
import { defineConfig } from 'vitest/config'

/** Two kinds of test: inside workerd with a real D1, and from outside, in Node, against a real `wrangler dev`. */
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations('migrations'),
                TEST_LONG: process.env['TEST_LONG'] ?? '',
                // As with `npm start`: the limits are for deployments, and for the tests that are about them.
                RATE_LIMITS: 'off',
              },
              // Limits that tests can reach; wrangler.toml's own are too wide for them.
              ratelimits: {
                RATE_LIMITER_TEST: { namespace_id: '1', simple: { limit: 3, period: 60 } },
                FAILED_AUTH_LIMITER_TEST: { namespace_id: '2', simple: { limit: 3, period: 60 } },
              },
              // A database that tests migrate themselves.
              d1Databases: { DB_EMPTY: 'empty' },
            },
          })),
        ],
        test: {
          name: 'workerd',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/conformance/**', 'test/*.test.ts'],
          setupFiles: ['test/support/migrate.ts'],
          // One workerd for all files: to start one takes a second, and test/support/migrate.ts has each file begin
          // alike. With more workers vitest hands out the files one by one, and each costs more than the one before.
          isolate: false,
          maxWorkers: 1,
          // A busy machine is slow. What hangs is ended.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          globalSetup: ['test/e2e/support/global-setup.ts'],
          // vitest runs projects one after the other that have different numbers of workers.
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          include: ['test/*.test.ts', 'test/e2e/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          // Starting `wrangler dev` takes some 4 s, on a busy machine several times that.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
