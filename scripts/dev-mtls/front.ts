import { constants } from 'node:crypto'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import { HANDSHAKE_HEADER } from '../../src/local/handshake-header.ts'
import { handshakeJson } from './handshake.ts'
import { framing } from './headers.ts'
import { begin, passRequest, passUpgrade } from './onward.ts'

export interface FrontOptions {
  readonly host: string
  readonly port: number
  /** PEM: the certificate with its chain, and the key. */
  readonly server: { readonly certificate: string; readonly key: string }
  /** The certificate for a name that a client asks for, in place of that one. */
  readonly contextFor?: (name: string) => Promise<SecureContext>
  /** The entry Worker. */
  readonly entry: URL
  /** What the entry Worker knows this front by. */
  readonly secret: string
}

export interface Front {
  readonly port: number
  stop(): Promise<void>
}

/**
 * Listens with TLS as Cloudflare's edge does: every client is asked for a certificate, none is refused for it. Each
 * request goes on over plain HTTP with what its handshake showed; bodies and upgrades are passed as they come.
 */
export async function startFront(options: FrontOptions): Promise<Front> {
  const { host, port, entry, secret, contextFor } = options
  const server = createServer({
    cert: options.server.certificate,
    key: options.server.key,
    ...(contextFor && { SNICallback: sniCallback(contextFor) }),
    requestCert: true,
    rejectUnauthorized: false,
    // No CA at all: of those it has, Node would add the root to what the client sent.
    ca: [],
    minVersion: 'TLSv1.2',
    // A resumed session has the client's certificate but not its chain; a renegotiated one may have another certificate.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  })
  // How long an upload may take is not for this server to say.
  server.requestTimeout = 0
  const handshakes = new WeakMap<TLSSocket, Promise<string>>()
  const onward = async (incoming: IncomingMessage, hopHeaders: readonly string[]): Promise<ClientRequest> => {
    const { socket } = incoming
    if (!(socket instanceof TLSSocket)) throw new Error('a request came without TLS')
    const handshake = handshakes.get(socket) ?? handshakeJson(socket)
    handshakes.set(socket, handshake)
    return begin(incoming, hopHeaders, { entry, headers: [HANDSHAKE_HEADER, `${secret} ${await handshake}`] })
  }
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // RFC 9112 3.2: a request that names no host, or two, is none.
    if (incoming.headersDistinct['host']?.length !== 1) return void outgoing.writeHead(400).end()
    onward(incoming, framing(incoming)).then(
      (next) => passRequest(incoming, outgoing, next),
      () => outgoing.destroy(),
    )
  })
  server.on('upgrade', (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    onward(incoming, ['Connection', 'Upgrade', 'Upgrade', incoming.headers.upgrade ?? '']).then(
      (next) => passUpgrade(client, head, next),
      () => client.destroy(),
    )
  })
  const sockets = new Set<TLSSocket>()
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A client that closes the connection is not worth a report.
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

type SniCallback = (name: string, done: (error: Error | null, context?: SecureContext) => void) => void

function sniCallback(contextFor: (name: string) => Promise<SecureContext>): SniCallback {
  return (name, done) => {
    contextFor(name).then(
      (context) => done(null, context),
      (error: Error) => done(error),
    )
  }
}
