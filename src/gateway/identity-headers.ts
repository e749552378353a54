import type { ClientIdentity } from '../edge/identity.ts'

/**
 * Headers in which some proxy tells its origin who the client is by its certificate, or that the certificate was verified. An
 * origin may read any of them, so all are removed. Each is documented by the proxy's maker; the tests have the full names.
 */
const CLIENT_CERTIFICATE = [
  // RFC 9440, Cloudflare, Envoy, nginx, Traefik, IIS and Azure (`X-ARR-ClientCert`), ASP.NET Core, AWS, Google Cloud,
  // WebLogic, NetScaler, F5 (`SSLClientCertb64`). CloudFront calls the client a viewer.
  /(?:client|peer|viewer)-?cert/,
  // HAProxy, Apache, nginx, ingress-nginx, Tomcat, Pound: `X-SSL-Client-Verify`, `SSL_CLIENT_S_DN`, `X-SSL-Issuer`
  /^(?:x-)?ssl(?:-|$)/,
  /^(?:x-)?tls-(?:client|cert)(?:-|$)/,
  // HAProxy, as configured for Keycloak: `CERT_CHAIN`
  /^(?:x-)?cert(?:ificate)?(?:-|$)/,
  // nginx, as configured for Puppet: `X-Client-Verify`, `X-Client-DN`
  /(?:^|-)client-(?:verif[a-z]*|(?:(?:subject|issuer|s|i)-)?dn)(?:-|$)/,
  // AWS (`X-Amzn-Mtls-…`) and ours (`Access-Mtls-…`)
  /(?:^|-)mtls(?:-|$)/,
  // WebSphere's plug-in: `$WSCC` is the certificate
  /^-ws[a-z]{2}$/,
]

/**
 * Headers that say which host was asked for (RFC 7239 4, and the header before it). Cloudflare neither writes nor cleans them,
 * so the client decides what they say. `Forwarded` is removed as a whole: its other parameters are the client's claims too, and
 * Cloudflare's own `X-Forwarded-For` and `X-Forwarded-Proto` say the same reliably.
 */
const HOST = /^(?:forwarded|x-forwarded-host)$/

/** A client could name a header in it, and the next proxy would drop what is added here (RFC 9110 7.6.1). */
const CONNECTION = /^connection$/

/** Claims that a client must not make. One expression, since every header of every request is tested. */
const CLAIM = new RegExp([...CLIENT_CERTIFICATE, HOST, CONNECTION].map(({ source }) => source).join('|'))

/**
 * Removes every header by which a client could pass for another (RFC 9440 section 4). CGI reads `Client_Cert` and
 * `Client-Cert` as one name, so every character that is not a letter or digit counts as a hyphen. The runtime writes its own
 * `Connection`, for upgrades too.
 */
export function removeIdentity(headers: Headers): void {
  // The runtime gives names in lower case.
  for (const name of [...headers.keys()]) if (CLAIM.test(name.replace(/[^a-z0-9]+/g, '-'))) headers.delete(name)
}

/**
 * Adds what was proven: Cloudflare's two headers (contract 6) and those of RFC 9440. A path without intermediates has no
 * `Client-Cert-Chain` (RFC 9440 2.3).
 */
export function addIdentity(headers: Headers, { certificateBase64, sha256, chainBase64 }: ClientIdentity): void {
  headers.set('Cf-Client-Cert-Der-Base64', certificateBase64)
  headers.set('Cf-Client-Cert-Sha256', sha256)
  headers.set('Client-Cert', `:${certificateBase64}:`)
  if (chainBase64.length > 0) {
    headers.set('Client-Cert-Chain', chainBase64.map((base64) => `:${base64}:`).join(', '))
  }
}

/** Says which hostname a request was for, where `Host` names another. `removeIdentity` has removed the client's own header. */
export function nameHostname(headers: Headers, hostname: string): void {
  headers.set('X-Forwarded-Host', hostname)
}
