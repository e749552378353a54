import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { unstable_splitSqlQuery as split } from 'wrangler'
import { DatabaseError } from '../../../scripts/workerd/sql-client.ts'
import { type LocalDatabase, withLocalDatabase } from '../../../scripts/wrangler/local-database.ts'

/**
 * What wrangler 4.124 asks of Cloudflare's API during `npm run deploy`, answered on this machine: no test reaches the real one.
 * wrangler itself is real, and so is the SQL: each statement runs in a D1 of workerd. That Cloudflare's answers have this form is
 * read from wrangler's code, not seen.
 */
export interface CloudflareApi {
  /** Variables for wrangler to use it, with a token. */
  readonly env: Readonly<Record<string, string>>
  /** Requests so far that change something, as `POST /d1/database`. */
  readonly writes: string[]
  /** What was uploaded, by the name of the Worker. */
  readonly workers: Map<string, Worker>
  readonly databases: Database[]
  /** Of the login. */
  readonly accounts: Account[]
  readonly sql: LocalDatabase
  /** While it is set, writes that match it are answered 500. */
  failing: RegExp | undefined
  stop(): Promise<void>
}

interface Worker {
  readonly bindings: readonly { readonly type: string; readonly name: string; readonly id?: string }[]
}

interface Account {
  readonly id: string
  readonly name: string
}

interface Database {
  readonly uuid: string
  readonly name: string
}

interface Answer {
  readonly status?: number
  readonly result?: unknown
  readonly code?: number
  readonly message?: string
}

/** The account in which everything happens. */
export const ACCOUNT: Account = { id: 'a'.repeat(32), name: 'Example' }
const NOT_FOUND: Answer = { status: 404, code: 10_007, message: 'not found' }

/** Starts the API of an account that has nothing yet. @param persistTo a folder for its database */
export async function startCloudflareApi(persistTo: string): Promise<CloudflareApi> {
  const database = await openDatabase(persistTo)
  const server = createServer((request, response) => {
    respond(api, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const api: CloudflareApi = {
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
      CLOUDFLARE_API_TOKEN: 'token-of-this-test',
      FORCE_COLOR: '0',
    },
    writes: [],
    workers: new Map(),
    databases: [],
    accounts: [ACCOUNT],
    sql: database.sql,
    failing: undefined,
    stop: () => {
      server.close()
      return database.close()
    },
  }
  return api
}

async function openDatabase(persistTo: string) {
  let close: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    close = resolve
  })
  let closed: Promise<void> = held
  const sql = await new Promise<LocalDatabase>((resolve, reject) => {
    closed = withLocalDatabase(persistTo, (opened) => {
      resolve(opened)
      return held
    })
    closed.catch(reject)
  })
  return {
    sql,
    close: () => {
      close()
      return closed
    },
  }
}

async function respond(api: CloudflareApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '', 'http://localhost').pathname.replace(`/accounts/${ACCOUNT.id}/`, '/')
  const asked = `${request.method} ${path.replace(/[0-9a-f-]{36}/, '{id}')}`
  const body = await text(request)
  const writes = request.method !== 'GET' && !/"sql":"\s*(?:SELECT|CREATE TABLE IF NOT EXISTS)/.test(body)
  if (writes) api.writes.push(asked)
  const isAway = writes && api.failing?.test(asked) === true
  const answer = isAway
    ? { status: 500, code: 7009, message: 'a fault of this test' }
    : await answerTo(api, asked, path, body)
  const { status = 200, result = null, code, message } = answer
  const errors = code === undefined ? [] : [{ code, message }]
  const count = Array.isArray(result) ? result.length : 1
  const result_info = { page: 1, per_page: 100, total_pages: 1, count, total_count: count }
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ success: code === undefined, errors, messages: [], result, result_info }))
}

async function answerTo(api: CloudflareApi, asked: string, path: string, body: string): Promise<Answer> {
  const name = path.split('/')[3] ?? ''
  switch (asked) {
    case 'GET /user/tokens/verify':
      return { result: { id: 'token', status: 'active' } }
    case 'GET /user':
      return { result: { email: 'ops@example.com' } }
    case 'GET /accounts':
      return { result: api.accounts }
    case 'GET /memberships':
      return { result: api.accounts.map((account) => ({ account })) }
    case 'GET /workers/subdomain':
      return { result: { subdomain: 'example' } }
    case 'GET /d1/database':
      return { result: api.databases }
    case 'POST /d1/database': {
      const created = { uuid: '11111111-1111-4111-8111-111111111111', name: JSON.parse(body).name }
      api.databases.push(created)
      return { result: created }
    }
    case 'POST /d1/database/{id}/query':
      return query(api, name, JSON.parse(body).sql)
  }
  if (/^GET \/d1\/database\/[^/]+$/.test(asked)) {
    const result = api.databases.find((database) => database.uuid === name || database.name === name)
    return result === undefined ? { status: 404, code: 7404, message: 'The database was not found' } : { result }
  }
  return answerOfWorkers(api, asked, name, body)
}

async function query(api: CloudflareApi, id: string, sql: string): Promise<Answer> {
  if (!api.databases.some(({ uuid }) => uuid === id)) return { status: 404, code: 7404, message: 'no such database' }
  try {
    const rows = await api.sql.execute(split(sql).map((one) => ({ sql: one, params: [], unscoped: 'operator' })))
    return {
      result: rows.map((results) => ({ results, success: true, meta: { duration: 1, served_by_region: 'WEUR' } })),
    }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return { status: 400, code: 7500, message: error.text }
  }
}

function answerOfWorkers(api: CloudflareApi, asked: string, name: string, body: string): Answer {
  const worker = api.workers.get(name)
  const [method, what = ''] = /^(\w+) \/workers\/(?:services|scripts)\/[^/]+(.*)$/.exec(asked)?.slice(1) ?? []
  const isUpload = asked.endsWith(name) ? method === 'PUT' : what === '/versions' && method === 'POST'
  if (isUpload) {
    const metadata = /name="metadata"\r\n(?:.*\r\n)?\r\n(.*)\r\n/.exec(body)?.[1]
    api.workers.set(name, { bindings: JSON.parse(metadata ?? '{}').bindings })
    return { result: { id: 'version', startup_time_ms: 1, resources: { script: {} } } }
  }
  if (worker === undefined) return NOT_FOUND
  if (method === 'GET' && what === '')
    return { result: { default_environment: { script: { last_deployed_from: 'wrangler' } } } }
  if (what === '/subdomain')
    return { result: { enabled: false, previews_enabled: false, ...(body !== '' && JSON.parse(body)) } }
  if (what === '/deployments') return { result: { deployments: [] } }
  return { result: what === '/secrets' ? [] : worker }
}
