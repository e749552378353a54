import type { D1Database } from '@cloudflare/workers-types'
import type { V4WorkerOptionsShape } from 'miniflare'
import { COMPATIBILITY_DATE, startMiniflare } from '../wrangler/bundle.ts'
import { type Bundle, bundleWorker, deployedWorker } from './bundle.ts'
import { peersEntry } from './install-peers.ts'

/** Does nothing: the least that any Worker costs. Also the origin behind the gateway. */
export const BARE_WORKER = `export default { fetch() { return new Response('ok') } }`

const FLOOR_TABLES = [
  'CREATE TABLE floor (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT',
  `CREATE TABLE floor_rows (list TEXT, serial TEXT, revoked_at INTEGER, reason INTEGER, PRIMARY KEY (list, serial))
    STRICT, WITHOUT ROWID`,
] as const

/** Does one INSERT of what is sent. */
const INSERT_WORKER = `export default {
  async fetch(request, { DB }) {
    await DB.prepare('INSERT INTO floor (body) VALUES (?1)').bind(await request.text()).run()
    return new Response('ok', { status: 201 })
  },
}`

/**
 * Inserts as many rows as the path says, in texts of the size that an upload takes (src/registry/crls/upload-sql.ts): the same
 * columns and the same key as \`crl_entries\` has, in the order of that key.
 */
const ROWS_WORKER = `export default {
  async fetch(request, { DB }) {
    const count = Number(new URL(request.url).pathname.slice(1))
    const list = crypto.randomUUID()
    const insert = (rows) =>
      DB.prepare("INSERT INTO floor_rows SELECT ?1, e.value ->> 0, e.value ->> 1, e.value ->> 2 FROM json_each(?2) e")
        .bind(list, '[' + rows.join() + ']').run()
    let rows = []
    for (let i = 0; i < count; i += 1) {
      rows.push('["40' + i.toString(16).padStart(30, '0') + '",1767225600,0]')
      if (rows.length === 19000) await insert(rows.splice(0))
    }
    if (rows.length > 0) await insert(rows)
    return new Response('ok')
  },
}`

/** Reads one row. */
const SELECT_WORKER = `export default {
  async fetch(request, { DB }) {
    return Response.json(await DB.prepare('SELECT 1 AS one').first())
  },
}`

/** Sends a request on, as the gateway does, and looks at nothing. */
const PASS_WORKER = `export default {
  fetch(request, { ORIGIN }) {
    return ORIGIN.fetch(new Request(request.url, request), { redirect: 'manual' })
  },
}`

/**
 * Starts the Worker that the path names in an isolate of its own, a new one for each number: `/name/number/rest`. Its
 * database is a stand-in: none can be handed on, and what is asked of it comes to an answer without.
 */
const STARTER_WORKER = `export default {
  fetch(request, env) {
    const [, name, number, ...rest] = new URL(request.url).pathname.split('/')
    const worker = env.LOADER.get(name + number, () => ({
      compatibilityDate: env.COMPATIBILITY_DATE,
      mainModule: 'main.js',
      modules: { 'main.js': env[name] },
      env: { DB: {} },
    }))
    return worker.getEntrypoint().fetch(new Request('http://localhost/' + rest.join('/'), request))
  },
}`

export type WorkerName =
  | 'api'
  | 'gateway'
  | 'bare'
  | 'insert'
  | 'select'
  | 'rows'
  | 'pass'
  | 'starter'
  | 'decision'
  | 'store'
  | 'visitor'
  | 'slow'
  | 'peers'

/** All that is measured, running in one workerd that listens on the loopback interface only. */
export interface Workers {
  /** The database of the API and the gateway. */
  readonly db: D1Database
  readonly api: Bundle
  readonly gateway: Bundle
  /** Straight to a Worker's own socket, not through miniflare's front. */
  url(name: WorkerName, path: string): URL
  stop(): Promise<void>
}

type WorkerSetup = V4WorkerOptionsShape & { readonly script: string }

/**
 * Bundles and starts everything.
 * @param allPeers those that `installPeers` installs, too
 */
export async function startWorkers(allPeers: boolean): Promise<Workers> {
  const [api, gateway, decision, store, visitor, slow, peers] = await Promise.all([
    deployedWorker('src/index.ts', ''),
    deployedWorker('src/gateway.ts', 'gateway'),
    bundleWorker('scripts/bench/worker/decision.ts'),
    bundleWorker('scripts/bench/worker/store.ts'),
    bundleWorker('scripts/bench/worker/visitor.ts'),
    bundleWorker('scripts/bench/worker/slow.ts'),
    bundleWorker(peersEntry(allPeers)),
  ])
  const options: Readonly<Record<WorkerName, WorkerSetup>> = {
    // Here, lines of the log would go to the terminal, between those of the report.
    api: { script: api.script, d1Databases: { DB: 'bench' }, bindings: { LOG: 'errors' } },
    gateway: {
      script: gateway.script,
      d1Databases: { DB: 'bench' },
      serviceBindings: { ORIGIN: 'bare' },
      bindings: { TRUST_MAX_AGE_SECONDS: '300' },
    },
    bare: { script: BARE_WORKER },
    insert: { script: INSERT_WORKER, d1Databases: { DB: 'floor' } },
    select: { script: SELECT_WORKER, d1Databases: { DB: 'floor' } },
    rows: { script: ROWS_WORKER, d1Databases: { DB: 'floor' } },
    pass: { script: PASS_WORKER, serviceBindings: { ORIGIN: 'bare' } },
    starter: {
      script: STARTER_WORKER,
      workerLoaders: { LOADER: {} },
      bindings: {
        COMPATIBILITY_DATE,
        bare: BARE_WORKER,
        api: api.script,
        gateway: gateway.script,
        decision: decision.script,
      },
    },
    decision: { script: decision.script },
    store: { script: store.script, d1Databases: { DB: 'bench' } },
    slow: { script: slow.script },
    peers: { script: peers.script, compatibilityFlags: ['nodejs_compat'] },
    visitor: { script: visitor.script, serviceBindings: { GATEWAY: 'gateway', PASS: 'pass' } },
  }
  return await start(options, { api, gateway })
}

async function start(
  options: Readonly<Record<WorkerName, WorkerSetup>>,
  bundles: Pick<Workers, 'api' | 'gateway'>,
): Promise<Workers> {
  const { miniflare } = await startMiniflare({
    // What is refused on purpose is said aloud by the Workers; only mistakes are of interest here.
    handleStructuredLogs: ({ level, message }) => level === 'error' && console.error(message),
    workers: Object.entries(options).map(([name, own]) => ({
      name,
      modules: true,
      compatibilityDate: COMPATIBILITY_DATE,
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      ...own,
    })),
  })
  const sockets = new Map<string, URL>()
  for (const name of Object.keys(options)) sockets.set(name, await miniflare.unsafeGetDirectURL(name))
  const floor = await miniflare.getD1Database('DB', 'insert')
  await floor.batch(FLOOR_TABLES.map((sql) => floor.prepare(sql)))
  return {
    ...bundles,
    db: await miniflare.getD1Database('DB', 'api'),
    url: (name, path) => new URL(path, sockets.get(name)),
    stop: () => miniflare.dispose(),
  }
}
