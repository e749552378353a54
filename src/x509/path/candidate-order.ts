import type { UnixSeconds } from '../../core/units.ts'
import { authorityKeyIdentifier } from '../certificate/informing-extensions.ts'
import { compareKeyIdentifiers } from '../certificate/key-identifiers.ts'
import { checkValidity } from './certificate-checks.ts'
import type { Entry } from './entry.ts'

/** RFC 4158 3.5.12: candidates whose key identifiers match are first, those whose identifiers differ are last. */
const BY_KEY_IDENTIFIERS = { match: 0, absent: 2, differ: 4 } as const

/**
 * The issuers of a certificate, the most likely first (RFC 4158 3.5): by key identifiers, then by validity at the time. None is
 * left out, since identifiers are only claims of the certificate's author.
 */
export function inOrder(candidates: readonly Entry[], subject: Entry, at: UnixSeconds): readonly Entry[] {
  if (candidates.length < 2) return candidates
  const wanted = authorityKeyIdentifier(subject.certificate)
  const cost = (candidate: Entry) =>
    BY_KEY_IDENTIFIERS[compareKeyIdentifiers(wanted, candidate.certificate)] +
    (checkValidity(candidate, at) === undefined ? 0 : 1)
  return candidates
    .map((candidate) => ({ candidate, cost: cost(candidate) }))
    .sort((a, b) => a.cost - b.cost)
    .map(({ candidate }) => candidate)
}
