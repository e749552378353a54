import { X509Certificate } from 'node:crypto'
import { type IssueOptions, type TestCa, type TestCertificate, testCa } from '../../src/testing/index.ts'
import { type IdentityFiles, identityFiles, readIdentity, writeIdentity } from './identity.ts'

/** The zone and the protected hostname. `.test` never resolves (RFC 6761 6.2), so nobody else's host is ever meant. */
export const ZONE = 'mtls.test'
export const HOSTNAME = `admin.${ZONE}`

export const CLIENT_NAMES = ['good', 'expired', 'revoked', 'foreign'] as const
export type ClientName = (typeof CLIENT_NAMES)[number]
type CaName = 'root' | 'intermediate' | 'foreign-root'
export type PkiName = CaName | 'server' | ClientName

interface Plan extends Pick<IssueOptions, 'subject' | 'ca' | 'extendedKeyUsage' | 'subjectAltName'> {
  readonly name: PkiName
  /** Without one, it is a root. */
  readonly issuer?: CaName
  /** Validity, in days from the moment of making. */
  readonly from: number
  readonly to: number
}

const CA = { ca: true, from: -90 } as const
const CLIENT = { issuer: 'intermediate', from: -1, to: 90 } as const

/** Issuers stand before what they issue. Browsers take server certificates of at most 398 days. */
const PLANS: readonly Plan[] = [
  { ...CA, name: 'root', subject: `${ZONE} root`, to: 3_650 },
  { ...CA, name: 'intermediate', subject: `${ZONE} intermediate`, issuer: 'root', to: 1_825 },
  { ...CA, name: 'foreign-root', subject: 'foreign root', to: 3_650 },
  {
    name: 'server',
    subject: HOSTNAME,
    issuer: 'root',
    from: -1,
    to: 365,
    extendedKeyUsage: ['serverAuth'],
    subjectAltName: [`DNS:${HOSTNAME}`, 'DNS:localhost', 'IP:127.0.0.1'],
  },
  { ...CLIENT, name: 'good', subject: 'good' },
  { ...CLIENT, name: 'expired', subject: 'expired', from: -60, to: -30 },
  { ...CLIENT, name: 'revoked', subject: 'revoked' },
  { ...CLIENT, name: 'foreign', subject: 'foreign', issuer: 'foreign-root' },
]

/** A certificate with less than this left is made anew, in days: nobody wants a set-up that expires while it is used. */
const RENEW_BELOW_DAYS = 7

/** A PKI on disk. */
export interface Pki {
  readonly identity: (name: PkiName) => TestCertificate
  readonly ca: (name: CaName) => TestCa
  readonly files: (name: PkiName) => IdentityFiles
  /** What this run made: all of it the first time, later what had become stale or was gone. */
  readonly made: readonly PkiName[]
}

/**
 * Reads the PKI of a folder, and makes what is missing, about to expire, or not issued by its issuer as it is now: a
 * new CA brings new certificates below it. Keys are readable by the user alone.
 */
export async function ensurePki(folder: string, now: Date): Promise<Pki> {
  const identities = new Map<PkiName, TestCertificate>()
  const cas = new Map<PkiName, TestCa>()
  const ca = (name: CaName) => existing(cas, name)
  const files = (name: PkiName) => identityFiles(folder, name)
  const made: PkiName[] = []
  for (const plan of PLANS) {
    const { name } = plan
    const issuer = plan.issuer && ca(plan.issuer)
    const kept = readIdentity(files(name))
    const isKept = kept !== undefined && isGood(kept, plan, issuer ?? kept, now)
    const own = isKept ? kept : await make(plan, issuer, now)
    if (!isKept) {
      writeIdentity(files(name), own)
      made.push(name)
    }
    identities.set(name, own)
    if (plan.ca) cas.set(name, await testCa({ certificate: own.certificate + own.chain, key: own.key, now }))
  }
  return { identity: (name) => existing(identities, name), ca, files, made }
}

function existing<T>(all: ReadonlyMap<PkiName, T>, name: PkiName): T {
  const found = all.get(name)
  if (found === undefined) throw new Error(`${name} is used before it is made`)
  return found
}

function make({ from, to, ...plan }: Plan, issuer: TestCa | undefined, now: Date): Promise<TestCertificate> {
  const options = { ...plan, notBefore: daysAfter(now, from), notAfter: daysAfter(now, to) }
  return issuer === undefined ? testCa({ ...options, now }) : issuer.issue(options)
}

function isGood({ certificate }: TestCertificate, { to }: Plan, issuer: TestCertificate, now: Date): boolean {
  const [own, above] = [new X509Certificate(certificate), new X509Certificate(issuer.certificate)]
  const [notBefore, notAfter] = [new Date(own.validFrom), new Date(own.validTo)]
  const inTime = to < 0 ? notAfter < now : notAfter >= daysAfter(now, RENEW_BELOW_DAYS)
  return notBefore <= now && inTime && own.checkIssued(above) && own.verify(above.publicKey)
}

/** Cut to whole seconds, as certificates are (RFC 5280 4.1.2.5). */
function daysAfter(date: Date, days: number): Date {
  return new Date(Math.floor(date.getTime() / 1_000) * 1_000 + days * 86_400_000)
}
