import { handleRequest, type Isolate, newIsolate } from '../api/router.ts'
import type { Env } from '../core/config.ts'
import { jsonLog } from '../core/log.ts'
import { handleGateway, newIsolate as newGatewayIsolate } from '../gateway/handle.ts'
import type { GatewayEnv } from '../gateway/settings.ts'
import { Clock } from './clock.ts'
import { cutConnection, Faults, faultAnswer, type PendingFault } from './faults.ts'
import { type Asked, askedBy } from './operations.ts'
import { restoreSnapshot, type Snapshot, takeSnapshot } from './rows-sql.ts'
import { START_HEADER } from './start-header.ts'
import { StrictParity } from './strict.ts'

/** The environment of the local Worker: that of both deployed ones, and what is its own. */
export interface LocalEnv extends Env, GatewayEnv {
  /** Known to the process that started the Worker, and to nobody else. */
  readonly SECRET: string
  /** `strict` reproduces the real service's conflict windows. */
  readonly PARITY?: string
}

/** What a reset comes back to. */
interface State {
  readonly rows: Snapshot
  /** Unix time in ms; null: the true time. */
  readonly timeMs: number | null
  readonly pending: readonly PendingFault[]
}

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const newId = () => crypto.randomUUID()

/** API and gateway of one local service, with the time, faults and memory that a test controls. */
export class LocalService {
  readonly clock = new Clock()
  readonly faults = new Faults()
  readonly #env: LocalEnv
  readonly #log: (line: string) => void
  #api: Isolate = newIsolate()
  #gateway = newGatewayIsolate()
  #parity = new StrictParity()
  readonly #kept = new Map<string, State>()

  /** @param log takes a line for each request */
  constructor(env: LocalEnv, log: (line: string) => void) {
    this.#env = env
    this.#log = log
  }

  /** Serves a request of the API, with the fault that waits for it. */
  async answer(request: Request, context: ExecutionContext): Promise<Response> {
    if (request.headers.get(START_HEADER) === this.#env.SECRET) return await this.#serve(request, context)
    const beginMs = Date.now()
    const asked = await askedBy(request)
    const fault = this.faults.take(request, asked)
    const line = (text: string) => this.#log(`${request.method} ${new URL(request.url).pathname} ${text}`)
    if (fault?.latencyMs !== undefined) await after(fault.latencyMs)
    if (fault?.cut === 'before') line('cut before it was carried out (a fault that a test asked for)')
    const response = await this.#meet(fault, request, asked, context)
    if (fault?.cut === 'after') line(`cut after it was answered ${response.status} (a fault that a test asked for)`)
    if (fault?.cut === 'after') throw cutConnection()
    line(`${response.status} (${Date.now() - beginMs} ms)`)
    return response
  }

  async #meet(
    fault: PendingFault | undefined,
    request: Request,
    asked: Asked | undefined,
    context: ExecutionContext,
  ): Promise<Response> {
    if (fault?.cut === 'before') throw cutConnection()
    const answer = fault && faultAnswer(fault, request)
    if (answer !== undefined && fault?.cut === undefined) return answer
    const serve = (served: Request) => this.#serve(served, context)
    return this.#env.PARITY === 'strict' ? await this.#parity.answer(request, asked, serve) : await serve(request)
  }

  #serve(request: Request, context: ExecutionContext): Promise<Response> {
    const isolate = this.#api
    return handleRequest(
      request,
      this.#env,
      {
        now: this.clock.now(),
        clock: () => this.clock.now(),
        clockMs: Date.now,
        newId,
        log: jsonLog(Date.now),
        // What a test did before a reset is not counted after it.
        later: (work, seconds) =>
          context.waitUntil(after(seconds * 1_000).then(() => (isolate === this.#api ? work() : undefined))),
        address: request.headers.get('cf-connecting-ip') ?? undefined,
      },
      isolate,
    )
  }

  /** Serves a request to a protected hostname. */
  guard(request: Request<unknown, IncomingRequestCfProperties>, context: ExecutionContext): Promise<Response> {
    const isolate = this.#gateway
    return handleGateway(
      request,
      this.#env,
      {
        nowMs: this.clock.nowMs(),
        clockMs: () => this.clock.nowMs(),
        newId,
        log: jsonLog(Date.now),
        waitUntil: (promise) => context.waitUntil(promise),
        later: (work, seconds) =>
          context.waitUntil(after(seconds * 1_000).then(() => (isolate === this.#gateway ? work() : undefined))),
      },
      isolate,
    )
  }

  /** Keeps the present state under a name: rows, time, and the faults that wait. */
  async keep(name: string): Promise<void> {
    const { pending } = this.faults
    this.#kept.set(name, { rows: await takeSnapshot(this.#env.DB), timeMs: this.clock.setMs, pending })
  }

  /** Has the state that was kept, and forgets what is remembered of another. */
  async restore(name: string): Promise<void> {
    const state = this.#kept.get(name)
    if (state === undefined) throw new Error(`nothing was kept under the name ${name}`)
    await restoreSnapshot(this.#env.DB, state.rows)
    this.faults.pending = state.pending
    this.clock.set(state.timeMs)
    this.#parity = new StrictParity()
    this.#api = newIsolate()
    this.#gateway = newGatewayIsolate()
  }
}
