import type { IncomingMessage } from 'node:http'
import { HANDSHAKE_HEADER } from '../../src/local/handshake-header.ts'

/** Fields that speak of one connection only (RFC 9110 7.6.1). Node answers `Expect: 100-continue` by itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * The fields of a message that go on to the next hop, names and values in turn, as they were written. Not those of one
 * connection, not the length (what frames the body is said anew), and never what only the TLS front may say.
 */
export function endToEndHeaders({ rawHeaders, headers }: IncomingMessage): string[] {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  const ends = new Set([...HOP_BY_HOP, ...named, 'content-length'])
  const kept: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2)
    const plain = name.toLowerCase()
    // `Host` must not go because a client lists it in `Connection`.
    if (plain === 'host' || !(ends.has(plain) || isOurs(plain))) kept.push(name, value)
  }
  return kept
}

/** The fields that frame a message's body, for the next hop. */
export function framing({ headers, method = 'GET' }: IncomingMessage): string[] {
  if (headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked']
  const length = headers['content-length'] ?? (['POST', 'PUT', 'PATCH'].includes(method) ? '0' : undefined)
  return length === undefined ? [] : ['Content-Length', length]
}

/** Also as CGI and its descendants read it: `Access_Mtls_Dev_Handshake` is the same name to them. */
function isOurs(name: string): boolean {
  return name.replace(/[^a-z0-9]/g, '-') === HANDSHAKE_HEADER
}
