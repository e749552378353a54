import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'toml'
import type { Json, LocalWorker } from '../workerd/workerd.ts'
import { PROJECT } from './wrangler.ts'

/** The compatibility date of wrangler.toml in `folder`, and under which ids wrangler keeps the API's local databases. */
export function wranglerToml(folder = PROJECT): Required<Pick<LocalWorker, 'compatibilityDate' | 'd1Databases'>> {
  const read: {
    readonly compatibility_date?: string
    readonly d1_databases?: readonly {
      readonly binding: string
      readonly database_id?: string
      readonly preview_database_id?: string
    }[]
  } = parse(readFileSync(join(folder, 'wrangler.toml'), 'utf8'))
  if (read.compatibility_date === undefined) throw new Error('wrangler.toml needs a compatibility_date')
  const d1Databases = Object.fromEntries(
    (read.d1_databases ?? []).map(({ binding, database_id: id, preview_database_id: preview }) => [
      binding,
      preview ?? id ?? binding,
    ]),
  )
  if (!('DB' in d1Databases)) throw new Error('wrangler.toml needs [[d1_databases]] with binding = "DB"')
  return { compatibilityDate: read.compatibility_date, d1Databases }
}

/** The values that `wrangler dev` binds for the API: [vars] of wrangler.toml in `folder`, and the files beside it. */
export async function wranglerVars(folder = PROJECT): Promise<Record<string, Json>> {
  const { vars, secrets } = parse(readFileSync(join(folder, 'wrangler.toml'), 'utf8'))
  // .dev.vars.example is for people, unless an environment has that name, which is a variable.
  const files = readdirSync(folder).some((name) => /^\.(dev\.vars|env)(\.(?!example$)|$)/.test(name))
  const environment = Object.keys(process.env).some((name) => VALUES_FROM.has(name))
  if (vars === undefined && secrets === undefined && !files && !environment) return {}
  // wrangler takes two seconds to load: only where it has values to read.
  const { unstable_getMiniflareWorkerOptions } = await import('wrangler')
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(folder, 'wrangler.toml'))
  const { V4WorkerOptionsSchema } = await import('miniflare')
  // The code, which the schema asks for, is bundled apart.
  return V4WorkerOptionsSchema.parse({ ...workerOptions, modules: true, script: '' }).bindings ?? {}
}

/** Variables by which wrangler takes values from elsewhere. */
const VALUES_FROM: ReadonlySet<string> = new Set(['CLOUDFLARE_ENV', 'CLOUDFLARE_INCLUDE_PROCESS_ENV'])
