import type { Database } from '../../core/config.ts'
import { parseHostname } from '../../core/hostname.ts'
import type { Claim } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { type ClientVerdict, decidePath, plainVerdict } from '../../edge/decide-path.ts'
import { type PresentedChain, readChain, readLeaf } from '../../edge/presented.ts'
import { loadRevocation } from '../../edge/revocation.ts'
import { trustOf } from '../../edge/trust.ts'
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
  readonly verdict: ClientVerdict
}

/**
 * Decides on a client certificate, by the certificates that the claim's scope has for a hostname, and its identity rules. A refused certificate is a
 * decision. The request is refused where the hostname is outside of the scope or has no certificate, or the body cannot be read.
 */
export async function verifyClient<E>(
  db: Database,
  claim: Claim,
  body: Result<VerifyDraft, E>,
): Promise<Result<Decision, Refusal | E>> {
  const hostname = body.ok ? body.value.hostname : undefined
  const name = hostname === undefined ? undefined : parseHostname(hostname)
  const ascii = name?.ok ? name.value : ''
  const trust = await selectTrustAnchors(db, claim, ascii)
  if (!trust.ok) return trust
  if (!body.ok) return body
  // The certificates are read once access is settled.
  const { presented, certificateFaults } = readPresented(body.value)
  const faults: FieldFault[] = [...body.value.faults]
  if (name?.ok === false) faults.push({ pointer: '/hostname', ...name.error })
  faults.push(...certificateFaults)
  const { foreign, scopeDomains, accountId, records, identities, revocable } = trust.value
  if (ascii !== '' && foreign) faults.push({ pointer: '/hostname', ...foreignHostname(ascii, scopeDomains) })
  else if (ascii !== '' && records.length === 0) faults.push({ pointer: '/hostname', reason: 'no_certificates' })
  if (faults.length > 0 || presented === undefined) return fail({ reason: 'invalid_fields', faults })
  const at = body.value.at ?? claim.now
  const outcome = await decidePath(presented, {
    trust: trustOf(records),
    identities,
    revocable,
    lookUp: (path) => loadRevocation(db, { accountId, records }, path),
    at,
    trace: body.value.trace,
  })
  return ok({ hostname: hostname ?? '', at, verdict: await plainVerdict(outcome) })
}

/** The certificates of a draft, undefined where they cannot be read, and their faults. */
function readPresented({ certificate, chain }: VerifyDraft) {
  const leaf = certificate === undefined ? undefined : readLeaf(certificate)
  const rest = chain === undefined ? ok([]) : readChain(chain)
  const certificateFaults: FieldFault[] = []
  if (leaf?.ok === false) certificateFaults.push({ pointer: '/certificate', ...leaf.error })
  if (!rest.ok) certificateFaults.push({ pointer: '/chain', ...rest.error })
  const presented: PresentedChain | undefined =
    leaf?.ok && rest.ok ? { leaf: leaf.value.leaf, chain: [...leaf.value.chain, ...rest.value] } : undefined
  return { presented, certificateFaults }
}
