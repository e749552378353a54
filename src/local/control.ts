import * as v from 'valibot'
import { causeOf } from '../core/log.ts'
import { FaultOrder } from './faults.ts'
import type { LocalService } from './service.ts'
import { describeIssues } from './shapes.ts'

/**
 * Serves the process that started this Worker. 200 has the result, 400 what is wrong with the body. It has a listener of its own, and
 * answers nobody without the secret.
 */
export async function handleControl(request: Request, service: LocalService, secret: string): Promise<Response> {
  if (request.headers.get('authorization') !== secret) return new Response(null, { status: 401 })
  const { pathname } = new URL(request.url)
  const command = COMMANDS[`${request.method} ${pathname}`]
  if (command === undefined) return new Response(null, { status: 404 })
  try {
    const body = request.method === 'POST' ? await request.json() : undefined
    return Response.json((await command(service, body)) ?? null)
  } catch (error) {
    if (error instanceof BadOrder) return new Response(error.message, { status: 400 })
    console.error(causeOf(error))
    return new Response(causeOf(error), { status: 500 })
  }
}

/** What the caller can correct. */
class BadOrder extends Error {}

type Command = (service: LocalService, body: unknown) => Promise<unknown> | unknown

const NAME = v.string()
const TIME = v.nullable(v.pipe(v.number(), v.finite()))

const COMMANDS: Readonly<Record<string, Command>> = {
  'POST /keep': (service, body) => service.keep(read(NAME, body)),
  'POST /restore': (service, body) => service.restore(read(NAME, body)),
  'GET /time': (service) => service.clock.nowMs(),
  'POST /time': (service, body) => service.clock.set(read(TIME, body)),
  'GET /faults': (service) => service.faults.pending,
  'POST /faults': (service, body) => service.faults.add(read(FaultOrder, body)),
}

function read<S extends v.GenericSchema>(schema: S, body: unknown): v.InferOutput<S> {
  // valibot accepts an array as an object.
  if (Array.isArray(body)) throw new BadOrder('the body must not be an array')
  const order = v.safeParse(schema, body)
  if (!order.success) throw new BadOrder(describeIssues(order.issues, 'the body'))
  return order.output
}
