import { fail, ok, type Result } from '../core/result.ts'
import { decodeRfc9440, displayName, readCertificate } from '../x509/index.ts'
import type { NoDecision } from './decision.ts'
import type { PresentedChain } from './presented.ts'

/** The keys of `request.cf.tlsClientAuth` that a decision needs (contract 6). */
export interface TlsClientAuth {
  readonly certPresented: '0' | '1'
  readonly certRFC9440: string
  readonly certRFC9440TooLarge: boolean
  readonly certChainRFC9440: string
  readonly certChainRFC9440TooLarge: boolean
}

/** How to have Cloudflare ask a hostname's clients for a certificate. A client presents one only when it is asked. */
const ASK_FOR_ONE =
  'switch mTLS on for the hostname: in the dashboard, SSL/TLS > Client Certificates > Hosts > Edit (https://developers.cloudflare.com/ssl/client-certificates/enable-mtls/); if it is on, give the client a certificate'

/**
 * Reads the client's certificates of the handshake (contract 6). `certVerified` does not matter: it is the result of
 * Cloudflare's own check. A certificate that was too large to be passed on has a code of its own.
 */
export function readHandshake(auth: TlsClientAuth | null | undefined): Result<PresentedChain, NoDecision> {
  if (auth?.certRFC9440TooLarge || auth?.certChainRFC9440TooLarge) {
    const what = auth.certRFC9440TooLarge ? 'certificate is larger than 10 KiB' : 'chain is larger than 16 KiB'
    return fail({ code: 'certificate_left_out', message: `the client's ${what}: Cloudflare did not pass it on` })
  }
  if (auth?.certPresented !== '1' || !auth.certRFC9440) {
    return fail({ code: 'no_certificate', message: 'the client presented no certificate', suggestion: ASK_FOR_ONE })
  }
  const leaf = decodeRfc9440(auth.certRFC9440)
  const chain = decodeRfc9440(auth.certChainRFC9440 ?? '')
  const [own, ...more] = leaf.ok ? leaf.value : []
  if (own === undefined || more.length > 0) return unreadable('certRFC9440 is not one certificate as in RFC 9440')
  if (!chain.ok) return unreadable('certChainRFC9440 is not a list of certificates as in RFC 9440')
  return ok({ leaf: own, chain: chain.value })
}

/** The subject of the leaf, for people; undefined where there is none that can be read. */
export function subjectOf(presented: Result<PresentedChain, unknown>): string | undefined {
  const leaf = presented.ok ? readCertificate(presented.value.leaf) : presented
  return leaf.ok ? displayName(leaf.value.subject) : undefined
}

function unreadable(message: string) {
  return fail({ code: 'certificate_unreadable', message } as const)
}
