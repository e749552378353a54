import { fromHex, toHex } from '../core/bytes.ts'
import { rfc3339 } from '../core/rfc3339.ts'
import { encodePem, sameOctets, subjectKeyIdentifier } from '../x509/index.ts'
import { signedCertificate } from './certificate.ts'
import { signedCrl } from './crl.ts'
import { type Bytes, int, time } from './der.ts'
import * as encode from './extensions.ts'
import { keyIdentifierOf, keysFromPem, newKeysOf, pemOf } from './key-types.ts'
import type { Keys } from './keys.ts'
import { generalName, subjectName } from './names.ts'
import { certificatesOf } from './read-pem.ts'

/** A certificate, with its key. All texts are PEM, which `node:https`, `node:tls`, curl and OpenSSL read. */
export interface TestCertificate {
  readonly certificate: string
  /** PKCS #8, not encrypted. */
  readonly key: string
  /** The certificates between this one and its root, which a client sends too. Empty directly below a root. */
  readonly chain: string
  /** Hexadecimal, lower case. */
  readonly serialNumber: string
}

/** A CA for tests: a root, or an intermediate below one. */
export interface TestCa extends TestCertificate {
  /** Issues an intermediate CA, which can issue too. */
  issue(options: IssueOptions & { readonly ca: true }): Promise<TestCa>
  /** Issues a client's certificate, unless the options say otherwise. @throws TypeError if an option cannot be read */
  issue(options?: IssueOptions): Promise<TestCertificate>
  /** Issues a CRL (PEM) with the certificates that `options` revokes, each time with a higher number. */
  crl(options?: CrlOptions): Promise<string>
}

/** A common name, or attributes in order, by their short names (`CN`, `O`, `OU`, `C`, …) or OIDs. */
export type TestSubject = string | Readonly<Record<string, string>>

/** An extension of a certificate, written as it is given (RFC 5280 4.1.2.9). */
export interface TestExtension {
  /** Dotted OID. */
  readonly oid: string
  /** DER of the value, the content of extnValue. */
  readonly value: Uint8Array
  readonly critical?: boolean
}

/** Options of every certificate. */
export interface CertificateOptions {
  /** Default: `Test CA` for a CA, `client` for others. */
  readonly subject?: TestSubject
  /** First and last moment of validity, cut to whole seconds. Default: from a day ago to ten years (CA) or 90 days from now. */
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** Type of the new key. Default: `P-256`. */
  readonly keyType?: 'P-256' | 'P-384' | 'P-521' | 'RSA-2048' | 'Ed25519'
  /** A key to use instead of a new one: PKCS #8 in PEM. */
  readonly key?: string
  /** The content octets of the INTEGER, in hexadecimal. Default: 16 random octets. */
  readonly serialNumber?: string
  /** How many CAs may follow below this one, if it is a CA. Default: any number. */
  readonly pathLength?: number
  /** Added to the usual extensions. One with the same OID replaces the usual one. */
  readonly extensions?: readonly TestExtension[]
}

export interface IssueOptions extends CertificateOptions {
  /** Whether the certificate is that of a CA. */
  readonly ca?: boolean
  /** As OpenSSL writes them: `DNS:a.example`, `URI:spiffe://a/b`, `email:a@b.example`, `IP:192.0.2.1`. */
  readonly subjectAltName?: readonly string[]
  /** Dotted OIDs or names; if empty, there is no such extension. Default: `clientAuth`, or none for a CA. */
  readonly extendedKeyUsage?: readonly ('clientAuth' | 'serverAuth' | (string & {}))[]
  /** Whether to make the signature wrong. */
  readonly breakSignature?: boolean
}

export interface TestCaOptions extends CertificateOptions {
  /** An existing CA to use: its certificate in PEM, followed by its chain if it has one. Its key is in `key`. */
  readonly certificate?: string
  /** The time at which everything is issued. Default: the clock's time at each call. */
  readonly now?: Date
  /** Where serial numbers come from. Default: `crypto.getRandomValues`. */
  readonly randomOctets?: (count: number) => Uint8Array
}

/** A certificate that a CRL lists. Any certificate that this module issued can be passed. */
export interface RevokedCertificate {
  /** Hexadecimal. */
  readonly serialNumber: string
  /** Default: a day before thisUpdate. */
  readonly revokedAt?: Date
  /** CRLReason by its number (RFC 5280 5.3.1): 1 is keyCompromise. Default: no reason. */
  readonly reason?: number
}

