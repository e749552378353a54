import type { D1Scripts } from '../workerd/d1.ts'
import type { Migration } from '../workerd/migrate.ts'
import type { Json, LocalWorker } from '../workerd/workerd.ts'

/** The Workers of the service on a machine, by their files. */
export const WORKERS = {
  api: 'scripts/start/start-worker.ts',
  sql: 'scripts/workerd/sql-worker.ts',
  gateway: 'src/gateway.ts',
  entry: 'scripts/dev-mtls/entry-worker.ts',
  origin: 'scripts/dev-mtls/origin-worker.ts',
  local: 'src/local/worker.ts',
} as const

export type WorkerName = keyof typeof WORKERS

/** What the service is made of: bundled from the sources of the repository, or prebuilt in the package. */
export interface Parts extends Required<Pick<LocalWorker, 'compatibilityDate' | 'd1Databases'>> {
  /** As a user types it. */
  readonly command: string
  readonly version: string
  /** Where data is kept unless told otherwise; undefined: nowhere, and it is gone at the end. */
  readonly persistTo: string | undefined
  readonly migrations: readonly Migration[]
  /** How another token is made, with its account. */
  readonly moreTokens: (accountId: string) => string
  script(name: WorkerName): Promise<string>
  /** The modules that a script imports, by their names beside it. */
  modules(name: WorkerName): Readonly<Record<string, string>>
  d1(): Promise<D1Scripts>
  /** Values that the user has the API bound to. */
  vars(): Promise<Readonly<Record<string, Json>>>
}
