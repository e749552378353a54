import { toHex } from '../../core/bytes.ts'
import type { CertificateId, Hex } from '../../core/units.ts'
import { sha256 } from '../certificate/fingerprint.ts'
import { displayName } from '../certificate/name.ts'
import type { Entry, Origin } from './entry.ts'
import type { PathCode, PathFault } from './reasons/fault.ts'
import { faultWords } from './reasons/fault-words.ts'
import type { RevocationStatus } from './revocation/revocation.ts'
import type { TraceStep } from './trace.ts'
import type { AcceptedPath, PathOutcome, RefusedPath } from './verify.ts'

/** A certificate as verdicts name it. */
export interface CertificateRef {
  readonly role: Origin['role']
  /** For people (displayName); empty for an empty subject. */
  readonly subject: string
  readonly issuer: string
  /** Hexadecimal. */
  readonly serialNumber: Hex
  /** SHA-256 of the DER, lower-case hexadecimal. */
  readonly sha256: Hex
  /** The id of an anchor's record. */
  readonly anchorId?: CertificateId
  /** The place of a presented intermediate in the list as given, from 1. */
  readonly position?: number
  /** The id of a registered intermediate's record. */
  readonly certificateId?: CertificateId
}

/** The leaf is trusted for the purpose. */
export interface Accepted {
  readonly accepted: true
  /** From the leaf to the anchor. A leaf that is an anchor is a path of one. */
  readonly path: readonly CertificateRef[]
  /** One for each certificate except the anchor, from the leaf up. */
  readonly revocation: readonly RevocationStatus[]
  readonly trace?: readonly TraceStep[]
}

/** The leaf is not trusted, with the most useful reason. */
export interface Refused {
  readonly accepted: false
  /** Stable; fault-words.ts has one entry for each. */
  readonly code: PathCode
  /** The facts, as data. */
  readonly fault: PathFault
  /** The certificate at fault; undefined where none can be named. */
  readonly certificate?: CertificateRef
  /** The rule: a section of an RFC, or of docs/conformance.md. */
  readonly section: string
  /** OpenSSL's text, as Cloudflare shows it after `FAILED:` in certVerified. */
  readonly openssl: string
  /** One sentence: what is wrong, with its facts. */
  readonly message: string
  /** One sentence: what would help. */
  readonly suggestion: string
  readonly trace?: readonly TraceStep[]
}

/** The outcome of a decision: plain data, so that it can cross Workers RPC. */
export type Verdict = Accepted | Refused

/** An outcome as plain data. Digests each certificate that it names (SHA-256). */
export function verdictOf(outcome: PathOutcome): Promise<Verdict> {
  return outcome.accepted ? acceptedVerdict(outcome) : refusedVerdict(outcome)
}

/** verdictOf for an accepted path. */
export async function acceptedVerdict({ path, revocation, trace }: Omit<AcceptedPath, 'accepted'>): Promise<Accepted> {
  const refs = await Promise.all(path.map(certificateRef))
  return { accepted: true, path: refs, revocation, ...(trace && { trace }) }
}

/** verdictOf for a refused one. */
export async function refusedVerdict({ fault, at, trace }: RefusedPath): Promise<Refused> {
  return {
    accepted: false,
    code: fault.reason,
    fault,
    ...(at && { certificate: await certificateRef(at) }),
    ...faultWords(fault, at?.origin.role ?? 'leaf', at ? displayName(at.certificate.subject) : ''),
    ...(trace && { trace }),
  }
}

/** A certificate of a path as verdicts name it. */
export async function certificateRef({ certificate, origin }: Entry): Promise<CertificateRef> {
  return {
    role: origin.role,
    subject: displayName(certificate.subject),
    issuer: displayName(certificate.issuer),
    serialNumber: toHex(certificate.serialNumber),
    sha256: await sha256(certificate.der),
    ...(origin.role === 'anchor' && { anchorId: origin.ids[0] }),
    ...(origin.role === 'intermediate' && intermediateRef(origin)),
  }
}

function intermediateRef(origin: Extract<Origin, { readonly role: 'intermediate' }>) {
  return 'position' in origin ? { position: origin.position } : { certificateId: origin.certificateId }
}
