import { createHash, X509Certificate } from 'node:crypto'
import { HANDSHAKE_HEADER } from '../../src/local/handshake-header.ts'
import { noTlsClientAuth } from '../../src/testing/tls-client-auth.ts'
import type { Pki, PkiName } from './pki.ts'

/**
 * Header fields, one a line as `curl --header @file` takes them, with which somebody without a certificate tries to
 * pass for the owner of `good`: all that gateways and origins read such things from.
 */
export function smuggledHeaders(pki: Pki): string {
  const rawOf = (name: PkiName) => new X509Certificate(pki.identity(name).certificate).raw
  const der = rawOf('good')
  const base64 = der.toString('base64')
  const sha256 = createHash('sha256').update(der).digest('hex')
  const intermediate = rawOf('intermediate').toString('base64')
  const tlsClientAuth = {
    ...noTlsClientAuth(),
    certPresented: '1',
    certVerified: 'SUCCESS',
    certRFC9440: `:${base64}:`,
  }
  return [
    `Client-Cert: :${base64}:`,
    `Client-Cert-Chain: :${intermediate}:`,
    `Cf-Client-Cert-Der-Base64: ${base64}`,
    `Cf-Client-Cert-Sha256: ${sha256}`,
    `X-Forwarded-Client-Cert: Hash=${sha256};Subject="CN=good"`,
    `X-ARR-ClientCert: ${base64}`,
    'X-SSL-Client-Verify: SUCCESS',
    'X-SSL-Client-S-DN: CN=good',
    'Forwarded: for=127.0.0.1;host=elsewhere.test',
    'Cf-Cert-Presented: true',
    'Cf-Cert-Verified: true',
    `${HANDSHAKE_HEADER}: guessed ${JSON.stringify({ tlsClientAuth })}`,
    `Connection: ${HANDSHAKE_HEADER}`,
    '',
  ].join('\n')
}
