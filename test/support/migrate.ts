import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'

// Test files share a workerd. Each begins with fresh modules and a migrated, empty database.
vi.resetModules()
// workerd suspends a database after 10 s without requests, and `reset` empties only the active ones.
await Promise.all([env.DB, env.DB_EMPTY].map((database) => database.prepare('SELECT 1').run()))
await reset()
// One transaction: `applyD1Migrations` makes one for each migration, and each waits for the disk.
await env.DB.batch(env.TEST_MIGRATIONS.flatMap(({ queries }) => queries.map((query) => env.DB.prepare(query))))
