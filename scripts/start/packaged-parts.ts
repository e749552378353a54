import { readFileSync } from 'node:fs'
import type { Migration } from '../workerd/migrate.ts'
import type { Parts } from './parts.ts'

/** What the build writes into the package beside the Workers (scripts/build/package.ts). */
export interface Built extends Pick<Parts, 'compatibilityDate' | 'd1Databases' | 'version'> {
  readonly migrations: readonly Migration[]
  /** The modules that each Worker's script imports. */
  readonly modules: Readonly<Record<string, readonly string[]>>
}

/** The service as `npm run build` left it in dist/. */
export function packagedParts(): Parts {
  const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')
  const built: Built = JSON.parse(read('./built.json'))
  return {
    ...built,
    command: 'access-mtls',
    persistTo: undefined,
    moreTokens: () => 'start with an empty folder and --seed, which takes tokens of your own',
    script: async (name) => read(`./workers/${name}.js`),
    modules: (name) => Object.fromEntries((built.modules[name] ?? []).map((file) => [file, read(`./workers/${file}`)])),
    d1: async () => ({ entry: read('./workers/d1-entry.js'), database: read('./workers/d1-database.js') }),
    vars: async () => ({}),
  }
}
