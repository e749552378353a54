import type { Database } from '../../core/config.ts'
import { parseHostname } from '../../core/hostname.ts'
import type { Claim } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { PresentedChain } from '../../edge/decision.ts'
import { readChain, readLeaf } from '../../edge/presented.ts'
import { loadRevocation } from '../../edge/revocation.ts'
import { trustOf } from '../../edge/trust.ts'
import { type Verdict, verdictOf, verifyPath } from '../../x509/index.ts'
import { accessRefusal } from '../access.ts'
import { foreignHostname } from '../hostname-list.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { selectTrustAnchors } from './sql.ts'

/** A request for a decision as it came in: the fields that have the right type, and what the others lack. */
export interface VerifyDraft {
  readonly hostname: string | undefined
  readonly certificate: string | undefined
  readonly chain: string | undefined
  /** Unix seconds, UTC; undefined: now. */
  readonly at: number | undefined
  readonly trace: boolean
  readonly faults: readonly FieldFault[]
}

/** A decision, with what it was about. */
export interface Decision {
  readonly hostname: string
  /** Unix seconds, UTC. */
  readonly at: number
  readonly verdict: Verdict
}

const EMPTY_DRAFT: VerifyDraft = {
  hostname: undefined,
  certificate: undefined,
  chain: undefined,
  at: undefined,
  trace: false,
  faults: [],
}

/**
 * Decides on a client certificate with the certificates that the claim's scope has for a hostname. A refused
 * certificate is an answer; a name that is not the scope's, or has no certificate, and a body that cannot be read are
 * refusals of the request.
 */
export async function verifyClient<E>(
  db: Database,
  claim: Claim,
  body: Result<VerifyDraft, E>,
): Promise<Result<Decision, Refusal | E>> {
  const draft = body.ok ? body.value : EMPTY_DRAFT
  const faults: FieldFault[] = [...draft.faults]
  const ascii = readHostname(draft, faults)
  const presented = readPresented(draft, faults)
  const { access, foreign, scopeDomains, accountId, records, revocable } = await selectTrustAnchors(
    db,
    claim,
    ascii ?? '',
  )
  const denied = accessRefusal(access, claim.credential)
  if (denied !== undefined) return fail(denied)
  if (!body.ok) return body
  if (ascii !== undefined && foreign) faults.push({ pointer: '/hostname', ...foreignHostname(ascii, scopeDomains) })
  else if (ascii !== undefined && records.length === 0) faults.push({ pointer: '/hostname', reason: 'no_certificates' })
  if (faults.length > 0) return fail({ reason: 'invalid_fields', faults })
  if (presented === undefined) throw new Error('a body without faults has no certificate')
  const at = draft.at ?? claim.now
  const outcome = await verifyPath({
    leaf: presented.leaf,
    intermediates: presented.chain,
    trust: trustOf(records).set,
    at,
    trace: draft.trace,
    ...(revocable && { revocation: (path) => loadRevocation(db, { accountId, records }, path) }),
  })
  return ok({ hostname: draft.hostname ?? '', at, verdict: await verdictOf(outcome) })
}

/** The hostname in A-label form; undefined, with a fault, when it is none. */
function readHostname({ hostname }: VerifyDraft, faults: FieldFault[]): string | undefined {
  if (hostname === undefined) return undefined
  const parsed = parseHostname(hostname)
  if (parsed.ok) return parsed.value
  faults.push({ pointer: '/hostname', ...parsed.error })
  return undefined
}

function readPresented({ certificate, chain }: VerifyDraft, faults: FieldFault[]): PresentedChain | undefined {
  const leaf = certificate === undefined ? undefined : readLeaf(certificate)
  const rest = chain === undefined ? ok([]) : readChain(chain)
  if (leaf?.ok === false) faults.push({ pointer: '/certificate', ...leaf.error })
  if (!rest.ok) faults.push({ pointer: '/chain', ...rest.error })
  return leaf?.ok && rest.ok ? { leaf: leaf.value.leaf, chain: [...leaf.value.chain, ...rest.value] } : undefined
}
