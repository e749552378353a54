import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { GatewayOptions } from '../../src/testing/local-service.ts'

/** An origin behind the gateway: a function of the test. */
export interface OriginServer {
  readonly port: number
  stop(): Promise<void>
}

/** Has `origin` answer what the gateway sends to a port of 127.0.0.1. What it throws is a 500, and a line of the log. */
export async function startOriginServer(
  origin: GatewayOptions['origin'],
  log: (line: string) => void,
): Promise<OriginServer> {
  const server = createServer((incoming, outgoing) => {
    answer(origin, incoming, outgoing).catch((error) => {
      log(`the origin function failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(500).end('the origin function failed\n')
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  server.unref()
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  origin: GatewayOptions['origin'],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const response = await origin(requestOf(incoming))
  outgoing.writeHead(response.status, [...response.headers].flat())
  if (response.body === null) return void outgoing.end()
  for await (const chunk of response.body as ReadableStream<Uint8Array>) outgoing.write(chunk)
  outgoing.end()
}

/** The request as the origin of the hostname would see it: the gateway says in a header which hostname that is. */
function requestOf(incoming: IncomingMessage): Request {
  const headers = new Headers()
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = incoming.rawHeaders.slice(i, i + 2)
    headers.append(name, value)
  }
  const hostname = headers.get('x-forwarded-host') ?? headers.get('host')
  const { method = 'GET' } = incoming
  const hasBody = method !== 'GET' && method !== 'HEAD'
  // undici asks for `duplex`, which the types do not know.
  const init = { method, headers, ...(hasBody && { body: Readable.toWeb(incoming), duplex: 'half' }) } as RequestInit
  return new Request(new URL(incoming.url ?? '/', `https://${hostname}`), init)
}
