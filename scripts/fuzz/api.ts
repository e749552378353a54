import { Agent, type IncomingMessage, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Scene } from './wire.ts'

const WORKER = fileURLToPath(new URL('./worker/api-worker.ts', import.meta.url))
const SCENE_PATH = '/fuzz/scene'

/** A request as it goes over the wire. */
export interface ApiRequest {
  readonly method: string
  /** Printable characters of Latin-1. */
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** base64; undefined for none. */
  readonly body: string | undefined
}

export interface ApiAnswer {
  readonly status: number
  /** The code of the first error. */
  readonly code: number | undefined
  /** What the Worker found wrong. */
  readonly problem: string | undefined
  readonly written: number
}

/** The API in workerd, with a database of its own. */
export interface Api {
  /** Brings the database to what a scene says. */
  set(scene: Scene): Promise<void>
  /** @param last whether the database is brought back after it */
  send(request: ApiRequest, last: boolean): Promise<ApiAnswer>
  stop(): Promise<void>
}

/** Bundles the API and starts it. */
export async function startApi(): Promise<Api> {
  // Seconds of work to load, which `--help` need not wait for.
  const { bundle, COMPATIBILITY_DATE, startMiniflare } = await import('../wrangler/bundle.ts')
  const { migrateDatabase } = await import('../bench/tenants.ts')
  const { script } = await bundle(WORKER)
  const { miniflare } = await startMiniflare({
    name: 'api',
    modules: true,
    script,
    compatibilityDate: COMPATIBILITY_DATE,
    d1Databases: { DB: 'fuzz' },
    // Straight to the Worker, not through miniflare's front.
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    handleStructuredLogs: () => undefined,
  })
  const url = await miniflare.unsafeGetDirectURL('api')
  await migrateDatabase(await miniflare.getD1Database('DB', 'api'))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return {
    async set(scene) {
      const response = await fetch(new URL(SCENE_PATH, url), { method: 'POST', body: JSON.stringify(scene) })
      if (response.ok) return
      const why = (await response.text()).slice(0, 2_000)
      // workerd would keep this process alive.
      await miniflare.dispose()
      throw new Error(`the scene cannot be set: ${why}`)
    },
    send: (one, last) => sendOnce(one, last, url, agent).catch((error) => again(error, one, last, url)),
    async stop() {
      agent.destroy()
      await miniflare.dispose()
    },
  }
}

/**
 * A server that does not read a body to its end may close the connection. Then the request is sent once more on a connection of its
 * own; where that is closed too, nobody knows the answer. Where nobody listens any more, workerd has ended.
 */
async function again(error: NodeJS.ErrnoException, one: ApiRequest, last: boolean, url: URL): Promise<ApiAnswer> {
  if (error.code === 'ECONNREFUSED') throw error
  const closed = { status: 0, code: undefined, problem: undefined, written: 1 }
  return await sendOnce(one, last, url, new Agent({ keepAlive: false })).catch((second: NodeJS.ErrnoException) => {
    if (second.code === 'ECONNREFUSED') throw second
    return closed
  })
}

function sendOnce(one: ApiRequest, last: boolean, { hostname, port }: URL, agent: Agent): Promise<ApiAnswer> {
  const { method, path, body } = one
  const headers = ['host', 'localhost', ...(last ? ['x-fuzz-last', '1'] : []), ...one.headers.flat()]
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, agent, method, path, headers }, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      incoming.on('error', reject).on('end', () => resolve(answerOf(incoming, text)))
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : Buffer.from(body, 'base64'))
  })
}

function answerOf({ headers, statusCode: status = 0 }: IncomingMessage, text: string): ApiAnswer {
  const { 'x-fuzz-problem': problem, 'x-fuzz-written': written } = headers
  // The Worker always says how much was written. Without that, the answer is workerd's: 501 for a method that it does not know.
  const other =
    written === undefined && status >= 500 && status !== 501
      ? `workerd answered ${status}: ${text.slice(0, 500)}`
      : undefined
  const code = /"errors":\[\{"code":(\d+)/.exec(text)?.[1]
  return {
    status,
    code: code === undefined ? undefined : Number(code),
    problem: typeof problem === 'string' ? decodeURIComponent(problem) : other,
    written: Number(written ?? 0),
  }
}
