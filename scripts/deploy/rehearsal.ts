import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../wrangler/database.ts'
import { PROJECT, runWrangler } from '../wrangler/wrangler.ts'
import { type Place, succeeded } from './place.ts'
import type { Plan } from './plan.ts'

/** The same steps on this machine, with a database that goes away at the end. Nothing is asked of Cloudflare. */
export function rehearsal({ database }: Plan): Place {
  const persistTo = mkdtempSync(join(tmpdir(), 'access-mtls-rehearsal-'))
  process.once('exit', () => rmSync(persistTo, { recursive: true, force: true, maxRetries: 5 }))
  const target = { kind: 'local', persistTo } as const
  return {
    target,

    async login() {
      return 'not needed'
    },

    async database() {
      return database.id === undefined
        ? 'would be looked up by its name, and created where there is none'
        : `would be looked up by its id, ${database.id}`
    },

    async migrations() {
      await migrate(target)
      const count = readdirSync(join(PROJECT, 'migrations')).filter((file) => file.endsWith('.sql')).length
      return `all ${count} apply to an empty database`
    },

    async worker(environment) {
      const said = succeeded(await runWrangler(['deploy', '--env', environment, '--dry-run']))
      const size = /Total Upload: .*/.exec(said)?.[0] ?? 'bundled'
      return `would be deployed. ${size}`
    },
  }
}
