import { TrustSet } from '../../../src/x509/path/trust-set.ts'
import { type Refused, type Verdict, verdictOf } from '../../../src/x509/path/verdict.ts'
import { type PathRequest, verifyPath } from '../../../src/x509/path/verify.ts'
import { type Bytes, bits, explicit, int, nul, oid, seq, set, utf8 } from '../der.ts'
import { basicConstraints, type CertificateParts, certificate, extension, keyUsage, NOW, name } from '../pki.ts'
import { sequence } from './sequence.ts'

/** Chains for the tests of path building: certificates that are really signed. */

export const CLIENT_AUTH_OID = '1.3.6.1.5.5.7.3.2'
export const SERVER_AUTH_OID = '1.3.6.1.5.5.7.3.1'
export const ANY_PURPOSE_OID = '2.5.29.37.0'

export const extKeyUsage = (...oids: readonly string[]): Bytes => extension('2.5.29.37', seq(...oids.map(oid)))
export const subjectAltName = (names: readonly Bytes[], critical?: boolean): Bytes =>
  extension('2.5.29.17', seq(...names), critical)
export const DIGITAL_SIGNATURE = keyUsage(0x80, 7)
export const KEY_CERT_SIGN = keyUsage(0x04, 2)
/** A critical extension that nobody knows. */
export const UNKNOWN_CRITICAL = extension('1.3.6.1.4.1.55738.1', nul(), true)

/** The members of WebCrypto's algorithm dictionaries that are used here. */
export interface AlgorithmParameters {
  readonly name: string
  readonly namedCurve?: string
  readonly hash?: string
  readonly saltLength?: number
  readonly modulusLength?: number
  readonly publicExponent?: Uint8Array<ArrayBuffer>
}

/** How certificates are signed here: WebCrypto's algorithms and the AlgorithmIdentifier for each. */
export interface Signing {
  readonly generate: AlgorithmParameters
  readonly sign: AlgorithmParameters
  readonly identifier: Bytes
  /** ECDSA comes raw from WebCrypto; X.509 wants DER. */
  readonly ecdsa?: true
}

export const sha = (bits: 256 | 384 | 512) => ({ 256: 1, 384: 2, 512: 3 })[bits]
export const hashIdentifier = (bits: 256 | 384 | 512) => seq(oid(`2.16.840.1.101.3.4.2.${sha(bits)}`), nul())

export const pssParameters = (bits: 256 | 384 | 512, salt: number) =>
  seq(
    explicit(0, hashIdentifier(bits)),
    explicit(1, seq(oid('1.2.840.113549.1.1.8'), hashIdentifier(bits))),
    explicit(2, int(salt)),
  )

const RSA = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }

export const ecdsa = (curve: 'P-256' | 'P-384' | 'P-521', bits: 256 | 384 | 512): Signing => ({
  generate: { name: 'ECDSA', namedCurve: curve },
  sign: { name: 'ECDSA', hash: `SHA-${bits}` },
  identifier: seq(oid(`1.2.840.10045.4.3.${sha(bits) + 1}`)),
  ecdsa: true,
})

export const rsaPkcs1 = (bits: 256 | 384 | 512): Signing => ({
  generate: { name: 'RSASSA-PKCS1-v1_5', hash: `SHA-${bits}`, ...RSA },
  sign: { name: 'RSASSA-PKCS1-v1_5' },
  identifier: seq(oid(`1.2.840.113549.1.1.${sha(bits) + 10}`), nul()),
})

export const rsaPss = (bits: 256 | 384 | 512, saltLength: number): Signing => ({
  generate: { name: 'RSA-PSS', hash: `SHA-${bits}`, ...RSA },
  sign: { name: 'RSA-PSS', saltLength },
  identifier: seq(oid('1.2.840.113549.1.1.10'), pssParameters(bits, saltLength)),
})

export const ED25519: Signing = {
  generate: { name: 'Ed25519' },
  sign: { name: 'Ed25519' },
  identifier: seq(oid('1.3.101.112')),
}

export const P256 = ecdsa('P-256', 256)

/** A key pair and how it signs. */
export interface Keys {
  readonly signing: Signing
  readonly privateKey: CryptoKey
  readonly spki: Bytes
}

