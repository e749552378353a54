import type { TrustBundle } from '../model.ts'
import { type Certificate, readCertificate } from '../x509/certificate.ts'
import { authorityKeyIdentifier, subjectKeyIdentifier } from '../x509/informing-extensions.ts'
import { Budget } from '../x509/path/budget.ts'
import { PATH_LIMITS } from '../x509/path/limits.ts'
import type { RevocationLookup } from '../x509/path/revocation.ts'
import { type Anchor, type TrustSet, trustSet } from '../x509/path/trust-set.ts'
import type { Verdict } from '../x509/path/verdict.ts'
import { verifyPath } from '../x509/path/verify.ts'
import { sameOctets } from '../x509/values.ts'

/** What is trusted for one hostname, read once and good for any number of decisions. */
export interface Trust {
  readonly anchors: TrustSet
  /** Certificates of bundles that are no anchors: they help to build paths, and are trusted no further than that. */
  readonly intermediates: readonly Certificate[]
}

/**
 * Reads bundles: of each, the self-signed certificates are anchors and the others intermediates; where none is
 * self-signed, the last one is the anchor, as a chain ends with what stands nearest to its root (contract 3).
 */
export function trustOf(bundles: readonly TrustBundle[]): Trust {
  const anchors: Anchor[] = []
  const intermediates: Certificate[] = []
  for (const { id, chain, uncovered } of bundles) {
    const certificates = chain.flatMap((der) => {
      const read = readCertificate(der)
      return read.ok ? [read.value] : []
    })
    const roots = certificates.filter(isSelfSigned)
    const trusted = roots.length > 0 ? roots : certificates.slice(-1)
    anchors.push(...trusted.map((certificate) => ({ id, certificate, uncovered })))
    intermediates.push(...certificates.filter((certificate) => !trusted.includes(certificate)))
  }
  return { anchors: trustSet(anchors), intermediates }
}

/**
 * Issuer and subject are the same name, and the authority's key identifier, where there is one, is the subject's own
 * (RFC 5280 4.2.1.1). A CA that changed its key is self-issued too, but names the other key. The signature is not
 * checked: whoever registered the certificate vouches for it.
 */
function isSelfSigned(certificate: Certificate): boolean {
  const authority = authorityKeyIdentifier(certificate)
  const sameKey = authority === undefined || authority === subjectKeyIdentifier(certificate)
  return sameOctets(certificate.issuer.der, certificate.subject.der) && sameKey
}

/** A client's certificate and what came with it, as DER. */
export interface PresentedChain {
  readonly leaf: Uint8Array
  readonly chain: readonly Uint8Array[]
}

/** The same, read where it could be read. */
export interface ReadChain {
  readonly leaf: Certificate | Uint8Array
  readonly chain: readonly (Certificate | Uint8Array)[]
}

/** Unreadable certificates stay as they came: whether they matter is for the path to say. */
export function readCertificates({ leaf, chain }: PresentedChain): ReadChain {
  return { leaf: readOrLeave(leaf), chain: chain.map(readOrLeave) }
}

function readOrLeave(der: Uint8Array): Certificate | Uint8Array {
  const read = readCertificate(der)
  return read.ok ? read.value : der
}

/** When a decision is made, and with what. */
export interface DecideOptions {
  /** Unix seconds, UTC. */
  readonly at: number
  /** Undefined: nothing is revoked. */
  readonly revocation: RevocationLookup | undefined
  readonly trace?: boolean
}

/** Decides on a client's certificate. What a bundle brings does not use up the client's limits. */
export function decide(trust: Trust, { leaf, chain }: ReadChain, options: DecideOptions): Promise<Verdict> {
  const brought = trust.intermediates.reduce((sum, { der }) => sum + der.length, 0)
  const { at, revocation, trace = false } = options
  return verifyPath({
    leaf,
    intermediates: [...chain, ...trust.intermediates],
    trust: trust.anchors,
    at,
    trace,
    ...(revocation && { revocation }),
    budget: new Budget({ ...PATH_LIMITS, bytes: PATH_LIMITS.bytes + brought }),
  })
}
