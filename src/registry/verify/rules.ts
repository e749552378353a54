import type { Database } from '../../core/config.ts'
import { parseHostname } from '../../core/hostname.ts'
import type { Claim } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import type { AsciiHostname, UnixSeconds } from '../../core/units.ts'
import { decidePath } from '../../edge/decide-path.ts'
import { type PresentedChain, readChain, readLeaf } from '../../edge/presented.ts'
import { loadRevocation } from '../../edge/revocation.ts'
import { trustOf } from '../../edge/trust.ts'
import { type Verdict, verdictOf } from '../../x509/index.ts'
import { foreignHostname } from '../hostname-list.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { selectTrustAnchors } from './sql.ts'

/** A request for a decision: the fields that have the right type, and the faults of the others. */
export interface VerifyDraft {
  readonly hostname: string | undefined
  readonly certificate: string | undefined
  readonly chain: string | undefined
  /** The time of the check, Unix seconds, UTC; undefined for now. */
  readonly at: UnixSeconds | undefined
  readonly trace: boolean
  readonly faults: readonly FieldFault[]
}

/** A decision, with its hostname and time. */
export interface Decision {
  readonly hostname: string
  /** Unix seconds, UTC. */
  readonly at: UnixSeconds
  readonly verdict: Verdict
}

/**
 * Decides on a client certificate, by the certificates that the claim's scope has for a hostname. A refused certificate is a
 * decision. The request is refused where the hostname is outside of the scope or has no certificate, or the body cannot be read.
 */
export async function verifyClient<E>(
  db: Database,
  claim: Claim,
  body: Result<VerifyDraft, E>,
): Promise<Result<Decision, Refusal | E>> {
  const question = mapOk(body, readQuestion)
  const trust = await selectTrustAnchors(db, claim, question.ok ? question.value.ascii : '')
  if (!trust.ok) return trust
  if (!question.ok) return question
  const { hostname, ascii, presented, trace } = question.value
  const { foreign, scopeDomains, accountId, records, revocable } = trust.value
  const faults = [...question.value.faults]
  if (ascii !== '' && foreign) faults.push({ pointer: '/hostname', ...foreignHostname(ascii, scopeDomains) })
  else if (ascii !== '' && records.length === 0) faults.push({ pointer: '/hostname', reason: 'no_certificates' })
  if (faults.length > 0 || presented === undefined) return fail({ reason: 'invalid_fields', faults })
  const at = question.value.at ?? claim.now
  const outcome = await decidePath(presented, {
    trust: trustOf(records),
    revocable,
    lookUp: (path) => loadRevocation(db, { accountId, records }, path),
    at,
    trace,
  })
  return ok({ hostname, at, verdict: await verdictOf(outcome) })
}

/** A draft whose hostname and certificates were read. */
interface Question extends Pick<VerifyDraft, 'at' | 'trace' | 'faults'> {
  readonly hostname: string
  /** In A-label form. Empty where the hostname is invalid, which is among the faults. */
  readonly ascii: AsciiHostname
  /** Undefined where it cannot be read, which is among the faults. */
  readonly presented: PresentedChain | undefined
}

function readQuestion({ hostname, certificate, chain, at, trace, faults }: VerifyDraft): Question {
  const name = hostname === undefined ? ok('') : parseHostname(hostname)
  const leaf = certificate === undefined ? undefined : readLeaf(certificate)
  const rest = chain === undefined ? ok([]) : readChain(chain)
  const all = [...faults]
  if (!name.ok) all.push({ pointer: '/hostname', ...name.error })
  if (leaf?.ok === false) all.push({ pointer: '/certificate', ...leaf.error })
  if (!rest.ok) all.push({ pointer: '/chain', ...rest.error })
  return {
    hostname: hostname ?? '',
    ascii: name.ok ? name.value : '',
    presented: leaf?.ok && rest.ok ? { leaf: leaf.value.leaf, chain: [...leaf.value.chain, ...rest.value] } : undefined,
    at,
    trace,
    faults: all,
  }
}
