import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { Readable } from 'node:stream'
import type { ClientCertificate, Gateway } from '../../src/testing/local-service.ts'
import type { Started } from './messages.ts'

/** Statuses of answers without a body (RFC 9110). */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304])

/** The gateway of a service, and requests to it through a real handshake. */
export function gatewayOf({ url, ca }: NonNullable<Started['gateway']>): Gateway {
  const { port } = new URL(url)
  return {
    url,
    ca,
    async fetch(target, init = {}) {
      const { client, ...plain } = init
      const asked = new Request(target, plain)
      const body = asked.body === null ? undefined : Buffer.from(await asked.arrayBuffer())
      return responseOf(await exchange(asked, body, Number(port), ca, client))
    },
  }
}

function exchange(
  asked: Request,
  body: Buffer | undefined,
  port: number,
  ca: string,
  client: ClientCertificate | undefined,
): Promise<IncomingMessage> {
  const { protocol, hostname, host, pathname, search } = new URL(asked.url)
  if (protocol !== 'https:') throw new TypeError(`gateway.fetch takes https:// URLs, not ${protocol}//`)
  const headers: Record<string, string> = { host, ...Object.fromEntries(asked.headers) }
  if (body !== undefined) headers['content-length'] = String(body.length)
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      servername: hostname,
      method: asked.method,
      path: pathname + search,
      headers,
      // Each request has a handshake of its own: clients may differ.
      agent: false,
      ca,
      ...(client && { cert: client.certificate + (client.chain ?? ''), key: client.key }),
      ...(asked.signal && { signal: asked.signal }),
    })
    sent.on('error', reject).on('response', resolve)
    sent.end(body)
  })
}

function responseOf(answer: IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = answer
  const headers = new Headers()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2)
    headers.append(name, value)
  }
  if (WITHOUT_BODY.has(status)) answer.resume()
  const body = WITHOUT_BODY.has(status) ? null : (Readable.toWeb(answer) as ReadableStream)
  return new Response(body, { status, statusText, headers })
}
