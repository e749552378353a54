import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'toml'
import { UsageError } from '../cli/usage-error.ts'
import { PROJECT } from '../wrangler/wrangler.ts'

/** What of wrangler.toml a deployment decides by. */
export interface Plan {
  readonly accountId: string | undefined
  readonly database: Database
  /** Whether requests reach the gateway by routes of wrangler.toml. */
  readonly gatewayHasRoutes: boolean
}

/** A database at Cloudflare. Without an id, wrangler finds it by its name. */
interface Database {
  readonly name: string
  readonly id: string | undefined
}

interface Section {
  readonly route?: unknown
  readonly routes?: readonly unknown[]
  readonly d1_databases?: readonly {
    readonly binding: string
    readonly database_name?: string
    readonly database_id?: string
  }[]
}

/**
 * Reads wrangler.toml in `folder`.
 * @param withGateway whether the gateway is deployed even without routes
 */
export function readPlan(withGateway: boolean, folder = PROJECT): Plan {
  const toml: Section & { readonly account_id?: string; readonly env?: { readonly gateway?: Section } } = parse(
    readFileSync(join(folder, 'wrangler.toml'), 'utf8'),
  )
  const gateway = toml.env?.gateway ?? {}
  const database = databaseOf(toml, '[[d1_databases]]')
  const gatewayHasRoutes = gateway.route !== undefined || (gateway.routes ?? []).length > 0
  if (gatewayHasRoutes || withGateway) {
    const { name, id } = databaseOf(gateway, '[[env.gateway.d1_databases]]')
    // Two databases would be two truths: the gateway would refuse everybody, or let in whom the API has removed.
    if (name !== database.name || id !== database.id) {
      throw new UsageError(
        `wrangler.toml gives the two Workers different databases: [[d1_databases]] has ${words(database)}, ` +
          `[[env.gateway.d1_databases]] has ${words({ name, id })}. Write the same lines in both`,
      )
    }
  }
  return { accountId: toml.account_id, database, gatewayHasRoutes }
}

function databaseOf(section: Section, heading: string): Database {
  const found = section.d1_databases?.find(({ binding }) => binding === 'DB')
  if (found?.database_name === undefined) {
    throw new UsageError(`${heading} of wrangler.toml needs binding = "DB" and a database_name`)
  }
  return { name: found.database_name, id: found.database_id }
}

function words({ name, id }: Database): string {
  return id === undefined ? `${JSON.stringify(name)} without an id` : `${JSON.stringify(name)} with the id ${id}`
}
