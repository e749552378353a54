import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

/** Bits of keyUsage (RFC 5280 4.2.1.3), as the first octet of the BIT STRING. */
const KEY_CERT_SIGN_AND_CRL_SIGN = 0x06
const DIGITAL_SIGNATURE = 0x80

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

export type KeyPair = Awaited<ReturnType<typeof newKeyPair>>

/** A CA or an end entity: its certificate, and the keys of it. */
export interface Identity {
  readonly certificate: pkijs.Certificate
  readonly keys: KeyPair
}

/** What a certificate is to say. */
export interface CertificateRequest {
  readonly commonName: string
  readonly kind: 'ca' | 'client' | 'server'
  readonly notBefore: Date
  readonly notAfter: Date
  readonly keys: KeyPair
  /** Without one, the certificate signs itself. */
  readonly issuer?: Identity | undefined
  /** Names that a server answers to: DNS names, and IPv4 addresses. */
  readonly serverNames?: readonly string[]
}

/** A P-256 key pair that can be written to a file. */
export function newKeyPair() {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
}

/** Issues a certificate as RFC 5280 wants it, signed by ECDSA with SHA-256. Times are cut to whole seconds. */
export async function issueCertificate(request: CertificateRequest): Promise<pkijs.Certificate> {
  const { kind, keys, issuer, serverNames = [] } = request
  const certificate = new pkijs.Certificate()
  certificate.version = 2
  certificate.serialNumber = new asn1js.Integer({ valueHex: newSerialNumber().buffer })
  certificate.subject = commonName(request.commonName)
  certificate.issuer = issuer === undefined ? certificate.subject : issuer.certificate.subject
  certificate.notBefore.value = wholeSeconds(request.notBefore)
  certificate.notAfter.value = wholeSeconds(request.notAfter)
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey)
  certificate.extensions = [
    ...(kind === 'ca' ? caExtensions() : endEntityExtensions(kind)),
    await subjectKeyIdentifier(keys),
    await authorityKeyIdentifier(issuer?.keys ?? keys),
    ...(serverNames.length === 0 ? [] : [subjectAltName(serverNames)]),
  ]
  await certificate.sign(issuer?.keys.privateKey ?? keys.privateKey, 'SHA-256')
  return certificate
}

/** RFC 5280 4.2.1.1: the key identifier of the issuer's keys. CRLs carry it as well (5.2.1). */
export async function authorityKeyIdentifier(issuer: KeyPair): Promise<pkijs.Extension> {
  const keyIdentifier = new asn1js.OctetString({ valueHex: await keyIdentifierOf(issuer) })
  return extension('2.5.29.35', false, new pkijs.AuthorityKeyIdentifier({ keyIdentifier }).toSchema())
}

export function extension(extnID: string, critical: boolean, value: asn1js.BaseBlock): pkijs.Extension {
  return new pkijs.Extension({ extnID, critical, extnValue: value.toBER() })
}

/** A certificate, a CRL or a key as PEM (RFC 7468). */
export function toPem(label: 'CERTIFICATE' | 'X509 CRL' | 'PRIVATE KEY', der: ArrayBuffer | Uint8Array): string {
  const octets = der instanceof Uint8Array ? Buffer.from(der) : Buffer.from(der)
  const lines = octets.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** Times in certificates have no fractions of a second (RFC 5280 4.1.2.5). */
export function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1_000) * 1_000)
}

function caExtensions(): readonly pkijs.Extension[] {
  return [
    extension('2.5.29.19', true, new pkijs.BasicConstraints({ cA: true }).toSchema()),
    extension('2.5.29.15', true, keyUsage(KEY_CERT_SIGN_AND_CRL_SIGN, 1)),
  ]
}

function endEntityExtensions(kind: 'client' | 'server'): readonly pkijs.Extension[] {
  const keyPurposes = [kind === 'client' ? CLIENT_AUTH : SERVER_AUTH]
  return [
    extension('2.5.29.15', true, keyUsage(DIGITAL_SIGNATURE, 7)),
    extension('2.5.29.37', false, new pkijs.ExtKeyUsage({ keyPurposes }).toSchema()),
  ]
}

/** Named bits go without their trailing zeros (X.690 11.2.2). */
function keyUsage(octet: number, unusedBits: number): asn1js.BitString {
  return new asn1js.BitString({ valueHex: Uint8Array.of(octet).buffer, unusedBits })
}

async function subjectKeyIdentifier(keys: KeyPair): Promise<pkijs.Extension> {
  return extension('2.5.29.14', false, new asn1js.OctetString({ valueHex: await keyIdentifierOf(keys) }))
}

/** RFC 5280 4.2.1.2, method 1: SHA-1 of the public key's BIT STRING. */
async function keyIdentifierOf({ publicKey }: KeyPair): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-1', await crypto.subtle.exportKey('raw', publicKey))
}

function subjectAltName(names: readonly string[]): pkijs.Extension {
  const altNames = names.map((name) => {
    const address = /^\d+\.\d+\.\d+\.\d+$/.test(name) ? Uint8Array.from(name.split('.'), Number) : undefined
    if (address === undefined) return new pkijs.GeneralName({ type: 2, value: name })
    return new pkijs.GeneralName({ type: 7, value: new asn1js.OctetString({ valueHex: address.buffer }) })
  })
  return extension('2.5.29.17', false, new pkijs.AltName({ altNames }).toSchema())
}

function commonName(value: string): pkijs.RelativeDistinguishedNames {
  const attribute = new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: new asn1js.Utf8String({ value }) })
  return new pkijs.RelativeDistinguishedNames({ typesAndValues: [attribute] })
}

/** 63 random bits, positive, and never with a leading zero octet (RFC 5280 4.1.2.2). */
function newSerialNumber(): Uint8Array<ArrayBuffer> {
  const octets = crypto.getRandomValues(new Uint8Array(8))
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return octets
}
