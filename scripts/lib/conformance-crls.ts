import { type Certificate, readCertificate } from '../../src/x509/certificate.ts'
import { checkCrl } from '../../src/x509/crl/check-crl.ts'
import { decodeCrls } from '../../src/x509/crl/decode-crl.ts'
import { crlEntries } from '../../src/x509/crl/entries.ts'
import { readCrl } from '../../src/x509/crl/read-crl.ts'
import { DerReader } from '../../src/x509/der.ts'
import { sha256 } from '../../src/x509/fingerprint.ts'
import { displayName, type Name, readName } from '../../src/x509/name.ts'
import { nameKey } from '../../src/x509/path/name-key.ts'
import { type CheckedCrl, NOTHING_REVOKED, type RevocationData } from '../../src/x509/path/revocation.ts'
import type { Accepted } from '../../src/x509/path/verdict.ts'

/** What the CRLs of a case say (docs/conformance.md, "Revocation"). */
export interface CaseCrls {
  /** Those that were checked as an upload is. */
  readonly revocation: RevocationData
  /** The CAs that CRLs of the case name as their issuers, those that are not to be used included. */
  readonly issuers: ReadonlySet<string>
  /** Why CRLs are not to be used. */
  readonly problems: readonly string[]
}

/**
 * Reads the CRLs of a case and checks each against its certificates.
 * @param pems one CRL each; what is no CRL at all says nothing of any CA, and is left out
 * @param at Unix seconds, UTC
 */
export async function readCaseCrls(
  pems: readonly string[],
  ders: readonly Uint8Array[],
  at: number,
): Promise<CaseCrls> {
  const cas = ders.map(readCertificate).flatMap((read) => (read.ok ? [read.value] : []))
  const crls: CheckedCrl[] = []
  const issuers = new Set<string>()
  const problems: string[] = []
  for (const pem of pems) {
    const blocks = decodeCrls(new TextEncoder().encode(pem))
    const [der] = blocks.ok ? blocks.value.crls : []
    const checked = der && (await check(der, cas, at))
    if (checked === undefined) continue
    issuers.add(nameKey(checked.issuer))
    if (typeof checked.crl === 'string') problems.push(`${checked.crl}: CRL of ${displayName(checked.issuer)}`)
    else crls.push(checked.crl)
  }
  return { revocation: { ...NOTHING_REVOKED, crls }, issuers, problems }
}

/** Who a CRL says issued it, and the CRL, or the code of why it is not to be used. Undefined: it is none. */
async function check(
  der: Uint8Array,
  cas: readonly Certificate[],
  at: number,
): Promise<{ readonly issuer: Name; readonly crl: CheckedCrl | string } | undefined> {
  const read = readCrl(der)
  if (!read.ok && read.error.reason === 'crl_malformed') return undefined
  if (!read.ok) return { issuer: issuerOf(der), crl: read.error.reason }
  const { issuer, number, thisUpdate, nextUpdate, covers, part } = read.value
  const checked = await checkCrl(read.value, cas, at)
  if (!checked.ok) return { issuer, crl: checked.error.reason }
  const revoked = new Map([...crlEntries(read.value)].map(({ serial, ...entry }) => [serial, entry]))
  const stored = { certificateId: 'case', caPath: [checked.value.ca], whenStale: 'hard' } as const
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
 * The issuer of a certificate of an accepted path of which a CRL of the case speaks, yet none says that it is good; for
 * people. Undefined when there is none.
 */
export async function uncovered(
  { path, revocation }: Accepted,
  ders: readonly Uint8Array[],
  { issuers }: CaseCrls,
): Promise<string | undefined> {
  const issuerOfPath = new Map<string, Name>()
  for (const der of ders) {
    const read = readCertificate(der)
    if (read.ok) issuerOfPath.set(await sha256(der), read.value.issuer)
  }
  return revocation
    .filter(({ status }) => status !== 'good')
    .map(({ height }) => issuerOfPath.get(path[height]?.sha256 ?? ''))
    .filter((issuer) => issuer !== undefined)
    .filter((issuer) => issuers.has(nameKey(issuer)))
    .map(displayName)[0]
}
