import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Migration } from '../workerd/migrate.ts'
import { PROJECT } from './wrangler.ts'

const FOLDER = join(PROJECT, 'migrations')

/** The names of all migrations, in the order in which wrangler applies them. */
export function migrationNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .sort()
}

export function readMigrations(): readonly Migration[] {
  return migrationNames().map((name) => ({ name, sql: readFileSync(join(FOLDER, name), 'utf8') }))
}
