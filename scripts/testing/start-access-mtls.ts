import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import type {
  AccessMtls,
  Fault,
  PendingFault,
  startAccessMtls as Start,
  StartOptions,
} from '../../src/testing/local-service.ts'
import { gatewayOf } from './gateway-fetch.ts'
import type { StartOrder, WireFault, WirePendingFault } from './messages.ts'
import { type OriginServer, startOriginServer } from './origin-server.ts'
import { ServiceProcess } from './service-process.ts'

/** The ids of the examples in Cloudflare's API reference: the same in each service, so that a test may write them down. */
const ACCOUNT_ID = '023e105f4ecef8ad9ca31a8372d0c353'
const ZONE_ID = 'd56084adb405e0b7e32c52321bf07be6'
const ZONE_NAME = 'example.com'

/** As Cloudflare allows (contract 3.1). */
const QUOTA = 50

/** What the service needs of Node, as package.json says. */
const MIN_NODE = [22, 1] as const

/** Starts the service (`src/testing/local-service.ts`). */
export const startAccessMtls = (async (options: StartOptions = {}): Promise<AccessMtls> => {
  assertNode()
  const log = options.log ?? (() => undefined)
  const order = orderOf(options)
  const process = new ServiceProcess(log)
  let origin: OriginServer | undefined
  const stop = async () => {
    await process.stop()
    await origin?.stop()
  }
  try {
    origin = options.gateway && (await startOriginServer(options.gateway.origin, log))
    const started = await process.send('start', { ...order, originPort: origin?.port ?? null })
    const { accountId, zoneId, zoneName, token } = order
    return {
      url: started.url,
      accountId,
      zoneId,
      zoneName,
      token,
      ...(started.gateway && { gateway: gatewayOf(started.gateway) }),
      reset: async () => void (await process.send('reset', null)),
      seed: (seed) => process.send('seed', seed),
      setTime: async (time) => void (await process.send('time', milliseconds(time, 'setTime'))),
      fail: async (fault) => void (await process.send('fail', wireFault(fault))),
      faults: async () => (await process.send('faults', null)).map(pendingFault),
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop().catch(() => undefined)
    throw error
  }
}) as typeof Start

function assertNode(): void {
  const { node } = process.versions
  const [major = 0, minor = 0] = node.split('.').map(Number)
  const [minMajor, minMinor] = MIN_NODE
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return
  throw new Error(`startAccessMtls needs Node ${MIN_NODE.join('.')} or newer; this is Node ${node}`)
}

function orderOf(options: StartOptions): StartOrder {
  const { accountId = ACCOUNT_ID, zoneId = ZONE_ID, zoneName = ZONE_NAME, quota = QUOTA } = options
  return {
    port: options.port ?? 0,
    accountId,
    zoneId,
    zoneName,
    // 40 characters, as Cloudflare's tokens have.
    token: options.token ?? randomBytes(30).toString('base64url'),
    quota,
    seed: options.seed ?? null,
    timeMs: milliseconds(options.now ?? null, 'now'),
    strict: options.parity === 'strict',
    originPort: null,
    persist: options.persist === undefined ? null : resolve(options.persist),
  }
}

/** A time in Unix milliseconds. It may be a Date of another realm. */
function milliseconds(time: Date | string | null, what: string): number | null {
  if (time === null) return null
  const ms = typeof time === 'string' ? Date.parse(time) : time.getTime()
  if (Number.isNaN(ms)) throw new TypeError(`${what} takes a Date, or a time such as 2027-01-31T00:00:00Z`)
  return ms
}

function wireFault({ times, ...fault }: Fault): WireFault {
  return { ...fault, ...(times !== undefined && { times: times === Number.POSITIVE_INFINITY ? null : times }) }
}

function pendingFault({ times, left, ...fault }: WirePendingFault): PendingFault {
  return { ...fault, times: times ?? Number.POSITIVE_INFINITY, left: left ?? Number.POSITIVE_INFINITY }
}
