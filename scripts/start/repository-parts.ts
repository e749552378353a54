import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DEFAULT_STATE } from '../cli/arguments.ts'
import { bundle, d1Scripts } from '../wrangler/bundle.ts'
import { readMigrations } from '../wrangler/migrations.ts'
import { wranglerToml, wranglerVars } from '../wrangler/toml.ts'
import { PROJECT } from '../wrangler/wrangler.ts'
import { type Parts, WORKERS } from './parts.ts'

/** The service as it stands in the sources, on the data of `wrangler dev`. */
export function repositoryParts(): Parts {
  return {
    ...wranglerToml(),
    command: 'npm start --',
    version: JSON.parse(readFileSync(`${PROJECT}/package.json`, 'utf8')).version,
    persistTo: resolve(DEFAULT_STATE),
    migrations: readMigrations(),
    moreTokens: (account) => `npm run admin -- token create --permission write --account ${account}`,
    script: async (name) => (await bundle(WORKERS[name])).script,
    modules: () => ({}),
    d1: d1Scripts,
    vars: wranglerVars,
  }
}
