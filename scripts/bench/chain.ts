import { toBase64 } from '../../src/core/bytes.ts'
import { certificateWith, tbsCertificate } from '../../src/testing/certificate.ts'
import { type Bytes, bits, int, time } from '../../src/testing/der.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  extKeyUsage,
  keyUsage,
  name,
  subjectKeyIdentifier,
} from '../../src/testing/extensions.ts'
import { keyIdentifierOf, newKeysOf } from '../../src/testing/key-types.ts'
import { ecdsaDer, type Keys, signRaw } from '../../src/testing/keys.ts'
import { PATH_LIMITS } from '../../src/x509/path-limits.ts'
import type { BareSignature, ClientChain, KeyKind } from './job.ts'

/** Certificates for the bench, really signed, with the extensions that CAs commonly write. */

interface Signer {
  readonly kind: KeyKind
  readonly cn: string
  readonly keys: Keys
}

interface Issued {
  readonly der: Bytes
  readonly signature: BareSignature
}

const AS_LEAF = [keyUsage(0x80, 7), extKeyUsage('1.3.6.1.5.5.7.3.2')]
const AS_CA = [basicConstraints(true), keyUsage(0x06, 1)]

let serial = 2n ** 64n

async function newSigner(kind: KeyKind, cn: string): Promise<Signer> {
  return { kind, cn, keys: await newKeysOf(kind) }
}

async function issue(subject: Signer, issuer: Signer, use: readonly Bytes[], identified = true): Promise<Issued> {
  serial += 1n
  const { signing, spki } = issuer.keys
  const identifiers = async () => [
    subjectKeyIdentifier(await keyIdentifierOf(subject.keys)),
    authorityKeyIdentifier(await keyIdentifierOf(issuer.keys)),
  ]
  const fields = {
    serial: int(serial),
    algorithm: signing.identifier,
    issuer: name(issuer.cn),
    notBefore: time('2025-01-01T00:00:00Z'),
    notAfter: time('2035-01-01T00:00:00Z'),
    subject: name(subject.cn),
    spki: subject.keys.spki,
    extensions: [...use, ...(identified ? await identifiers() : [])],
  }
  const tbs = tbsCertificate(fields)
  const raw = await signRaw(tbs, issuer.keys)
  return {
    der: certificateWith(fields, bits(signing.ecdsa ? ecdsaDer(raw) : raw)),
    signature: { kind: issuer.kind, spki: toBase64(spki), signature: toBase64(raw), data: toBase64(tbs) },
  }
}

/** A leaf below an intermediate below a root. */
export async function makeChain(kind: KeyKind): Promise<ClientChain> {
  const root = await newSigner(kind, `${kind} Root`)
  const intermediate = await newSigner(kind, `${kind} Issuing CA`)
  const issued = await issue(intermediate, root, AS_CA)
  const leaf = await issue(await newSigner(kind, `${kind} Client`), intermediate, AS_LEAF)
  return {
    leaf: toBase64(leaf.der),
    intermediates: [toBase64(issued.der)],
    root: toBase64((await issue(root, root, AS_CA)).der),
    signatures: [leaf.signature, issued.signature],
  }
}

/** Roots of other names, as base64 of their DER. */
export function makeOtherRoots(count: number): Promise<readonly string[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const root = await newSigner('P-256', `Other root ${i}`)
      return toBase64((await issue(root, root, AS_CA)).der)
    }),
  )
}

/**
 * A chain that makes the most work: as many CAs as are looked at, all of one name, each signed by the one presented
 * before it and without identifiers, so that each search for an issuer tries all others first; and with the key that is
 * dearest to verify.
 */
export async function makeHostileChain(root: string): Promise<ClientChain> {
  const cas = await Promise.all(Array.from({ length: PATH_LIMITS.intermediates }, () => newSigner('P-521', 'Hostile')))
  const issued = await Promise.all(cas.map((ca, i) => issue(ca, cas.at(i - 1) ?? ca, AS_CA, false)))
  const last = cas.at(-1)
  if (last === undefined) throw new Error('no CA was made')
  const leaf = await issue(await newSigner('P-521', 'Client'), last, AS_LEAF, false)
  return {
    leaf: toBase64(leaf.der),
    intermediates: issued.map(({ der }) => toBase64(der)),
    root,
    signatures: [leaf.signature],
  }
}
