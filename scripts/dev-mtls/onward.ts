import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { endToEndHeaders } from './headers.ts'

/** Passes a client's request on, and the answer back, bodies as they come: neither is held up for the other. */
export function passRequest(incoming: IncomingMessage, outgoing: ServerResponse, onward: ClientRequest): void {
  onward.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, responseHeaders(answer))
    outgoing.flushHeaders()
    answer.on('error', () => outgoing.destroy()).pipe(outgoing)
  })
  onward.on('error', () => {
    // An answer may come before the body was read to its end; then the rest has nowhere to go, and that is all.
    if (outgoing.headersSent) return
    outgoing.writeHead(502).end('the gateway did not answer\n')
  })
  outgoing.on('close', () => onward.destroy())
  incoming.pipe(onward)
}

/** Passes a request to upgrade on; once it is granted, both sockets are one. */
export function passUpgrade(client: Duplex, head: Buffer, onward: ClientRequest): void {
  client.on('close', () => onward.destroy())
  client.on('error', () => onward.destroy())
  onward.on('error', () => client.destroy())
  onward.on('upgrade', (answer, socket, first) => {
    client.write(headOf(answer, answer.rawHeaders))
    client.write(first)
    socket.write(head)
    socket.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('close', () => socket.destroy())
    client.pipe(socket).pipe(client)
  })
  onward.on('response', (answer) => {
    client.write(headOf(answer, [...endToEndHeaders(answer), 'Connection', 'close']))
    answer.on('error', () => client.destroy()).pipe(client)
  })
  onward.end()
}

/** Where and how requests go on. */
export interface Next {
  readonly entry: URL
  /** What is added, names and values in turn. */
  readonly headers: readonly string[]
}

/** Begins the request to the next hop that stands for a client's. */
export function begin(
  incoming: IncomingMessage,
  hopHeaders: readonly string[],
  { entry, headers }: Next,
): ClientRequest {
  return request({
    host: entry.hostname,
    port: entry.port,
    method: incoming.method,
    path: incoming.url,
    headers: [...endToEndHeaders(incoming), ...hopHeaders, ...headers],
    agent: false,
  })
}

function responseHeaders(answer: IncomingMessage): string[] {
  const length = answer.headers['content-length']
  return [...endToEndHeaders(answer), ...(length === undefined ? [] : ['Content-Length', length])]
}

function headOf({ statusCode, statusMessage }: IncomingMessage, headers: readonly string[]): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`]
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
