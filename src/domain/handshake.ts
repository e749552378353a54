import { fail, ok, type Result } from '../result.ts'
import type { NoDecision } from './client-decision.ts'
import { readChain, readLeaf } from './presented.ts'
import type { PresentedChain } from './trust.ts'

/** The keys of `request.cf.tlsClientAuth` that a decision needs (contract 6). */
export interface TlsClientAuth {
  readonly certPresented: '0' | '1'
  readonly certRFC9440: string
  readonly certRFC9440TooLarge: boolean
  readonly certChainRFC9440: string
  readonly certChainRFC9440TooLarge: boolean
}

/**
 * What the handshake left (contract 6). `certVerified` is not looked at: it speaks of Cloudflare's own check.
 * A certificate that was too large to be passed on is told apart from none at all.
 */
export function readHandshake(auth: TlsClientAuth | null | undefined): Result<PresentedChain, NoDecision> {
  if (auth?.certRFC9440TooLarge || auth?.certChainRFC9440TooLarge) {
    const what = auth.certRFC9440TooLarge ? 'certificate is larger than 10 KiB' : 'chain is larger than 16 KiB'
    return fail({ code: 'certificate_left_out', message: `the client's ${what}: Cloudflare did not pass it on` })
  }
  if (auth?.certPresented !== '1' || !auth.certRFC9440) {
    return fail({ code: 'no_certificate', message: 'the client presented no certificate' })
  }
  return readTexts(auth.certRFC9440, auth.certChainRFC9440 ?? '')
}

/** A certificate, and the chain that came with it, as PEM or RFC 9440. */
export function readTexts(certificate: string, chain: string): Result<PresentedChain, NoDecision> {
  const leaf = readLeaf(certificate)
  const rest = readChain(chain)
  if (!leaf.ok || !rest.ok) {
    const message = `${leaf.ok ? 'the chain' : 'the certificate'} is neither PEM nor as in RFC 9440`
    return fail({ code: 'certificate_unreadable', message })
  }
  return ok({ leaf: leaf.value, chain: rest.value })
}
