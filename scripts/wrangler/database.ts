import type { SqlValue, Statement } from '../../src/store/statement.ts'
import { UsageError } from '../cli/usage-error.ts'
import { DatabaseError, type Rows } from '../workerd/sql-client.ts'
import { withLocalDatabase } from './local-database.ts'
import { type Finished, NOT_LOGGED_IN, runWrangler } from './wrangler.ts'

/** Which database: the one of `wrangler dev` in a folder, or the deployed one. */
export type Target = { readonly kind: 'local'; readonly persistTo: string } | { readonly kind: 'remote' }

/** Brings the schema of a local database up to date. */
export function migrate({ persistTo }: Extract<Target, { kind: 'local' }>): Promise<void> {
  return withLocalDatabase(persistTo, (database) => database.migrate())
}

/**
 * Runs statements as one transaction; returns the rows of each. A local database that has no tables yet gets them
 * first. Throws DatabaseError when the database refuses a statement; nothing is changed then.
 */
export function execute(target: Target, statements: readonly Statement[]): Promise<readonly Rows[]> {
  if (target.kind === 'remote') return executeRemotely(statements)
  return withLocalDatabase(target.persistTo, async (database) => {
    try {
      return await database.execute(statements)
    } catch (error) {
      if (!(error instanceof DatabaseError && /no such table/.test(error.text))) throw error
      await database.migrate()
      return database.execute(statements)
    }
  })
}

async function executeRemotely(statements: readonly Statement[]): Promise<readonly Rows[]> {
  const sql = statements.map(renderSql).join(';\n')
  const done = await runWrangler(['d1', 'execute', 'DB', '--remote', '--yes', '--json', '--command', sql])
  return readResults(done, statements.length)
}

function readResults({ code, stdout, stderr }: Finished, expected: number): readonly Rows[] {
  const answer: unknown = parseJson(stdout)
  const refusal = errorText(answer)
  // What wrangler says where nobody is logged in and nobody can be asked.
  if (refusal !== undefined && /set a CLOUDFLARE_API_TOKEN environment variable/.test(refusal)) {
    throw new UsageError(NOT_LOGGED_IN)
  }
  if (refusal !== undefined) throw new DatabaseError(refusal)
  if (code !== 0 || !Array.isArray(answer) || answer.length !== expected) {
    throw new Error(`wrangler d1 execute failed (exit ${code}):\n${stdout}${stderr}`)
  }
  return answer.map((entry: { results?: Rows }) => entry.results ?? [])
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `{"error": {"text": …}}`, wrangler's way to say that a statement failed. */
function errorText(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined
  const { error } = answer
  if (typeof error !== 'object' || error === null || !('text' in error)) return undefined
  const notes = 'notes' in error && Array.isArray(error.notes) ? error.notes : []
  return [error.text, ...notes.map((note: { text?: unknown }) => note.text)].join(' ')
}

/** Writes the parameters into the statement: `wrangler d1 execute` takes none. */
export function renderSql({ sql, params }: Statement): string {
  return sql.replace(/\?(\d+)/g, (_, position: string) => literal(params[Number(position) - 1]))
}

/** A value as an SQL literal. Single quotes are doubled and nothing else is special (SQLite: Literal Values). */
function literal(value: SqlValue | undefined): string {
  if (value === null) return 'NULL'
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  if (typeof value === 'string' && !value.includes('\0')) return `'${value.replaceAll("'", "''")}'`
  throw new Error('this value has no SQL literal')
}