export interface CrlOptions {
  /** All revoked certificates. Default: none. */
  readonly revoked?: readonly RevokedCertificate[]
  /** cRLNumber. Default: one more than that of the CRL before, starting at 1. */
  readonly number?: number | bigint
  /** Default: now. */
  readonly thisUpdate?: Date
  /** Default: 30 days after thisUpdate. */
  readonly nextUpdate?: Date
}

const DAY_MS = 86_400_000
const CA_DAYS = 3_650
const END_ENTITY_DAYS = 90
const CRL_DAYS = 30

const KEY_PURPOSES: Readonly<Record<string, string>> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
}

/**
 * A root CA for tests, which issues client certificates, intermediates and CRLs. With `certificate` and `key`, an existing
 * CA.
 *
 * @throws TypeError if an option cannot be read, or certificate and key do not belong together
 */
export async function testCa(options: TestCaOptions = {}): Promise<TestCa> {
  const { certificate, now, randomOctets = randomOctetsOf } = options
  const source: Source = { now: () => now ?? new Date(), randomOctets }
  if (certificate !== undefined) return existingCa(certificate, options.key, source)
  return caOf(await make({ ...options, ca: true }, undefined, source), source)
}

/** Where time and serial numbers come from. */
interface Source {
  readonly now: () => Date
  readonly randomOctets: (count: number) => Uint8Array
}

/** The CA that issues a certificate. */
interface Issuer {
  readonly subject: Bytes
  readonly keys: Keys
  readonly keyIdentifier: Bytes
  /** The chain of what it issues: its own certificate and chain, or nothing if it is a root. */
  readonly chain: string
}

interface Made extends Issuer {
  readonly own: TestCertificate
}

/** Makes a certificate. Without an issuer, it is self-signed. */
async function make(options: IssueOptions, above: Issuer | undefined, source: Source): Promise<Made> {
  const keys = await (options.key === undefined ? newKeysOf(options.keyType ?? 'P-256') : keysFromPem(options.key))
  const subject = subjectName(options.subject ?? (options.ca ? 'Test CA' : 'client'))
  const keyIdentifier = await keyIdentifierOf(keys)
  const issuer = above ?? { subject, keys, keyIdentifier, chain: '' }
  const serialNumber = (options.serialNumber ?? newSerialNumber(source)).toLowerCase()
  const { notBefore, notAfter } = validity(options, source.now())
  const fields = {
    serial: int(serialOctets(serialNumber)),
    algorithm: issuer.keys.signing.identifier,
    issuer: issuer.subject,
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    subject,
    spki: keys.spki,
    extensions: extensions(options, keyIdentifier, issuer.keyIdentifier),
    breakSignature: options.breakSignature ?? false,
  }
  const certificate = encodePem(await signedCertificate(fields, issuer.keys))
  const own = { certificate, key: await pemOf(keys), chain: issuer.chain, serialNumber }
  return { subject, keys, keyIdentifier, chain: above === undefined ? '' : certificate + issuer.chain, own }
}

function caOf({ own, ...issuer }: Made, source: Source): TestCa {
  let lastNumber = 0n
  function issue(options: IssueOptions & { readonly ca: true }): Promise<TestCa>
  function issue(options?: IssueOptions): Promise<TestCertificate>
  async function issue(options: IssueOptions = {}): Promise<TestCertificate> {
    const made = await make(options, issuer, source)
    return options.ca ? caOf(made, source) : made.own
  }
  return {
    ...own,
    issue,
    crl: async (options = {}) => {
      lastNumber = BigInt(options.number ?? lastNumber + 1n)
      return encodePem(await makeCrl(options, lastNumber, issuer, source.now()), 'X509 CRL')
    },
  }
}

