import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { CertificateId, UnixSeconds } from '../../core/units.ts'
import { anchorsOf, caKeys, readCertificate, sha256 } from '../../x509/index.ts'
import type { Coverage } from '../certificate-details/sql.ts'
import { anchorsSince, windowAt } from '../clients/readiness.ts'
import { readHostname, type ShownMode, whyNotTheirs } from '../modes/rules.ts'
import type { Refusal } from '../refusal.ts'
import { type Overlap, overlapsOf } from './overlaps.ts'
import { type HeldCertificate, type HeldCrl, type HostnameStored, selectHostnameState } from './sql.ts'

/** A certificate that counts for a hostname. What cannot be found out of it any more is empty, or as of an intermediate. */
export interface PlacedCertificate extends Omit<HeldCertificate, 'isAnchor' | 'der'> {
  readonly role: 'anchor' | 'intermediate'
  readonly coverage: Coverage | undefined
  /** Requests that were let in over it; undefined: it is not an anchor. */
  readonly traffic: { readonly count: number; readonly lastAt: UnixSeconds | undefined } | undefined
}

/** The next thing that changes who comes in. */
export type NextEvent = { readonly at: UnixSeconds } & (
  | {
      readonly kind: 'certificate'
      readonly certificateId: CertificateId
      readonly subject: string
      readonly role: PlacedCertificate['role']
    }
  | {
      readonly kind: 'crl'
      readonly certificateId: CertificateId
      readonly issuer: string
      readonly whenStale: HeldCrl['whenStale']
    }
  | { readonly kind: 'report_mode' }
)

/** How things stand at a hostname. */
export interface HostnameState {
  readonly mode: ShownMode
  readonly forwarding: boolean
  /** How many certificates count. */
  readonly total: number
  /** Anchors first, and what expires next before the others. */
  readonly certificates: readonly PlacedCertificate[]
  readonly overlaps: readonly Overlap[]
  /** What goes stale next first. */
  readonly crls: readonly HeldCrl[]
  readonly next: NextEvent | undefined
  /** From when requests count as traffic, and how many came over all anchors, those included that are not there any more. */
  readonly trafficSince: UnixSeconds
  readonly requests: number
}

/** How things stand at a hostname of the scope. */
export async function getHostnameState(
  db: Database,
  claim: Claim,
  text: string,
): Promise<Result<HostnameState, Refusal>> {
  const hostname = readHostname(text)
  const window = windowAt(claim.now)
  const outcome = await selectHostnameState(db, claim, hostname.ok ? hostname.value : undefined, window.since)
  if (!outcome.ok) return outcome
  const refusal = whyNotTheirs(outcome.value, hostname)
  if (refusal !== undefined) return fail(refusal)
  const { mode = { hostname: text, mode: 'required', identities: null }, stored } = outcome.value
  if (stored === undefined) throw new Error('a hostname of the scope has no state')
  const certificates = (await placed(stored)).toSorted(
    (a, b) => Number(a.role === 'intermediate') - Number(b.role === 'intermediate') || a.notAfter - b.notAfter,
  )
  const crls = stored.crls.toSorted((a, b) => a.nextUpdate - b.nextUpdate)
  return ok({
    mode,
    forwarding: stored.forwarding,
    total: stored.total,
    certificates,
    overlaps: overlapsOf(certificates),
    crls,
    next: nextOf(mode, certificates, crls, claim.now),
    trafficSince: anchorsSince(window, stored.seenSince),
    requests: [...stored.traffic.values()].reduce((sum, { count }) => sum + count, 0),
  })
}

async function placed({ certificates, crls, traffic }: HostnameStored): Promise<readonly PlacedCertificate[]> {
  const records = Map.groupBy(certificates, ({ certificateId }) => certificateId)
  const completed = await Promise.all([...records.values()].map(complete))
  const byName = Map.groupBy(
    crls.filter(({ covers }) => covers !== 'ca'),
    ({ issuerKey, caKey }) => issuerKey || caKey,
  )
  return completed.flat().map((one) => ({
    ...one,
    coverage: coverageOf([...(byName.get(one.nameKey) ?? []), ...(byName.get(one.sha256) ?? [])]),
    traffic: one.role === 'anchor' ? (traffic.get(one.sha256) ?? { count: 0, lastAt: undefined }) : undefined,
  }))
}

/** What is missing of a record that was registered before it was kept is found out here. */
async function complete(
  record: readonly HeldCertificate[],
): Promise<readonly Omit<PlacedCertificate, 'coverage' | 'traffic'>[]> {
  const read = record.map(({ der }) => (der === undefined ? undefined : readCertificate(der)))
  const anchors = anchorsOf(read.flatMap((one) => (one?.ok ? [one.value] : [])))
  return await Promise.all(
    record.map(async ({ isAnchor, der: _, ...one }, index) => {
      const reading = read[index]
      const certificate = reading?.ok ? reading.value : undefined
      const place = isAnchor ?? (certificate !== undefined && anchors.includes(certificate))
      const keys = certificate && { ...(await caKeys(certificate)), keySha256: await sha256(certificate.publicKey.der) }
      return { ...one, ...keys, role: place ? 'anchor' : 'intermediate' } as const
    }),
  )
}

function coverageOf(crls: readonly HeldCrl[]): Coverage | undefined {
  if (crls.length === 0) return undefined
  const until = Math.min(...crls.map(({ nextUpdate }) => nextUpdate))
  return { crls: crls.length, inParts: crls.some(({ isPart }) => isPart), until }
}

/** What happens first at or after `now`. */
function nextOf(
  { until }: ShownMode,
  certificates: readonly PlacedCertificate[],
  crls: readonly HeldCrl[],
  now: UnixSeconds,
): NextEvent | undefined {
  const events: readonly NextEvent[] = [
    ...certificates.map(({ certificateId, subject, role, notAfter }) => {
      return { kind: 'certificate', at: notAfter, certificateId, subject, role } as const
    }),
    ...crls.map(({ certificateId, issuer, whenStale, nextUpdate }) => {
      return { kind: 'crl', at: nextUpdate, certificateId, issuer, whenStale } as const
    }),
    ...(until === undefined ? [] : [{ kind: 'report_mode', at: until } as const]),
  ]
  return events.filter(({ at }) => at >= now).toSorted((a, b) => a.at - b.at)[0]
}
