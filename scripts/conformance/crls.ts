import { DerReader } from '../../src/x509/asn1/der.ts'
import { type Certificate, readCertificate } from '../../src/x509/certificate/certificate.ts'
import { sha256 } from '../../src/x509/certificate/fingerprint.ts'
import { displayName, type Name, readName } from '../../src/x509/certificate/name.ts'
import { nameKey } from '../../src/x509/certificate/name-key.ts'
import { decodeCrls } from '../../src/x509/crl/decode-crl.ts'
import { crlEntries } from '../../src/x509/crl/entries.ts'
import { readCrl } from '../../src/x509/crl/read-crl.ts'
import { type CaSources, proveCa } from '../../src/x509/issuer/prove-ca.ts'
import { type CheckedCrl, NOTHING_REVOKED, type RevocationData } from '../../src/x509/path/revocation/revocation.ts'
import { TrustSet } from '../../src/x509/path/trust-set.ts'
import type { Accepted } from '../../src/x509/path/verdict.ts'

/** What the CRLs of a case say (docs/conformance.md, "Revocation"). */
export interface CaseCrls {
  /** Those that were checked as an upload is. */
  readonly revocation: RevocationData
  /** The CAs that CRLs of the case name as their issuers, those that are not to be used included. */
  readonly issuers: ReadonlySet<string>
  /** The CAs of which the case has a delta CRL: those are refused on upload, so nothing says what changed since. */
  readonly changedSince: ReadonlySet<string>
  /** Why CRLs are not to be used. */
  readonly problems: readonly string[]
}

/** The certificates of a case as an upload of CRLs has them: what is trusted is the record, the rest came along. */
export interface CaseCertificates {
  readonly trusted: readonly Uint8Array[]
  readonly others: readonly Uint8Array[]
}

/**
 * Reads the CRLs of a case and checks each as an upload is.
 * @param pems one CRL each; what is no CRL at all says nothing of any CA, and is left out
 * @param at Unix seconds, UTC
 */
export async function readCaseCrls(
  pems: readonly string[],
  { trusted, others }: CaseCertificates,
  at: number,
): Promise<CaseCrls> {
  const own = readAll(trusted)
  const anchors = new TrustSet(own.map((certificate, index) => ({ id: `${index}`, certificate })))
  const sources: CaSources = { own, anchors, others: readAll(others) }
  const crls: CheckedCrl[] = []
  const issuers = new Set<string>()
  const changedSince = new Set<string>()
  const problems: string[] = []
  for (const pem of pems) {
    const blocks = decodeCrls(new TextEncoder().encode(pem))
    const [der] = blocks.ok ? blocks.value.crls : []
    const checked = der && (await check(der, sources, at))
    if (checked === undefined) continue
    issuers.add(nameKey(checked.issuer))
    if (checked.crl === 'crl_delta') changedSince.add(nameKey(checked.issuer))
    if (typeof checked.crl === 'string') problems.push(`${checked.crl}: CRL of ${displayName(checked.issuer)}`)
    else crls.push(checked.crl)
  }
  return { revocation: { ...NOTHING_REVOKED, crls }, issuers, changedSince, problems }
}

function readAll(ders: readonly Uint8Array[]): readonly Certificate[] {
  return ders.map(readCertificate).flatMap((read) => (read.ok ? [read.value] : []))
}

/** Who a CRL says issued it, and the CRL, or the code of why it is not to be used. Undefined: it is none. */
async function check(
  der: Uint8Array,
  sources: CaSources,
  at: number,
): Promise<{ readonly issuer: Name; readonly crl: CheckedCrl | string } | undefined> {
  const read = readCrl(der)
  if (!read.ok && read.error.reason === 'crl_malformed') return undefined
  if (!read.ok) return { issuer: issuerOf(der), crl: read.error.reason }
  const { issuer, number, thisUpdate, nextUpdate, covers, part } = read.value
  const proven = await proveCa(read.value, sources, at)
  if (!proven.ok) return { issuer, crl: proven.error.reason }
  const revoked = new Map([...crlEntries(read.value)].map(({ serial, ...entry }) => [serial, entry]))
  const stored = { certificateId: 'case', caPath: proven.value, whenStale: 'hard' } as const
  return { issuer, crl: { ...stored, number, thisUpdate, nextUpdate, covers, part, revoked } }
}

/** The issuer of a CRL that is well formed but not to be used (RFC 5280 5.1.2: version, signature, issuer). */
function issuerOf(der: Uint8Array): Name {
  const tbs = DerReader.over(der).sequence('certificateList').sequence('tbsCertList')
  tbs.read('version')
  tbs.read('signature')
  return readName(tbs, 'issuer')
}

/**
 * The issuer of a certificate of an accepted path that the CRLs of the case leave open; for people. Undefined when there is
 * none. Where revocation has to be known, that is one of whose CRLs there is a delta, and the verifier refuses the others
 * itself; elsewhere, one that a CRL names as its issuer while none says that the certificate is good.
 */
export async function leftOpen(
  { path, revocation }: Accepted,
  ders: readonly Uint8Array[],
  { issuers, changedSince }: CaseCrls,
  isRequired: boolean,
): Promise<string | undefined> {
  const issuerOfPath = new Map<string, Name>()
  for (const der of ders) {
    const read = readCertificate(der)
    if (read.ok) issuerOfPath.set(await sha256(der), read.value.issuer)
  }
  return revocation
    .filter(({ status }) => isRequired || status !== 'good')
    .map(({ height }) => issuerOfPath.get(path[height]?.sha256 ?? ''))
    .filter((issuer) => issuer !== undefined)
    .filter((issuer) => (isRequired ? changedSince : issuers).has(nameKey(issuer)))
    .map(displayName)[0]
}
