import { signedCertificate } from '../../../src/testing/certificate.ts'
import { type Bytes, int, nul } from '../../../src/testing/der.ts'
import { basicConstraints, extension, extKeyUsage, keyUsage, name } from '../../../src/testing/extensions.ts'
import { ecdsa, ed25519, type Keys, newKeys as keysOf, type Signing } from '../../../src/testing/keys.ts'
import { TrustSet } from '../../../src/x509/path/trust-set.ts'
import { type Refused, type Verdict, verdictOf } from '../../../src/x509/path/verdict.ts'
import { type PathRequest, verifyPath } from '../../../src/x509/path/verify.ts'
import { type CertificateParts, NOW, rootFields } from '../pki.ts'
import { sequence } from './sequence.ts'

/** Chains for the tests of path building: certificates with real signatures, around NOW. */

export const CLIENT_AUTH_OID = '1.3.6.1.5.5.7.3.2'
export const SERVER_AUTH_OID = '1.3.6.1.5.5.7.3.1'
export const ANY_PURPOSE_OID = '2.5.29.37.0'

export const DIGITAL_SIGNATURE = keyUsage(0x80, 7)
export const KEY_CERT_SIGN = keyUsage(0x04, 2)
/** An unknown critical extension. */
export const UNKNOWN_CRITICAL = extension('1.3.6.1.4.1.55738.1', nul(), true)

export const P256 = ecdsa('P-256', 256)
export const ED25519 = ed25519()

export function newKeys(signing: Signing = P256): Promise<Keys> {
  return keysOf(signing)
}

/** A certificate with its keys, so that it can issue others. */
export interface Issued {
  readonly der: Bytes
  readonly subject: Bytes
  readonly keys: Keys
}

export interface IssueParts extends CertificateParts {
  /** The common name, unless there is a `subject`. */
  readonly cn?: string
  /** The issuer. Without one, the certificate is self-signed. */
  readonly by?: Pick<Issued, 'subject' | 'keys'>
  readonly keys?: Keys
}

let serial = 1_000

/** Issues a certificate: a CA unless its extensions say otherwise. */
export async function issue(parts: IssueParts = {}): Promise<Issued> {
  const { cn = 'Test CA', by, keys = await newKeys(), subject = name(cn), ...rest } = parts
  const issuer = by ?? { subject, keys }
  serial += 1
  const fields = rootFields({
    serial: int(serial),
    algorithm: issuer.keys.signing.identifier,
    issuer: issuer.subject,
    spki: keys.spki,
    ...rest,
    subject,
  })
  return { der: await signedCertificate(fields, issuer.keys), subject, keys }
}

/** A client certificate, except for the given parts. */
export function issueLeaf(by: Pick<Issued, 'subject' | 'keys'>, parts: IssueParts = {}): Promise<Issued> {
  return issue({ cn: 'client', extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID)], by, ...parts })
}

/** A chain of CAs from the root down. */
export async function issueChain(length: number, parts: IssueParts = {}): Promise<readonly Issued[]> {
  const chain: Issued[] = []
  for (let i = 0; i < length; i += 1) {
    const by = chain.at(-1)
    chain.push(await issue({ cn: i === 0 ? 'Root' : `CA ${i}`, ...(by && { by }), ...parts }))
  }
  return chain
}

/** The TBSCertificate of a certificate: the first member of its SEQUENCE. */
export function tbsOf(der: Bytes): Bytes {
  return sequence(der)[0] ?? new Uint8Array()
}

export interface Case extends Partial<Omit<PathRequest, 'leaf' | 'intermediates'>> {
  readonly leaf: { readonly der: Bytes }
  readonly chain?: readonly { readonly der: Bytes }[]
  readonly anchors: readonly { readonly der: Bytes }[]
}

/** Decides at NOW; anchors are called `anchor 1` and so on, unless `trust` has them. */
export async function decide({ leaf, chain = [], anchors, ...rest }: Case): Promise<Verdict> {
  const outcome = await verifyPath({
    leaf: leaf.der,
    intermediates: chain.map(({ der }) => der),
    trust: new TrustSet(anchors.map(({ der }, i) => ({ id: `anchor ${i + 1}`, certificate: der }))),
    at: NOW,
    ...rest,
  })
  return verdictOf(outcome)
}

/** The refusal of a verdict, which must be one. */
export async function refusal(given: Case): Promise<Refused> {
  const verdict = await decide(given)
  if (verdict.accepted) throw new Error(`accepted: ${verdict.path.map(({ subject }) => subject).join(' < ')}`)
  return verdict
}

/** Subjects of an accepted path, from the leaf up, or the code of a refusal. */
export async function pathOf(given: Case): Promise<readonly string[] | string> {
  const verdict = await decide(given)
  return verdict.accepted ? verdict.path.map(({ subject }) => subject.replace('CN=', '')) : verdict.code
}

export const ca = (...more: readonly Bytes[]): readonly Bytes[] => [basicConstraints(true), KEY_CERT_SIGN, ...more]
