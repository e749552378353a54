import { type Identity, issueCertificate, newKeyPair } from './certificate.ts'
import { daysLater } from './crl.ts'
import { type IdentityFiles, identityFiles, readIdentity, writeIdentity } from './identity.ts'

/** The zone and the protected hostname. `.test` never resolves (RFC 6761 6.2), so nobody else's host is ever meant. */
export const ZONE = 'mtls.test'
export const HOSTNAME = `admin.${ZONE}`

export const CLIENT_NAMES = ['good', 'expired', 'revoked', 'foreign'] as const
export type ClientName = (typeof CLIENT_NAMES)[number]
export type PkiName = 'root' | 'intermediate' | 'foreign-root' | 'server' | ClientName

interface Plan {
  readonly name: PkiName
  readonly commonName: string
  readonly kind: 'ca' | 'client' | 'server'
  /** Without one, it signs itself. */
  readonly issuer?: PkiName
  /** What a TLS peer sends along: everything below the root, which the other side has to have anyway. */
  readonly sends?: PkiName
  /** Validity, in days from the moment of making. */
  readonly from: number
  readonly to: number
  readonly serverNames?: readonly string[]
}

const CA = { kind: 'ca', from: -90 } as const
const CLIENT = { kind: 'client', issuer: 'intermediate', sends: 'intermediate', from: -1, to: 90 } as const

/** Issuers stand before what they issue. Browsers take server certificates of at most 398 days. */
const PLANS: readonly Plan[] = [
  { ...CA, name: 'root', commonName: `${ZONE} root`, to: 3_650 },
  { ...CA, name: 'intermediate', commonName: `${ZONE} intermediate`, issuer: 'root', to: 1_825 },
  { ...CA, name: 'foreign-root', commonName: 'foreign root', to: 3_650 },
  {
    name: 'server',
    commonName: HOSTNAME,
    kind: 'server',
    issuer: 'root',
    from: -1,
    to: 365,
    serverNames: [HOSTNAME, 'localhost', '127.0.0.1'],
  },
  { ...CLIENT, name: 'good', commonName: 'good' },
  { ...CLIENT, name: 'expired', commonName: 'expired', from: -60, to: -30 },
  { ...CLIENT, name: 'revoked', commonName: 'revoked' },
  { name: 'foreign', commonName: 'foreign', kind: 'client', issuer: 'foreign-root', from: -1, to: 90 },
]

/** A certificate with less than this left is made anew, in days: nobody wants a set-up that expires while it is used. */
const RENEW_BELOW_DAYS = 7

/** A PKI on disk. */
export interface Pki {
  readonly identity: (name: PkiName) => Identity
  readonly files: (name: PkiName) => IdentityFiles
  /** What this run made: all of it the first time, later what had become stale or was gone. */
  readonly made: readonly PkiName[]
}

/**
 * Reads the PKI of a folder, and makes what is missing, about to expire, or not issued by its issuer as it is now: a
 * new CA brings new certificates below it. Keys are readable by the user alone.
 */
export async function ensurePki(folder: string, now: Date): Promise<Pki> {
  const identities = new Map<PkiName, Identity>()
  const identity = (name: PkiName): Identity => {
    const found = identities.get(name)
    if (found === undefined) throw new Error(`${name} is used before it is made`)
    return found
  }
  const files = (name: PkiName) => identityFiles(folder, name)
  const made: PkiName[] = []
  for (const plan of PLANS) {
    const issuer = plan.issuer && identity(plan.issuer)
    const kept = await readIdentity(files(plan.name))
    if (kept !== undefined && (await isGood(kept, plan, issuer, now))) {
      identities.set(plan.name, kept)
      continue
    }
    const fresh = await make(plan, issuer, now)
    await writeIdentity(files(plan.name), fresh, plan.sends === undefined ? [] : [identity(plan.sends).certificate])
    identities.set(plan.name, fresh)
    made.push(plan.name)
  }
  return { identity, files, made }
}

async function make(plan: Plan, issuer: Identity | undefined, now: Date): Promise<Identity> {
  const keys = await newKeyPair()
  const { commonName, kind, serverNames = [] } = plan
  const notBefore = daysLater(now, plan.from)
  const notAfter = daysLater(now, plan.to)
  return {
    keys,
    certificate: await issueCertificate({ commonName, kind, notBefore, notAfter, keys, issuer, serverNames }),
  }
}

async function isGood(
  { certificate }: Identity,
  plan: Plan,
  issuer: Identity | undefined,
  now: Date,
): Promise<boolean> {
  const { notBefore, notAfter } = certificate
  const inTime = plan.to < 0 ? notAfter.value < now : notAfter.value >= daysLater(now, RENEW_BELOW_DAYS)
  return notBefore.value <= now && inTime && certificate.verify(issuer?.certificate ?? certificate)
}
