declare namespace Cloudflare {
  interface Env {
    DB: D1Database
    TEST_MIGRATIONS: import('@cloudflare/vitest-pool-workers').D1Migration[]
  }
  interface GlobalProps {
    mainModule: typeof import('../../src/index.ts')
  }
}
