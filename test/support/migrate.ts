import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'

// Test files share a workerd. Each begins with modules that have not run yet, a migrated and an empty database.
vi.resetModules()
// workerd lets a database sleep that nobody asks for 10 s, and `reset` empties only those that are awake.
await Promise.all([env.DB, env.DB_EMPTY].map((database) => database.prepare('SELECT 1').run()))
await reset()
// One transaction. `applyD1Migrations` makes one for each migration, and each waits for the disk.
await env.DB.batch(env.TEST_MIGRATIONS.flatMap(({ queries }) => queries.map((query) => env.DB.prepare(query))))
