import { fail, ok, type Result } from '../../result.ts'
import { decodeBase64Octets } from './base64.ts'
import type { CrlTextFault } from './fault.ts'

/** RFC 7468 section 6. */
const LABEL = 'X509 CRL'
const BEGIN = '-----BEGIN '
const END = `-----END ${LABEL}-----`
const DASHES = '-----'

/** Labels have at most 64 characters here; the longest in use, of an OpenSSL key, has 21. */
const MAX_LABEL = 64

/**
 * The DER of one CRL, from DER itself, from PEM (RFC 7468: exactly one block, labelled "X509 CRL"; text around it, spaces
 * and any line ends are left out), or from the base64 of DER alone. The octets may be tens of megabytes, so they are never
 * turned into a string. Errors: why they are none of the three.
 */
export function decodeCrl(octets: Uint8Array): Result<Uint8Array, CrlTextFault> {
  // A SEQUENCE of 128 bytes or more, as any CRL is. In text, no character follows a `0` with its high bit set.
  if (octets[0] === 0x30 && (octets[1] ?? 0) >= 0x80) return ok(octets)
  if (octets.every((octet) => octet <= 0x20)) return fail({ reason: 'crl_empty' })
  const begin = find(octets, BEGIN, 0)
  return begin === undefined ? decodeBare(octets) : decodePem(octets, begin)
}

function decodeBare(octets: Uint8Array): Result<Uint8Array, CrlTextFault> {
  const der = decodeBase64Octets(octets)
  // What begins like base64 of a SEQUENCE was meant as such; anything else is not even that.
  if (der === undefined) return fail({ reason: octets[0] === 0x4d ? 'crl_base64' : 'crl_not_pem' })
  return ok(der)
}

function decodePem(octets: Uint8Array, begin: number): Result<Uint8Array, CrlTextFault> {
  const line = lineOf(octets, begin)
  const label = labelAt(octets, begin + BEGIN.length)
  if (label === undefined) return fail({ reason: 'crl_pem_boundary', line })
  if (label !== LABEL) return fail({ reason: 'crl_pem_label', label, line })
  const body = begin + BEGIN.length + LABEL.length + DASHES.length
  const end = octets.indexOf(0x2d, body)
  if (end === -1) return fail({ reason: 'crl_pem_unterminated', line })
  if (!isAt(octets, END, end)) return fail({ reason: 'crl_pem_boundary', line: lineOf(octets, end) })
  const another = find(octets, BEGIN, end + END.length)
  if (another !== undefined) return fail({ reason: 'crl_pem_several', line: lineOf(octets, another) })
  const der = decodeBase64Octets(octets.subarray(body, end))
  return der === undefined || der.length === 0 ? fail({ reason: 'crl_base64' }) : ok(der)
}

/** The label whose first character is at a position; undefined where no dashes close it. */
function labelAt(octets: Uint8Array, start: number): string | undefined {
  const end = octets.indexOf(0x2d, start)
  if (end === -1 || end - start > MAX_LABEL || !isAt(octets, DASHES, end)) return undefined
  return String.fromCharCode(...octets.subarray(start, end))
}

/** Where a text that starts with a hyphen is next; undefined when it is not. */
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

/** The line a position is on, from 1. */
function lineOf(octets: Uint8Array, position: number): number {
  let line = 1
  for (let at = octets.indexOf(0x0a); at !== -1 && at < position; at = octets.indexOf(0x0a, at + 1)) line += 1
  return line
}
