import type { ClientIdentity } from '../edge/identity.ts'

/**
 * Names under which some proxy tells its origin who the client is by its certificate, or that it was verified. What an
 * origin listens to is not known here, so all of them go. Each is known from its owner's documentation; the tests have
 * the names in full.
 */
const CLIENT_CERTIFICATE: readonly RegExp[] = [
  // RFC 9440, Cloudflare, Envoy, nginx, Traefik, IIS and Azure (`X-ARR-ClientCert`), ASP.NET Core, AWS, Google Cloud,
  // WebLogic, NetScaler, F5 (`SSLClientCertb64`). CloudFront calls the client a viewer.
  /(?:client|peer|viewer)-?cert/,
  // HAProxy, Apache, nginx, ingress-nginx, Tomcat, Pound: `X-SSL-Client-Verify`, `SSL_CLIENT_S_DN`, `X-SSL-Issuer`
  /^(?:x-)?ssl(?:-|$)/,
  /^(?:x-)?tls-(?:client|cert)(?:-|$)/,
  // HAProxy as Keycloak reads it: `CERT_CHAIN`
  /^(?:x-)?cert(?:ificate)?(?:-|$)/,
  // nginx as Puppet reads it: `X-Client-Verify`, `X-Client-DN`
  /(?:^|-)client-(?:verif[a-z]*|(?:(?:subject|issuer|s|i)-)?dn)(?:-|$)/,
  // AWS (`X-Amzn-Mtls-…`) and ours (`Access-Mtls-…`)
  /(?:^|-)mtls(?:-|$)/,
  // WebSphere's plug-in: `$WSCC` is the certificate
  /^-ws[a-z]{2}$/,
]

/**
 * Names that say which host was asked for (RFC 7239 4, and what came before). Cloudflare neither writes nor cleans them,
 * so all that they say is the client's own word. `Forwarded` goes whole: its other parameters are claims as well, and
 * what Cloudflare knows of them is in `X-Forwarded-For` and `X-Forwarded-Proto`.
 */
const HOST = /^(?:forwarded|x-forwarded-host)$/

/**
 * Removes whatever a client may have sent to pass for somebody: RFC 9440 section 4 asks for it without condition.
 * CGI and its descendants read `Client_Cert` and `Client-Cert` as one name, so characters that are no letter or
 * digit count as a hyphen. `Connection` goes as well: by naming a header in it, a client could have the next proxy
 * drop what is added here (RFC 9110 7.6.1); the runtime writes its own, for upgrades too.
 */
export function removeIdentity(headers: Headers): void {
  for (const name of [...headers.keys()]) if (isClaim(name)) headers.delete(name)
}

/** The name makes a claim that is not the client's to make. */
function isClaim(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return plain === 'connection' || HOST.test(plain) || CLIENT_CERTIFICATE.some((names) => names.test(plain))
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

/** Says which hostname a request was for, where `Host` cannot. What the client says of it is gone (`removeIdentity`). */
export function nameHostname(headers: Headers, hostname: string): void {
  headers.set('X-Forwarded-Host', hostname)
}
