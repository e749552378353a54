import { fail, ok, type Result } from '../../core/result.ts'
import { MAX_CERTIFICATES_PER_UPLOAD, MAX_CRLS_PER_UPLOAD } from '../limits.ts'
import { decodeBase64Octets } from './base64.ts'
import type { CrlTextFault } from './fault.ts'

/** The CRLs of an upload, at least one, and its certificates, as DER in their order. */
export interface CrlBlocks {
  readonly crls: readonly Uint8Array[]
  /** Certificates that came along, which may be those of the CAs that signed the CRLs. */
  readonly certificates: readonly Uint8Array[]
}

/** Labels of RFC 7468 sections 6 and 5, and how many blocks of each an upload may have. */
const LABELS = { 'X509 CRL': MAX_CRLS_PER_UPLOAD, CERTIFICATE: MAX_CERTIFICATES_PER_UPLOAD } as const
const BEGIN = '-----BEGIN '
const DASHES = '-----'

/** Most characters of a label. The longest in use, of an OpenSSL key, has 21. */
const MAX_LABEL = 64

/**
 * Reads CRLs from the DER of one CRL, from its base64, or from PEM (RFC 7468): "X509 CRL" blocks, and CERTIFICATE blocks beside
 * them. Text around the blocks, spaces and line ends of any kind do not matter. The octets may be tens of megabytes, so they are
 * never turned into a string. Errors: why they are none of the three.
 */
export function decodeCrls(octets: Uint8Array): Result<CrlBlocks, CrlTextFault> {
  // Every CRL is a SEQUENCE of 128 bytes or more. No text begins with `0` and an octet whose high bit is set.
  if (octets[0] === 0x30 && (octets[1] ?? 0) >= 0x80) return ok({ crls: [octets], certificates: [] })
  const start = octets.findIndex((octet) => octet > 0x20)
  if (start === -1) return fail({ reason: 'crl_empty' })
  const begin = find(octets, BEGIN, 0)
  return begin === undefined ? decodeBare(octets, start) : decodePem(octets, begin)
}

function decodeBare(octets: Uint8Array, start: number): Result<CrlBlocks, CrlTextFault> {
  const der = decodeBase64Octets(octets)
  if (der !== undefined)
    return isPem(der) ? fail({ reason: 'crl_encoded_twice' }) : ok({ crls: [der], certificates: [] })
  switch (octets[start]) {
    // `M` begins the base64 of a SEQUENCE, so that is what was meant.
    case 0x4d:
      return fail({ reason: 'crl_base64', line: undefined })
    case 0x3c:
      return fail({ reason: 'crl_other_text', text: 'markup' })
    case 0x7b:
    case 0x5b:
      return fail({ reason: 'crl_other_text', text: 'json' })
    default:
      return fail(isPath(octets) ? { reason: 'crl_other_text', text: 'path' } : { reason: 'crl_not_pem' })
  }
}

/** Whether the text is the name of a file: `curl --data` sends that where `--data-binary @` was meant. */
function isPath(octets: Uint8Array): boolean {
  return octets.length <= 256 && /^@?[\w./\\:~-]+\.(?:crl|pem|der|crt|cer)\s*$/i.test(String.fromCharCode(...octets))
}

function decodePem(octets: Uint8Array, first: number): Result<CrlBlocks, CrlTextFault> {
  const found: Record<keyof typeof LABELS, Uint8Array[]> = { 'X509 CRL': [], CERTIFICATE: [] }
  for (let begin: number | undefined = first; begin !== undefined; ) {
    const block = blockAt(octets, begin)
    if (!block.ok) return block
    const { label, der, end } = block.value
    if (found[label].length === LABELS[label]) return fail({ reason: 'crl_too_many', label, limit: LABELS[label] })
    found[label].push(der)
    begin = find(octets, BEGIN, end)
  }
  const { 'X509 CRL': crls, CERTIFICATE: certificates } = found
  return crls.length === 0 ? fail({ reason: 'crl_only_certificates' }) : ok({ crls, certificates })
}

interface Block {
  readonly label: keyof typeof LABELS
  readonly der: Uint8Array
  /** Index of the first character after the block. */
  readonly end: number
}

/** Reads the block whose BEGIN line is at an index. */
function blockAt(octets: Uint8Array, begin: number): Result<Block, CrlTextFault> {
  const line = lineOf(octets, begin)
  const label = labelAt(octets, begin + BEGIN.length)
  if (label === undefined) return fail({ reason: 'crl_pem_boundary', line })
  if (label !== 'X509 CRL' && label !== 'CERTIFICATE') return fail({ reason: 'crl_pem_label', label, line })
  const body = begin + BEGIN.length + label.length + DASHES.length
  const end = octets.indexOf(0x2d, body)
  if (end === -1) return fail({ reason: 'crl_pem_unterminated', line })
  const boundary = `-----END ${label}-----`
  if (!isAt(octets, boundary, end)) return fail({ reason: 'crl_pem_boundary', line: lineOf(octets, end) })
  const der = decodeBase64Octets(octets.subarray(body, end))
  if (der === undefined || der.length === 0) return fail({ reason: 'crl_base64', line })
  if (isPem(der)) return fail({ reason: 'crl_encoded_twice' })
  return ok({ label, der, end: end + boundary.length })
}

function isPem(octets: Uint8Array): boolean {
  return isAt(octets, BEGIN, 0)
}

/** The label that starts at an index; undefined where no dashes end it. */
function labelAt(octets: Uint8Array, start: number): string | undefined {
  const end = octets.indexOf(0x2d, start)
  if (end === -1 || end - start > MAX_LABEL || !isAt(octets, DASHES, end)) return undefined
  return String.fromCharCode(...octets.subarray(start, end))
}

/** The next index of a text that starts with a hyphen; undefined where there is none. */
function find(octets: Uint8Array, text: string, from: number): number | undefined {
  for (let at = octets.indexOf(0x2d, from); at !== -1; at = octets.indexOf(0x2d, at + 1)) {
    if (isAt(octets, text, at)) return at
  }
  return undefined
}

function isAt(octets: Uint8Array, text: string, at: number): boolean {
  for (let i = 0; i < text.length; i += 1) if (octets[at + i] !== text.charCodeAt(i)) return false
  return true
}

/** The number of the line of an index, from 1. */
function lineOf(octets: Uint8Array, position: number): number {
  let line = 1
  for (let at = octets.indexOf(0x0a); at !== -1 && at < position; at = octets.indexOf(0x0a, at + 1)) line += 1
  return line
}
