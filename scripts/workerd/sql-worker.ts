import type { Statement } from '../../src/store/statement.ts'

interface Env {
  readonly DB: D1Database
  readonly SECRET: string
}

let isOpen = false

/**
 * Runs statements as one transaction, for the process that started this Worker: nobody else knows the secret. Answers
 * 200 with the rows of each, or 400 with what the database said.
 *
 * That process also says, by a PUT, when the database is as it should be. A GET asks for it: 204, or 503 until then.
 */
export default {
  async fetch(request, { DB, SECRET }) {
    if (request.method === 'GET') return new Response(null, { status: isOpen ? 204 : 503 })
    if (request.headers.get('authorization') !== SECRET) return new Response(null, { status: 401 })
    if (request.method === 'PUT') {
      isOpen = true
      return new Response(null, { status: 204 })
    }
    const statements: readonly Statement[] = await request.json()
    try {
      const results = await DB.batch(statements.map(({ sql, params }) => DB.prepare(sql).bind(...params)))
      return Response.json(results.map((result) => result.results))
    } catch (error) {
      return new Response(error instanceof Error ? error.message : String(error), { status: 400 })
    }
  },
} satisfies ExportedHandler<Env>