export async function newKeys(signing: Signing = P256): Promise<Keys> {
  const pair = (await crypto.subtle.generateKey(signing.generate, true, ['sign', 'verify'])) as CryptoKeyPair
  const spki = new Uint8Array((await crypto.subtle.exportKey('spki', pair.publicKey)) as ArrayBuffer)
  return { signing, privateKey: pair.privateKey, spki }
}

/** A certificate with what is needed to issue below it. */
export interface Issued {
  readonly der: Bytes
  readonly subject: Bytes
  readonly keys: Keys
}

export interface IssueParts extends CertificateParts {
  /** The common name; `subject` goes before it. */
  readonly cn?: string
  /** The issuer; without one, the certificate signs itself. */
  readonly by?: Pick<Issued, 'subject' | 'keys'>
  readonly keys?: Keys
  /** Octets to change after signing. */
  readonly breakSignature?: boolean
}

let serial = 1_000

/** Issues a certificate: a CA unless its extensions say otherwise. */
export async function issue(parts: IssueParts = {}): Promise<Issued> {
  const { cn = 'Test CA', by, keys = await newKeys(), breakSignature, ...rest } = parts
  const subject = rest.subject ?? name(cn)
  const issuer = by ?? { subject, keys }
  serial += 1
  const filled: CertificateParts = {
    serial: int(serial),
    algorithm: issuer.keys.signing.identifier,
    issuer: issuer.subject,
    spki: keys.spki,
    ...rest,
    subject,
  }
  const signature = await sign(tbsOf(certificate({ ...filled, signature: bits(Uint8Array.of(0)) })), issuer.keys)
  if (breakSignature) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1
  return { der: certificate({ ...filled, signature: rest.signature ?? bits(signature) }), subject, keys }
}

/** A client certificate, but for the parts that are given. */
export function issueLeaf(by: Pick<Issued, 'subject' | 'keys'>, parts: IssueParts = {}): Promise<Issued> {
  return issue({ cn: 'client', extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID)], by, ...parts })
}

/** A chain of CAs, the root first, each below the one before. */
export async function issueChain(length: number, parts: IssueParts = {}): Promise<readonly Issued[]> {
  const chain: Issued[] = []
  for (let i = 0; i < length; i += 1) {
    const by = chain.at(-1)
    chain.push(await issue({ cn: i === 0 ? 'Root' : `CA ${i}`, ...(by && { by }), ...parts }))
  }
  return chain
}

/** The octets of signatureValue over a TBSCertificate or TBSCertList. */
export async function sign(tbs: Bytes, { signing, privateKey }: Keys): Promise<Bytes> {
  const raw = new Uint8Array(await crypto.subtle.sign(signing.sign, privateKey, tbs))
  return signing.ecdsa ? ecdsaDer(raw) : raw
}

/** r and s side by side, as the SEQUENCE of X.509. */
export function ecdsaDer(raw: Bytes): Bytes {
  const half = raw.length / 2
  const part = (from: number) => int(BigInt(`0x${[...raw.subarray(from, from + half)].map(hex).join('')}`))
  return seq(part(0), part(half))
}

const hex = (octet: number) => octet.toString(16).padStart(2, '0')

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

/** The refusal that a verdict must be. */
export async function refusal(given: Case): Promise<Refused> {
  const verdict = await decide(given)
  if (verdict.accepted) throw new Error(`accepted: ${verdict.path.map(({ subject }) => subject).join(' < ')}`)
  return verdict
}

/** Subjects of an accepted path, from the leaf up; the refusal's code where it was none. */
export async function pathOf(given: Case): Promise<readonly string[] | string> {
  const verdict = await decide(given)
  return verdict.accepted ? verdict.path.map(({ subject }) => subject.replace('CN=', '')) : verdict.code
}

export const ca = (...more: readonly Bytes[]): readonly Bytes[] => [basicConstraints(true), KEY_CERT_SIGN, ...more]
export const nameOf = (...rdns: readonly (readonly [string, string])[]): Bytes =>
  seq(...rdns.map(([type, value]) => set(seq(oid(type), utf8(value)))))
