import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../../scripts/wrangler/database.ts'
import { type Packed, packPackage } from './package.ts'
import { temporaryFolder } from './server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with a migrated and empty database. Tests start servers on copies: to make the tables takes two seconds. */
    readonly migrated: string
    /** The package, packed once. */
    readonly packed: Packed
  }
}

/** Runs once before the tests in Node. vitest calls what it returns after them: no copy is left, not even of a skipped test. */
export default async function setup({ provide }: TestProject): Promise<() => void> {
  const { path, remove } = temporaryFolder()
  const migrated = join(path, 'migrated')
  const [packed] = await Promise.all([packPackage(path), migrate({ kind: 'local', persistTo: migrated })])
  provide('packed', packed)
  provide('migrated', migrated)
  return remove
}
