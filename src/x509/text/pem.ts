import { toBase64 } from '../../core/bytes.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { MAX_CERTIFICATES_PER_UPLOAD } from '../limits.ts'
import { BASE64, decodeBase64 } from './base64.ts'
import { plainText } from './plain.ts'
import { kindOfText, type TextKind } from './text-kind.ts'

/** Why a text is not PEM of certificates. Lines count from 1, after plainText. */
export type PemFault =
  | { readonly reason: 'pem_empty' }
  | { readonly reason: 'pem_no_certificate'; readonly looksLike: TextKind | undefined }
  | { readonly reason: 'pem_label'; readonly line: number; readonly label: string }
  | { readonly reason: 'pem_boundary'; readonly line: number }
  | { readonly reason: 'pem_unterminated'; readonly line: number }
  | { readonly reason: 'pem_end_without_begin'; readonly line: number }
  | { readonly reason: 'pem_base64'; readonly line: number }
  | { readonly reason: 'too_many_certificates'; readonly limit: number }

/** RFC 7468 section 3: five hyphens on each side. Where line ends are lost, several are on one line. */
const BOUNDARY = /-----(BEGIN|END) ([A-Za-z0-9 ]*)-----/g
/** Also a text meant as a boundary: other dashes, fewer of them, lower case. Ignoring it would drop a certificate silently. */
const ANY_BOUNDARY = /-----(?:BEGIN|END)\b|^[-\u2010-\u2015\u2212]+ ?(?:BEGIN|END) [a-z0-9 ]+[-\u2010-\u2015\u2212]+$/i
const DASH = /[-\u2010-\u2015\u2212]/
/** Whether a text has a boundary or a piece of one, as all PEM has. */
export function hasBoundary(text: string): boolean {
  return /-----(?:BEGIN|END)\b/.test(text)
}

/**
 * The DER of a text's CERTIFICATE blocks, in order (RFC 7468 section 5).
 *
 * Accepted (contract 3): line ends of any kind, written out, turned into blanks or lost; blanks and blank lines anywhere; what
 * plainText removes; text before, between and after blocks, as `openssl x509 -text` prints. Such text must be on lines of its own,
 * since a block after `# ` may be meant to be left out. Anything else is refused, with its line. Labels must be exact: "X509
 * CERTIFICATE" and "TRUSTED CERTIFICATE" are other kinds.
 */
export function decodePem(text: string): Result<readonly Uint8Array[], PemFault> {
  const plain = plainText(text)
  if (plain.trim() === '') return fail({ reason: 'pem_empty' })
  const scanner = new BlockScanner()
  for (const [index, line] of plain.split('\n').entries()) {
    const fault = scanner.take(line, index + 1)
    if (fault !== undefined) return fail(fault)
  }
  const fault = scanner.unterminated()
  if (fault !== undefined) return fail(fault)
  if (scanner.blocks.length > 0) return ok(scanner.blocks)
  return fail({ reason: 'pem_no_certificate', looksLike: kindOfText(plain) })
}

/** Takes lines one by one, and collects the blocks. */
class BlockScanner {
  readonly blocks: Uint8Array[] = []
  #open: { readonly line: number; readonly body: string[] } | undefined

  take(line: string, number: number): PemFault | undefined {
    if (!ANY_BOUNDARY.test(line.trim())) return this.#open === undefined ? undefined : this.#takeBody(line, number)
    let from = 0
    for (const { 0: boundary, 1: kind, 2: label = '', index } of line.matchAll(BOUNDARY)) {
      const fault = this.#takeBeside(line.slice(from, index), number) ?? this.#takeBoundary(kind, label, number)
      if (fault !== undefined) return fault
      from = index + boundary.length
    }
    return this.#takeBeside(line.slice(from), number)
  }

  /** The fault of a text that ends inside a block. */
  unterminated(): PemFault | undefined {
    return this.#open && { reason: 'pem_unterminated', line: this.#open.line }
  }

  /** Takes text on the line of a boundary: base64 within a block; outside of one there must be none. */
  #takeBeside(text: string, line: number): PemFault | undefined {
    const isOther = this.#open === undefined ? text.trim() !== '' : DASH.test(text)
    if (isOther) return { reason: 'pem_boundary', line }
    return this.#open === undefined ? undefined : this.#takeBody(text, line)
  }

  #takeBody(text: string, line: number): PemFault | undefined {
    const base64 = text.replace(/\s/g, '')
    if (!BASE64.test(base64)) return { reason: 'pem_base64', line }
    this.#open?.body.push(base64)
    return undefined
  }

  #takeBoundary(kind: string | undefined, label: string, line: number): PemFault | undefined {
    if (label !== 'CERTIFICATE') return { reason: 'pem_label', line, label }
    return kind === 'BEGIN' ? this.#begin(line) : this.#close(line)
  }

  #begin(line: number): PemFault | undefined {
    if (this.#open !== undefined) return this.unterminated()
    if (this.blocks.length === MAX_CERTIFICATES_PER_UPLOAD) {
      return { reason: 'too_many_certificates', limit: MAX_CERTIFICATES_PER_UPLOAD }
    }
    this.#open = { line, body: [] }
    return undefined
  }

  #close(line: number): PemFault | undefined {
    if (this.#open === undefined) return { reason: 'pem_end_without_begin', line }
    const der = decodeBase64(this.#open.body.join(''))
    if (der === undefined || der.length === 0) return { reason: 'pem_base64', line: this.#open.line }
    this.blocks.push(der)
    this.#open = undefined
    return undefined
  }
}

/** One block of PEM, in lines of 64 characters (RFC 7468 sections 2 and 3). */
export function encodePem(der: Uint8Array, label = 'CERTIFICATE'): string {
  return `-----BEGIN ${label}-----\n${toBase64(der).replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`
}
