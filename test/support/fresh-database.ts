import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'

/** Empties the databases, and brings the tests' own to the present schema. */
export async function freshDatabase(): Promise<void> {
  // workerd suspends a database after 10 s without requests, and `reset` empties only the active ones.
  await Promise.all([env.DB, env.DB_EMPTY].map((database) => database.prepare('SELECT 1').run()))
  await reset()
  // One transaction. `applyD1Migrations` makes one for each migration, and each waits for the disk. The table is wrangler's.
  await env.DB.batch([
    ...env.TEST_MIGRATIONS.flatMap(({ queries }) => queries.map((query) => env.DB.prepare(query))),
    env.DB.prepare('CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE)'),
    ...env.TEST_MIGRATIONS.map(({ name }) => env.DB.prepare('INSERT INTO d1_migrations (name) VALUES (?1)').bind(name)),
  ])
}
