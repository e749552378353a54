/**
 * The API as it is deployed, but for its clock, ids and log, with a database that counts. What is wrong with an answer is told in a
 * header of it.
 */

import { handleRequest } from '../../../src/api/router.ts'
import type { Env } from '../../../src/core/config.ts'
import type { LogEntry } from '../../../src/core/log.ts'
import { MAX_CERTIFICATES_PER_UPLOAD, MAX_CRLS_PER_UPLOAD, MAX_TLVS } from '../../../src/x509/limits.ts'
import { PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import type { Scene } from '../wire.ts'
import { ApiCheck } from './api-check.ts'
import { CountedDatabase } from './counted-db.ts'
import { dump, restore, type Snapshot, snapshot, textOf, wipe } from './dump.ts'
import { beyond, measured } from './work.ts'

/** The path to which a Scene is POSTed. */
const SCENE_PATH = '/fuzz/scene'

/** The budget of one path for each CRL of an upload; a decision has one budget. */
const MOST_SIGNATURES = MAX_CRLS_PER_UPLOAD * PATH_LIMITS.signatureChecks
/** Each certificate and each critical extension has a budget; a CRL of the fuzzer has fewer values than either. */
const MOST_VALUES = 2 * MAX_CERTIFICATES_PER_UPLOAD * 8 * MAX_TLVS

let now = 0
let ids = 0
/** Ids from here on are those of inputs. */
const MOST_IDS_OF_SCENE = 100
/** What the scene's database holds. */
let begun: Snapshot | undefined
/** The database as it is, as far as it is known. */
let state = ''

export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === SCENE_PATH) {
      const scene = await request.json<Scene>()
      return await set(scene, env).then(
        () => new Response('set'),
        (error) => new Response(String(error), { status: 500 }),
      )
    }
    return await serve(request, env)
  },
} satisfies ExportedHandler<Env>

/** Makes the database of a scene; after the first time, brings it back. */
async function set(scene: Scene, env: Env): Promise<void> {
  if (begun === undefined) begun = await begin(scene, env)
  else await restore(env.DB, begun)
  ids = MOST_IDS_OF_SCENE
  state = textOf(begun)
}

async function begin(scene: Scene, env: Env): Promise<Snapshot> {
  now = scene.now
  await wipe(env.DB)
  await env.DB.batch(scene.statements.map(({ sql, params }) => env.DB.prepare(sql).bind(...params)))
  for (const { method, path, token, body } of scene.requests) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await serve(new Request(`http://localhost${path}`, { method, headers, body }), env)
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
  }
  const rows = await snapshot(env.DB)
  await restore(env.DB, rows)
  const again = await dump(env.DB)
  if (again !== textOf(rows)) throw new Error(`the scene is not brought back as it was: ${again}`)
  return rows
}

async function serve(sent: Request, env: Env): Promise<Response> {
  // Cloudflare names each request: without a name, the API would make one with `newId`, and ids of records would not be in a row.
  const request = new Request(sent)
  request.headers.set('cf-ray', '0'.repeat(16))
  const counted = new CountedDatabase(env.DB)
  const check = new ApiCheck(request)
  const ambient = {
    now,
    clock: () => now,
    clockMs: () => now * 1_000,
    newId: () => {
      ids += 1
      return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`
    },
    log: ({ event, cause }: LogEntry) => {
      if (event === 'internal_error') check.note(`internal error: ${cause}`)
    },
    address: undefined,
  }
  const serveIt = () => handleRequest(request, { DB: counted.db, RATE_LIMITS: 'off' }, ambient)
  const { result: response, work } = await measured(serveIt)
  const tooMuch = beyond('signatures', work.signatures, MOST_SIGNATURES) ?? beyond('values', work.values, MOST_VALUES)
  if (tooMuch !== undefined) check.note(tooMuch)
  const { calls, written } = counted
  check.answer(response, await response.clone().text(), calls, written)
  // After the last success, nobody asks how the database was before.
  if (written > 0 && !(response.ok && request.headers.has('x-fuzz-last'))) {
    const after = await dump(env.DB)
    check.database(response, state, after)
    state = after
  }
  const marked = new Response(response.body, response)
  marked.headers.set('x-fuzz-calls', String(calls))
  marked.headers.set('x-fuzz-written', String(written))
  if (check.problem !== undefined)
    marked.headers.set('x-fuzz-problem', encodeURIComponent(check.problem.slice(0, 4_000)))
  return marked
}
