import type { Statement } from '../../src/store/statement.ts'

interface Env {
  readonly DB: D1Database
  readonly SECRET: string
}

/**
 * Runs statements as one transaction, for the process that started this Worker: nobody else knows the secret. Answers
 * 200 with the rows of each, or 400 with what the database said.
 */
export default {
  async fetch(request, { DB, SECRET }) {
    if (request.headers.get('authorization') !== SECRET) return new Response(null, { status: 401 })
    const statements: readonly Statement[] = await request.json()
    try {
      const results = await DB.batch(statements.map(({ sql, params }) => DB.prepare(sql).bind(...params)))
      return Response.json(results.map((result) => result.results))
    } catch (error) {
      return new Response(error instanceof Error ? error.message : String(error), { status: 400 })
    }
  },
} satisfies ExportedHandler<Env>