async function existingCa(pem: string, keyPem: string | undefined, source: Source): Promise<TestCa> {
  const [certificate, ...chain] = certificatesOf('certificate', pem)
  if (keyPem === undefined) throw new TypeError('certificate: its key is missing; it goes into key')
  const keys = await keysFromPem(keyPem)
  if (certificate === undefined || !sameOctets(certificate.publicKey.der, keys.spki)) {
    throw new TypeError('certificate: key is the key of another certificate')
  }
  const known = subjectKeyIdentifier(certificate)
  const own = {
    certificate: encodePem(certificate.der),
    key: await pemOf(keys),
    chain: chain.map(({ der }) => encodePem(der)).join(''),
    serialNumber: toHex(certificate.serialNumber),
  }
  const isRoot = sameOctets(certificate.subject.der, certificate.issuer.der)
  return caOf(
    {
      subject: certificate.subject.der,
      keys,
      keyIdentifier: known === undefined ? await keyIdentifierOf(keys) : fromHex(known),
      chain: isRoot ? '' : own.certificate + own.chain,
      own,
    },
    source,
  )
}

/** The validity. If only one end is given, the other is chosen so that notBefore is before notAfter. */
function validity({ ca, notBefore, notAfter }: IssueOptions, now: Date): { notBefore: Date; notAfter: Date } {
  const from = notBefore ?? daysAfter(new Date(Math.min(now.getTime(), notAfter?.getTime() ?? Infinity)), -1)
  const usual = daysAfter(now, ca ? CA_DAYS : END_ENTITY_DAYS)
  return { notBefore: from, notAfter: notAfter ?? (usual > from ? usual : daysAfter(from, 1)) }
}

function extensions(options: IssueOptions, own: Bytes, issuer: Bytes): readonly Bytes[] {
  const { ca = false, pathLength, subjectAltName = [], extensions: given = [] } = options
  const { extendedKeyUsage = ca ? [] : ['clientAuth'] } = options
  const purposes = extendedKeyUsage.map((purpose) => KEY_PURPOSES[purpose] ?? purpose)
  const usual: readonly (readonly [oid: string, extension: Bytes])[] = [
    ...(ca ? [['2.5.29.19', encode.basicConstraints(true, pathLength)] as const] : []),
    // keyCertSign and cRLSign, or digitalSignature (RFC 5280 4.2.1.3).
    ['2.5.29.15', ca ? encode.keyUsage(0x06, 1) : encode.keyUsage(0x80, 7)],
    ...(purposes.length > 0 ? [['2.5.29.37', encode.extKeyUsage(...purposes)] as const] : []),
    ['2.5.29.14', encode.subjectKeyIdentifier(own)],
    ['2.5.29.35', encode.authorityKeyIdentifier(issuer)],
    ...(subjectAltName.length > 0
      ? [['2.5.29.17', encode.subjectAltName(subjectAltName.map(generalName))] as const]
      : []),
  ]
  return [
    ...usual.filter(([oid]) => !given.some((extension) => extension.oid === oid)).map(([, extension]) => extension),
    // DEFAULT FALSE is left out (X.690 11.5).
    ...given.map(({ oid, value, critical }) => encode.extension(oid, value, critical || undefined)),
  ]
}

function makeCrl(options: CrlOptions, number: bigint, { subject, keys, keyIdentifier }: Issuer, now: Date) {
  const { revoked = [], nextUpdate } = options
  const { thisUpdate = nextUpdate !== undefined && nextUpdate <= now ? daysAfter(nextUpdate, -1) : now } = options
  const fields = {
    algorithm: keys.signing.identifier,
    issuer: subject,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: timeOf(nextUpdate ?? daysAfter(thisUpdate, CRL_DAYS)),
    revoked: revoked.map(({ serialNumber, revokedAt, reason }) => ({
      serial: serialOctets(serialNumber),
      revokedAt: timeOf(revokedAt ?? daysAfter(thisUpdate, -1)),
      ...(reason !== undefined && { reason }),
    })),
    extensions: [encode.authorityKeyIdentifier(keyIdentifier), encode.crlNumber(number)],
  }
  return signedCrl(fields, keys)
}

function serialOctets(serialNumber: string): Bytes {
  if (/^(?:[\da-f]{2})+$/i.test(serialNumber)) return fromHex(serialNumber)
  throw new TypeError('serialNumber: it must be pairs of hexadecimal digits')
}

/** Always positive, and never with a leading zero octet (RFC 5280 4.1.2.2). */
function newSerialNumber({ randomOctets }: Source): string {
  const octets = Uint8Array.from(randomOctets(16))
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return toHex(octets)
}

function randomOctetsOf(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}

function timeOf(date: Date): Bytes {
  return time(rfc3339(Math.floor(date.getTime() / 1_000)))
}

function daysAfter(date: Date, days: number): Date {
  return new Date(date.getTime() + days * DAY_MS)
}
