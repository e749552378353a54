import { fail, ok, type Result } from './result.ts'
import type { AsciiHostname } from './units.ts'

/** Why a text is not a hostname that can be associated with a certificate. */
export type HostnameFault =
  | { readonly reason: 'hostname_empty' }
  | { readonly reason: 'hostname_scheme' }
  | { readonly reason: 'hostname_path' }
  | { readonly reason: 'hostname_port' }
  | { readonly reason: 'hostname_wildcard' }
  | { readonly reason: 'hostname_ip' }
  | { readonly reason: 'hostname_trailing_dot' }
  | { readonly reason: 'hostname_underscore' }
  | { readonly reason: 'hostname_single_label' }
  | { readonly reason: 'hostname_too_long'; readonly bytes: number; readonly limitBytes: number }
  | { readonly reason: 'hostname_labels'; readonly labels: number; readonly limit: number }
  | { readonly reason: 'hostname_label'; readonly label: string }
  | { readonly reason: 'hostname_idna' }

/** Longest name in A-label form, in octets: RFC 1035 2.3.4 without the root's label and the first length octet. */
const MAX_HOSTNAME_BYTES = 253

/** [ours] Names in use have at most ten labels (IPv6 reverse zones have more). The look-up of the owner takes a step a label. */
const MAX_LABELS = 32

/** RFC 1035 2.3.1 with RFC 1123 2.1: 1 to 63 letters, digits and hyphens, with no hyphen at either end. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII starts with its controls
const ASCII = /^[\u0000-\u007f]*$/

/**
 * Reads a fully qualified domain name. Returns its A-label form in lower case (RFC 5890 2.3.2.1), in which names are compared,
 * stored and matched with zones. A scheme, port, path, wildcard, IP literal, underscore or final dot is a fault (contract 3).
 */
export function parseHostname(text: string): Result<AsciiHostname, HostnameFault> {
  if (text === '') return fail({ reason: 'hostname_empty' })
  if (text.includes('://')) return fail({ reason: 'hostname_scheme' })
  if (isIpLiteral(text)) return fail({ reason: 'hostname_ip' })
  if (/[/?#\\@]/.test(text)) return fail({ reason: 'hostname_path' })
  if (text.includes('*')) return fail({ reason: 'hostname_wildcard' })
  if (text.includes(':')) return fail({ reason: 'hostname_port' })
  if (text.includes('_')) return fail({ reason: 'hostname_underscore' })
  // No name is longer in any form. The check bounds the IDNA processing below.
  if (text.length > MAX_HOSTNAME_BYTES) {
    return fail({ reason: 'hostname_too_long', bytes: text.length, limitBytes: MAX_HOSTNAME_BYTES })
  }
  const ascii = toAscii(text)
  if (ascii === undefined) return fail({ reason: 'hostname_idna' })
  return checkLabels(ascii)
}

function checkLabels(ascii: string): Result<AsciiHostname, HostnameFault> {
  if (ascii.endsWith('.')) return fail({ reason: 'hostname_trailing_dot' })
  if (ascii.length > MAX_HOSTNAME_BYTES) {
    return fail({ reason: 'hostname_too_long', bytes: ascii.length, limitBytes: MAX_HOSTNAME_BYTES })
  }
  const labels = ascii.split('.')
  if (labels.length > MAX_LABELS) return fail({ reason: 'hostname_labels', labels: labels.length, limit: MAX_LABELS })
  const bad = labels.find((label) => !LABEL.test(label))
  if (bad !== undefined) return fail({ reason: 'hostname_label', label: bad })
  if (labels.length < 2) return fail({ reason: 'hostname_single_label' })
  // URL parsers read a name whose last label is a number as an IPv4 address (WHATWG URL, "ends in a number").
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return fail({ reason: 'hostname_ip' })
  return ok(ascii)
}

/** IPv6 with or without brackets, or IPv4 with or without a port. */
function isIpLiteral(text: string): boolean {
  return (
    /^\[.*\]/.test(text) ||
    /^[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*$/i.test(text) ||
    /^\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?$/.test(text)
  )
}

/**
 * Lower case, with U-labels as A-labels by UTS 46, which the platform's URL parser implements. Undefined where it refuses them.
 * Plain ASCII without `xn--` does not go through the parser, so that checkLabels names its faults.
 */
function toAscii(text: string): string | undefined {
  if (ASCII.test(text) && !/(?:^|\.)xn--/i.test(text)) return text.toLowerCase()
  // A URL parser decodes these, drops them, or cuts the name off at them.
  if (/[\s\p{Cc}%<>^|[\]]/u.test(text)) return undefined
  try {
    // The parser lower-cases it: toLowerCase and UTS 46 disagree about a final capital sigma.
    return new URL(`https://${text}`).hostname
  } catch {
    return undefined
  }
}
