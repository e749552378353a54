import { env } from 'cloudflare:workers'
import { type LoadedHostname, selectHostname } from '../../src/edge/hostname-sql.ts'

/** What the edge loads for an unknown hostname. */
export function loadHostname(
  ascii: string,
  db: Pick<D1Database, 'prepare' | 'batch'> = env.DB,
): Promise<LoadedHostname> {
  return selectHostname(db, { ascii, records: true, version: undefined, known: [] })
}
