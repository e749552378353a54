import { createHash } from 'node:crypto'
import type { ConformanceCase, Judgement } from '../../scripts/conformance/case.ts'
import type { Verifier } from '../../scripts/conformance/workerd.ts'
import { rfc3339 } from '../../src/core/rfc3339.ts'
import { NOW, pem } from '../support/pki.ts'
import { type Chain, makeChain } from './differential-chain.ts'
import { reductions } from './differential-classes.ts'
import type { Description } from './differential-description.ts'
import type { Openssl } from './differential-openssl.ts'

/** An unexplained disagreement: a bug here, or an unknown class. */
export interface Unexplained {
  readonly description: Description
  readonly ours: string
  readonly openssl: string
}

export interface Comparison {
  readonly bothAccept: number
  readonly bothRefuse: number
  /** Disagreements by their explanation: names of classes, joined if a case has several. */
  readonly explained: Readonly<Record<string, number>>
  readonly unexplained: readonly Unexplained[]
}

/** The explanation if OpenSSL misses the path that is found here, since it tries only one issuer of each certificate. */
export const ONE_PATH = 'one-path'

interface Judged {
  readonly description: Description
  readonly chain: Chain
  readonly ours: Judgement
  readonly openssl: { readonly accepted: boolean; readonly error: string }
}

/** Lets both decide every case, and looks for an explanation of each difference. */
export async function compare(
  descriptions: readonly Description[],
  verifier: Verifier,
  openssl: Openssl,
): Promise<Comparison> {
  const judged = await judge(descriptions, verifier, openssl)
  const differing = judged.filter(({ ours, openssl: { accepted } }) => (ours.actual === 'SUCCESS') !== accepted)
  const explained: Record<string, number> = {}
  const unexplained: Unexplained[] = []
  for (const given of differing) {
    const reason = await explanation(given, verifier, openssl)
    if (reason !== undefined) explained[reason] = (explained[reason] ?? 0) + 1
    else unexplained.push({ description: given.description, ours: given.ours.because, openssl: given.openssl.error })
  }
  const accepted = judged.filter(({ ours, openssl: theirs }) => ours.actual === 'SUCCESS' && theirs.accepted).length
  return {
    bothAccept: accepted,
    bothRefuse: judged.length - differing.length - accepted,
    explained,
    unexplained,
  }
}

async function judge(
  descriptions: readonly Description[],
  verifier: Verifier,
  openssl: Openssl,
): Promise<readonly Judged[]> {
  const chains = await Promise.all(descriptions.map(makeChain))
  const [ours, theirs] = await Promise.all([
    verifier.judge(chains.map((chain, index) => asCase(chain, String(index)))),
    openssl.verify(chains),
  ])
  return descriptions.flatMap((description, i) => {
    const [chain, our, their] = [chains[i], ours[i], theirs[i]]
    return chain && our && their ? [{ description, chain, ours: our, openssl: their }] : []
  })
}

/**
 * The explanation of a disagreement, or undefined. If OpenSSL refused, it must accept the path found here when it gets no
 * other certificate. Otherwise, both must accept the case without the traits of known classes.
 */
async function explanation(given: Judged, verifier: Verifier, openssl: Openssl): Promise<string | undefined> {
  const weAccept = given.ours.actual === 'SUCCESS'
  if (weAccept && (await acceptsOurPath(given, openssl))) return ONE_PATH
  for (const { names, description } of reductions(given.description, weAccept ? 'accepts' : 'refuses')) {
    const [reduced] = await judge([description], verifier, openssl)
    if (reduced === undefined || reduced.ours.actual !== 'SUCCESS') continue
    if (reduced.openssl.accepted) return names.join(' + ')
    if (weAccept && (await acceptsOurPath(reduced, openssl))) return [...names, ONE_PATH].join(' + ')
  }
  return undefined
}

/** Whether OpenSSL accepts the path that was accepted here, if it gets no other certificate. */
async function acceptsOurPath({ chain, ours }: Judged, openssl: Openssl): Promise<boolean> {
  const byDigest = new Map(
    [...chain.intermediates, ...chain.anchors].map((der) => [createHash('sha256').update(der).digest('hex'), der]),
  )
  // In the order of the path: of two certificates with one name, OpenSSL takes the first.
  const path = (ours.path ?? []).slice(1).flatMap((digest) => byDigest.get(digest) ?? [])
  const alone = { leaf: chain.leaf, intermediates: path.slice(0, -1), anchors: path.slice(-1) }
  const [verdict] = await openssl.verify([alone])
  return verdict?.accepted ?? false
}

function asCase({ leaf, intermediates, anchors }: Chain, id: string): ConformanceCase {
  return {
    id,
    validation_kind: 'CLIENT',
    trusted_certs: anchors.map((der) => pem(der)),
    untrusted_intermediates: intermediates.map((der) => pem(der)),
    peer_certificate: pem(leaf),
    validation_time: rfc3339(NOW),
    extended_key_usage: ['clientAuth'],
    key_usage: [],
    expected_result: 'SUCCESS',
  }
}
