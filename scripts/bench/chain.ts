import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { PATH_LIMITS } from '../../src/x509/path-limits.ts'
import { type Bytes, bits, bytes, implicit, int, nul, octets, oid, seq } from '../../test/support/der.ts'
import { basicConstraints, certificate, extension, keyUsage, name } from '../../test/support/pki.ts'
import { sequence } from '../../test/support/x509/sequence.ts'
import type { BareSignature, ClientChain, KeyKind } from './job.ts'

/** Certificates for the bench, really signed, with the extensions that CAs commonly write. */

interface Signer {
  readonly kind: KeyKind
  readonly cn: string
  readonly privateKey: KeyObject
  readonly spki: Bytes
}

interface Issued {
  readonly der: Bytes
  readonly signature: BareSignature
}

const ALGORITHMS: Readonly<Record<KeyKind, { readonly identifier: Bytes; readonly digest: string }>> = {
  'RSA-2048': { identifier: seq(oid('1.2.840.113549.1.1.11'), nul()), digest: 'sha256' },
  'P-256': { identifier: seq(oid('1.2.840.10045.4.3.2')), digest: 'sha256' },
  'P-521': { identifier: seq(oid('1.2.840.10045.4.3.4')), digest: 'sha512' },
}

const CLIENT_AUTH = extension('2.5.29.37', seq(oid('1.3.6.1.5.5.7.3.2')))
const AS_LEAF = [keyUsage(0x80, 7), CLIENT_AUTH]
const AS_CA = [basicConstraints(true), keyUsage(0x06, 1)]

let serial = 2n ** 64n

function newSigner(kind: KeyKind, cn: string): Signer {
  const { privateKey, publicKey } =
    kind === 'RSA-2048'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: kind })
  return { kind, cn, privateKey, spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) }
}

function issue(subject: Signer, issuer: Signer, use: readonly Bytes[], identified = true): Issued {
  serial += 1n
  const { identifier, digest } = ALGORITHMS[issuer.kind]
  const identifiers = [
    extension('2.5.29.14', octets(keyIdentifier(subject))),
    extension('2.5.29.35', seq(implicit(0, keyIdentifier(issuer)))),
  ]
  const parts = {
    serial: int(serial),
    algorithm: identifier,
    issuer: name(issuer.cn),
    subject: name(subject.cn),
    spki: subject.spki,
    extensions: [...use, ...(identified ? identifiers : [])],
  }
  const [tbs = bytes()] = sequence(certificate(parts))
  const key = { key: issuer.privateKey, dsaEncoding: 'ieee-p1363' as const }
  const raw = new Uint8Array(sign(digest, tbs, key))
  const signature = bits(issuer.kind === 'RSA-2048' ? raw : ecdsaDer(raw))
  return {
    der: certificate({ ...parts, signature }),
    signature: { kind: issuer.kind, spki: base64(issuer.spki), signature: base64(raw), data: base64(tbs) },
  }
}

/** Octets that differ from key to key: the last ones of the key itself. */
function keyIdentifier({ spki }: Signer): Bytes {
  return spki.slice(-25, -5)
}

/** r and s side by side, as the SEQUENCE of X.509. */
function ecdsaDer(raw: Bytes): Bytes {
  const half = raw.length / 2
  const integer = (from: number) => int(BigInt(`0x${Buffer.from(raw.subarray(from, from + half)).toString('hex')}`))
  return seq(integer(0), integer(half))
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64')
}

/** A leaf below an intermediate below a root. */
export function makeChain(kind: KeyKind): ClientChain {
  const root = newSigner(kind, `${kind} Root`)
  const intermediate = newSigner(kind, `${kind} Issuing CA`)
  const issued = issue(intermediate, root, AS_CA)
  const leaf = issue(newSigner(kind, `${kind} Client`), intermediate, AS_LEAF)
  return {
    leaf: base64(leaf.der),
    intermediates: [base64(issued.der)],
    root: base64(issue(root, root, AS_CA).der),
    signatures: [leaf.signature, issued.signature],
  }
}

/** Roots of other names, as base64 of their DER. */
export function makeOtherRoots(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const root = newSigner('P-256', `Other root ${i}`)
    return base64(issue(root, root, AS_CA).der)
  })
}

/**
 * A chain that makes the most work: as many CAs as are looked at, all of one name, each signed by the one presented
 * before it and without identifiers, so that each search for an issuer tries all others first; and with the key that is
 * dearest to verify.
 */
export function makeHostileChain(root: string): ClientChain {
  const cas = Array.from({ length: PATH_LIMITS.intermediates }, () => newSigner('P-521', 'Hostile'))
  const issued = cas.map((ca, i) => issue(ca, cas.at(i - 1) ?? ca, AS_CA, false))
  const last = cas.at(-1)
  if (last === undefined) throw new Error('no CA was made')
  const leaf = issue(newSigner('P-521', 'Client'), last, AS_LEAF, false)
  return {
    leaf: base64(leaf.der),
    intermediates: issued.map(({ der }) => base64(der)),
    root,
    signatures: [leaf.signature],
  }
}
