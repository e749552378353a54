import { latin1 } from '../../core/bytes.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import { sameOctets } from '../asn1/values.ts'
import { MAX_CERTIFICATES_PER_UPLOAD } from '../limits.ts'
import { decodeBase64 } from './base64.ts'
import { type DerKind, kindOfDer } from './der-kind.ts'
import { decodePem, hasBoundary, type PemFault } from './pem.ts'
import { plainText } from './plain.ts'
import { decodeRfc9440, looksLikeRfc9440, type Rfc9440Fault } from './rfc9440.ts'
import { MAX_LAYERS, urlDecoded } from './url-encoding.ts'
import { readXfcc, type Xfcc } from './xfcc.ts'

/** The certificates of a text, as DER that was not read yet. */
export interface TextCertificates {
  readonly blocks: readonly Uint8Array[]
  /**
   * `handshake`: the text is in a form in which proxies pass on a TLS handshake, so the client's own certificate is first (RFC
   * 8446 4.4.2). `unstated`: the form does not say which one is the client's.
   */
  readonly order: 'handshake' | 'unstated'
}

/** Why a text holds no certificates. Positions count from 1. */
export type TextFault =
  | PemFault
  | Rfc9440Fault
  /** The octets are of another kind, under the label of a certificate or without a label. */
  | {
      readonly reason: 'other_kind'
      readonly kind: Exclude<DerKind, 'certificate'>
      readonly position: number
      readonly count: number
    }
  | { readonly reason: 'xfcc_several' }
  | { readonly reason: 'xfcc_differs' }

/**
 * Reads the certificates of a text that a person pasted or a proxy passed on: PEM in any layout (`decodePem`), URL-encoded PEM
 * (nginx, AWS ALB), base64 of PEM, base64 of DER (Cloudflare's Cf-Client-Cert-Der-Base64), several of these with commas between
 * (Traefik), RFC 9440, or Envoy's x-forwarded-client-cert. Only the outer encodings are read liberally: base64 must be canonical,
 * and DER is not changed. A fault names what any other text is.
 */
export function decodeCertificates(text: string): Result<TextCertificates, TextFault> {
  const decoded = decodeForm(plainText(text))
  if (!decoded.ok) return decoded
  const { blocks } = decoded.value
  for (const [index, block] of blocks.entries()) {
    const kind = kindOfDer(block)
    if (kind === undefined || kind === 'certificate') continue
    return fail({ reason: 'other_kind', kind, position: index + 1, count: blocks.length })
  }
  return decoded
}

function decodeForm(plain: string): Result<TextCertificates, TextFault> {
  if (looksLikeRfc9440(plain)) return unstated(decodeRfc9440(plain))
  const elements = readXfcc(plain)
  if (elements === undefined) return decodeLayer(plain, MAX_LAYERS, 'unstated')
  const [element, ...others] = elements
  if (element === undefined || others.length > 0) return fail({ reason: 'xfcc_several' })
  return decodeXfcc(element)
}

function decodeXfcc({ cert, chain }: Xfcc): Result<TextCertificates, TextFault> {
  const text = chain ?? cert
  if (text === undefined) return fail({ reason: 'pem_no_certificate', looksLike: 'xfcc_without_cert' })
  const all = decodeLayer(text, MAX_LAYERS, 'handshake')
  if (!all.ok || cert === undefined || chain === undefined) return all
  const own = decodeLayer(cert, MAX_LAYERS, 'handshake')
  if (!own.ok) return own
  const [first] = all.value.blocks
  const [leaf, ...more] = own.value.blocks
  const agree = first !== undefined && leaf !== undefined && more.length === 0 && sameOctets(first, leaf)
  return agree ? all : fail({ reason: 'xfcc_differs' })
}

/** Decodes one encoding after another until there is PEM or DER. */
function decodeLayer(
  plain: string,
  layersLeft: number,
  order: TextCertificates['order'],
): Result<TextCertificates, TextFault> {
  if (layersLeft > 0) {
    const inner = urlDecoded(plain)
    if (inner !== undefined) return decodeLayer(plainText(inner), layersLeft - 1, 'handshake')
    const armoured = hasBoundary(plain) ? undefined : armouredInBase64(plain)
    if (armoured !== undefined) return decodeLayer(plainText(armoured), layersLeft - 1, order)
  }
  const bare = hasBoundary(plain) ? undefined : decodeBare(plain, order)
  if (bare !== undefined) return bare
  return mapOk(decodePem(plain), (blocks) => ({ blocks, order }))
}

/** The PEM that a text is base64 of, in UTF-16 or after a byte order mark too; undefined where it is not base64 of PEM. */
function armouredInBase64(plain: string): string | undefined {
  const octets = decodeBase64(plain.replace(/\s/g, ''))
  if (octets === undefined) return undefined
  const text = latin1(octets)
  return hasBoundary(plainText(text.slice(0, 64))) ? text : undefined
}

/** Reads base64 of DER without anything around it, or several with commas between (Traefik). Undefined for any other text. */
function decodeBare(plain: string, order: TextCertificates['order']): Result<TextCertificates, TextFault> | undefined {
  const items = plain.replace(/\s/g, '').split(',', MAX_CERTIFICATES_PER_UPLOAD + 1)
  const blocks: Uint8Array[] = []
  for (const item of items) {
    const block = decodeBase64(item)
    if (block === undefined || kindOfDer(block) === undefined) return whyNotBare(item, block !== undefined)
    blocks.push(block)
  }
  if (blocks.length > MAX_CERTIFICATES_PER_UPLOAD) {
    return fail({ reason: 'too_many_certificates', limit: MAX_CERTIFICATES_PER_UPLOAD })
  }
  return ok({ blocks, order: blocks.length > 1 ? 'handshake' : order })
}

/** The fault of a text that begins like base64 of a SEQUENCE and is longer than any word; undefined for any other text. */
function whyNotBare(item: string, isBase64: boolean) {
  if (!/^M[A-P][A-Za-z0-9+/_-]{60,}={0,2}$/.test(item)) return undefined
  const broken = /[-_]/.test(item) ? 'base64url' : 'base64_broken'
  return fail({ reason: 'pem_no_certificate', looksLike: isBase64 ? 'base64_of_something' : broken } as const)
}

function unstated(blocks: Result<readonly Uint8Array[], TextFault>): Result<TextCertificates, TextFault> {
  return mapOk(blocks, (list) => ({ blocks: list, order: 'unstated' }) as const)
}
