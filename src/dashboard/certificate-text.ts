import { entryOf } from '../core/table.ts'
import {
  type Certificate,
  decodeCertificates,
  describeKey,
  displayName,
  integerHex,
  privateKeyIn,
  readCertificate,
  sha256,
  TEXT_FAULT_TEXTS,
  type TextFault,
} from '../x509/index.ts'

/** What a dropped file or a pasted text is, by the reader that the API has too. */
export type Given =
  /** Nothing of it is sent or kept. */
  | { readonly kind: 'private_key' }
  | { readonly kind: 'crl' }
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'certificates'; readonly certificates: readonly Read[] }

/** A certificate, or why it cannot be read. */
export type Read =
  | {
      readonly subject: string
      readonly issuer: string
      readonly notBefore: string
      readonly notAfter: string
      readonly key: string
      readonly serialNumber: string
      readonly sha256: string
      readonly isCa: boolean
    }
  | { readonly fault: string }

/** Whether a text holds a private key, which nobody should be sent. */
export const holdsPrivateKey = (text: string): boolean => privateKeyIn(text) !== undefined

/** Reads a text, in any form that an upload may have. */
export async function readGiven(text: string): Promise<Given> {
  if (holdsPrivateKey(text)) return { kind: 'private_key' }
  const decoded = decodeCertificates(text)
  if (!decoded.ok) {
    const { error } = decoded
    const isCrl = /-----BEGIN X509 CRL-----/.test(text) || (error.reason === 'other_kind' && error.kind === 'crl')
    return isCrl
      ? { kind: 'crl' }
      : { kind: 'unreadable', why: entryOf<TextFault, 'reason', string>(TEXT_FAULT_TEXTS, 'reason', error) }
  }
  return { kind: 'certificates', certificates: await Promise.all(decoded.value.blocks.map(read)) }
}

async function read(der: Uint8Array): Promise<Read> {
  const certificate = readCertificate(der)
  if (!certificate.ok) {
    const { error } = certificate
    return { fault: 'field' in error ? `${error.field} ${error.problem}` : `it has ${error.bytes} bytes` }
  }
  return { ...facts(certificate.value), sha256: await sha256(der) }
}

const iso = (unixSeconds: number) => new Date(unixSeconds * 1_000).toISOString()

function facts(certificate: Certificate) {
  return {
    subject: displayName(certificate.subject),
    issuer: displayName(certificate.issuer),
    notBefore: iso(certificate.notBefore),
    notAfter: iso(certificate.notAfter),
    key: describeKey(certificate.publicKey.kind),
    serialNumber: integerHex(certificate.serialNumber),
    isCa: certificate.extensions.values.basicConstraints?.cA === true,
  }
}

/** Most bytes of a file that is read here; an upload may have 256 KiB. */
const MAX_FILE_BYTES = 1_048_576

/** The text of a file; DER as base64. */
export async function textOfFile(file: Blob): Promise<string> {
  const octets = new Uint8Array(await file.slice(0, MAX_FILE_BYTES).arrayBuffer())
  // 0x30 is the tag of a SEQUENCE, and the character 0, with which no PEM begins.
  if (octets[0] !== 0x30) return new TextDecoder().decode(octets)
  return btoa(Array.from(octets, (octet) => String.fromCharCode(octet)).join(''))
}
