import { certificateWith, tbsCertificate } from '../../src/testing/certificate.ts'
import { type CrlEntry, crlEntry } from '../../src/testing/crl.ts'
import {
  ascii,
  type Bytes,
  bits,
  bytes,
  explicit,
  implicit,
  int,
  nul,
  oid,
  printable,
  seq,
  time,
  tlv,
} from '../../src/testing/der.ts'
import * as ext from '../../src/testing/extensions.ts'
import { type FuzzKey, p256 } from './keys.ts'
import type { Random } from './random.ts'
import { encode, leaf, parse } from './tlv.ts'

/** The moment of all decisions: 2026-06-01T00:00:00Z, in Unix seconds. */
export const NOW = 1_780_272_000

/** A name and a key. */
export interface Party {
  readonly name: Bytes
  readonly key: FuzzKey
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/** A name of one to three attributes, in several string types. */
export function randomName(random: Random, cn: string): Bytes {
  const more: readonly (readonly [string, string | Bytes])[] = [
    ['2.5.4.10', 'Org'],
    ['2.5.4.6', printable('DE')],
    ['2.5.4.11', tlv(0x14, ascii('Unit'))],
    ['2.5.4.7', tlv(0x1e, Uint8Array.of(0, 0x41, 0, 0x42))],
    ['0.9.2342.19200300.100.1.25', tlv(0x16, ascii('example'))],
    ['1.2.840.113549.1.9.1', tlv(0x16, ascii('u@example.com'))],
  ]
  const own = Array.from({ length: random.few(2) }, () => random.pick(more))
  return ext.nameOf(...own, ['2.5.4.3', random.oneIn(4) ? printable(cn) : cn])
}

const names: readonly Bytes[] = [
  ext.dns('a.example.com'),
  ext.dns('*.example.com'),
  ext.email('u@example.com'),
  ext.uri('https://a.example.com/'),
  ext.ip(192, 0, 2, 1),
  ext.ip(...new Uint8Array(16)),
  ext.directory(ext.name('Dir')),
  ext.otherName('1.3.6.1.5.5.7.8.9'),
  ext.registeredId('1.2.3.4'),
]

/** Extensions that any certificate may have, one maker each. */
const COMMON: readonly ((random: Random) => Bytes)[] = [
  (random) => ext.subjectAltName([random.pick(names), random.pick(names)], random.oneIn(6) || undefined),
  () => ext.certificatePolicies('1.2.3.1', '2.5.29.32.0'),
  () => ext.extension('2.5.29.31', seq(seq(explicit(0, explicit(0, ext.uri('http://a.example/c.crl')))))),
  () => ext.extension('1.3.6.1.5.5.7.1.1', seq(seq(oid('1.3.6.1.5.5.7.48.1'), ext.uri('http://a.example')))),
  (random) => ext.extension('1.3.6.1.4.1.55738.1', random.oneIn(2) ? nul() : random.bytes(random.below(12))),
  () => ext.extension('2.5.29.18', seq(ext.uri('http://a.example'))),
  (random) => ext.extension('2.5.29.36', seq(implicit(0, [random.below(4)])), true),
]

const PURPOSES = [[CLIENT_AUTH], [CLIENT_AUTH], [CLIENT_AUTH, SERVER_AUTH], [SERVER_AUTH], ['2.5.29.37.0']] as const

const CA_ONLY: readonly ((random: Random) => Bytes)[] = [
  (random) => ext.nameConstraints({ permitted: [ext.dns('example.com'), random.pick(names.slice(0, 4))] }),
  () => ext.nameConstraints({ excluded: [ext.dns('example.org'), ext.ip(10, 0, 0, 0, 255, 0, 0, 0)] }),
  () => ext.nameConstraints({ permitted: [ext.dns('example.org')], excluded: [ext.email('example.com')] }),
  () => ext.nameConstraints({ permitted: [ext.directory(ext.name('Other'))] }),
  () => ext.extension('2.5.29.33', seq(seq(oid('1.2.3.1'), oid('1.2.3.2'))), true),
  () => ext.extension('2.5.29.54', int(1), true),
]

const identifier = ({ key }: Party): Bytes => key.spki.subarray(-20)

/** Bits of keyUsage: keyCertSign with and without others, then none of it; digitalSignature, then without it. */
const CA_USAGES = [0x06, 0x06, 0x86, 0x04, 0x02, 0x80] as const
const CLIENT_USAGES = [0x80, 0x80, 0xa0, 0x08, 0x20] as const

/** The extensions that every certificate of its kind has, and others unless it is plain. */
function extensions(random: Random, { subject, issuer, isCa, plain }: CertificatePlan): readonly Bytes[] {
  const [usual] = isCa ? CA_USAGES : CLIENT_USAGES
  const usage = plain ? usual : random.pick(isCa ? CA_USAGES : CLIENT_USAGES)
  const found: Bytes[] = isCa
    ? [ext.basicConstraints(true, random.oneIn(5) && !plain ? random.below(5) : undefined)]
    : [ext.extKeyUsage(...(plain ? [CLIENT_AUTH] : random.pick(PURPOSES)))]
  if (isCa && !plain && random.oneIn(3)) found.push(ext.extKeyUsage(...random.pick(PURPOSES)))
  // DER has no zero bits at the end.
  found.push(ext.keyUsage(usage, 31 - Math.clz32(usage & -usage)))
  if (!random.oneIn(4)) {
    found.push(ext.subjectKeyIdentifier(identifier(subject)), ext.authorityKeyIdentifier(identifier(issuer)))
  }
  const more = isCa ? [...COMMON, ...CA_ONLY] : COMMON
  const chosen = new Set(Array.from({ length: plain ? 0 : random.few(4) }, () => random.pick(more)))
  return [...found, ...Array.from(chosen, (make) => make(random))]
}

/** What of a certificate is not drawn. */
export interface CertificatePlan {
  readonly subject: Party
  readonly issuer: Party
  readonly isCa: boolean
  /** Without extensions that limit what is below, and without odd dates: most paths over it are valid. */
  readonly plain?: boolean
}

/** A certificate that its issuer signed. */
export function randomCertificate(random: Random, { subject, issuer, isCa, plain = false }: CertificatePlan): Bytes {
  const fields = {
    serial: int(random.oneIn(8) ? random.bytes(1 + random.below(24)) : 1 + random.below(2 ** 31)),
    algorithm: issuer.key.algorithm,
    issuer: issuer.name,
    subject: subject.name,
    notBefore: time('2025-01-01T00:00:00Z'),
    notAfter: time(random.oneIn(8) && !plain ? '2055-12-31T23:59:59Z' : '2035-01-01T00:00:00Z'),
    spki: subject.key.spki,
    extensions: extensions(random, { subject, issuer, isCa, plain }),
  }
  return certificateWith(fields, bits(issuer.key.sign(tbsCertificate(fields))))
}

const UPDATES = [
  '2026-05-01T00:00:00Z',
  '2026-05-31T23:59:59Z',
  '2026-06-02T00:00:00Z',
  '2027-01-01T00:00:00Z',
] as const

/** A CRL that its issuer signed. */
export function randomCrl(random: Random, issuer: Party): Bytes {
  const entries = Array.from({ length: random.pick([0, 1, 2, 5, 40]) }, (): CrlEntry => {
    const serial = random.oneIn(5) ? random.bytes(1 + random.below(22)) : random.below(2 ** 20)
    const reason = random.oneIn(2) ? { reason: random.oneIn(20) ? 8 : random.below(7) } : {}
    return { serial, revokedAt: time(random.pick(UPDATES)), ...reason }
  })
  const number = ext.crlNumber(random.oneIn(6) ? random.bytes(1 + random.below(22)) : random.below(1_000))
  const found = random.oneIn(6) ? [] : [ext.authorityKeyIdentifier(identifier(issuer)), number]
  if (random.oneIn(5)) {
    const point = explicit(0, explicit(0, ext.uri('http://a.example/c.crl')))
    found.push(
      ext.issuingDistributionPoint([point, ...(random.oneIn(2) ? [implicit(1 + random.below(5), [0xff])] : [])]),
    )
  }
  const tbs = seq(
    random.oneIn(10) ? bytes() : int(1),
    issuer.key.algorithm,
    issuer.name,
    time(UPDATES[random.below(2)] ?? UPDATES[0]),
    time(UPDATES[2 + random.below(2)] ?? UPDATES[3]),
    entries.length === 0 ? bytes() : seq(...entries.map(crlEntry)),
    found.length === 0 ? bytes() : explicit(0, seq(...found)),
  )
  return seq(tbs, issuer.key.algorithm, bits(issuer.key.sign(tbs)))
}

/** A certificate or CRL with a new signature over what it says now; the same where it is neither. */
export function resigned(der: Bytes, key: FuzzKey): Bytes {
  const tree = parse(der)
  const [tbs, algorithm] = tree?.children ?? []
  if (tree === undefined || tbs === undefined || algorithm === undefined) return der
  const signature = leaf(0x03, bytes([0], key.sign(encode(tbs))))
  return encode({ ...tree, children: [tbs, algorithm, signature] })
}

/** A CA and its self-signed certificate. */
export function newRoot(
  random: Random,
  cn: string,
  key: FuzzKey = p256(cn),
): { readonly party: Party; readonly der: Bytes } {
  const party = { name: randomName(random, cn), key }
  return { party, der: randomCertificate(random, { subject: party, issuer: party, isCa: true, plain: true }) }
}
