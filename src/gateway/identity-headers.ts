import type { ClientIdentity } from '../domain/client-identity.ts'

/** Names that speak of a client's certificate, Cloudflare's own (`Cf-Client-Cert-…`) and RFC 9440's. */
const CLIENT_CERTIFICATE = /^(?:cf-)?client-cert(?:-|$)/
/** Names that speak of the host that was asked for (RFC 7239 4, and what came before). */
const HOST = /^(?:forwarded|x-forwarded-host)$/
/** Names that are ours. */
const OURS = /^access-mtls(?:-|$)/

/**
 * Removes whatever a client may have sent to pass for somebody: RFC 9440 section 4 asks for it without condition.
 * CGI and its descendants read `Client_Cert` and `Client-Cert` as one name, so every character that is no letter or
 * digit counts as a hyphen. `Connection` goes as well: by naming a header in it, a client could have the next proxy
 * drop what is added here (RFC 9110 7.6.1); the runtime writes its own, for upgrades too.
 */
export function removeIdentity(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    const plain = plainName(name)
    if (CLIENT_CERTIFICATE.test(plain) || OURS.test(plain) || plain === 'connection') headers.delete(name)
  }
}

/**
 * Adds what was proven: Cloudflare's two headers (contract 6), and RFC 9440's byte sequences. Where the path has no
 * intermediates there is no `Client-Cert-Chain` (RFC 9440 2.3).
 */
export function addIdentity(headers: Headers, { certificateBase64, sha256, chainBase64 }: ClientIdentity): void {
  headers.set('Cf-Client-Cert-Der-Base64', certificateBase64)
  headers.set('Cf-Client-Cert-Sha256', sha256)
  headers.set('Client-Cert', `:${certificateBase64}:`)
  if (chainBase64.length > 0) {
    headers.set('Client-Cert-Chain', chainBase64.map((base64) => `:${base64}:`).join(', '))
  }
}

/** Says which hostname a request was for, where `Host` cannot: whatever the client says of it goes. */
export function nameHostname(headers: Headers, hostname: string): void {
  for (const name of [...headers.keys()]) if (HOST.test(plainName(name))) headers.delete(name)
  headers.set('X-Forwarded-Host', hostname)
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}
