import type { Attribute, Name } from '../name.ts'
import { toHex } from '../values.ts'

/**
 * A string that two names share when they match by RFC 5280 7.1: the same RDNs in the same order, each the same set of
 * attributes, character strings compared without regard to their type, case and insignificant spaces.
 */
export function nameKey(name: Name): string {
  return rdnKeys(name).join('\n')
}

/** The same for each RDN by itself, in order: directoryName constraints compare leading RDNs (RFC 5280 4.2.1.10). */
export function rdnKeys(name: Name): readonly string[] {
  return name.rdns.map((rdn) =>
    // An RDN is a SET: its order means nothing. JSON keeps separators apart from content.
    JSON.stringify(rdn.map(attributeKey).sort()),
  )
}

/**
 * Any character string compares as text: 7.1 asks for it between UTF8String and PrintableString, and for IA5String in
 * domainComponent. OpenSSL does so for all of them, TeletexString included; else an excluded name would pass by being
 * written in another type. Values that are no text compare by their octets.
 */
function attributeKey({ type, text, der }: Attribute): string {
  return text === null ? `${type}#${toHex(der)}` : `${type}=${folded(text)}`
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the octets of ASCII are meant
const ASCII = /^[\u0000-\u007f]*$/
/** RFC 4518 2.2, mapped to nothing: hyphenation points, joiners and variation selectors. */
const IGNORED =
  /\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200b-\u200f]|[\u202a-\u202e]|[\u2060-\u2063]|[\ufe00-\ufe0f]|\ufeff|\ufffc/gu
/** RFC 4518 2.2 and 2.6.1: what counts as a space; a run of them counts as one, and at the ends as none. */
const SPACES = /[\t-\r\u0085\p{Z}]+/gu

/** Folds as RFC 4518 section 2 prepares caseIgnoreMatch: map, normalize (NFKC), fold case, drop insignificant spaces. */
function folded(text: string): string {
  const mapped = ASCII.test(text) ? text : text.replace(IGNORED, '').normalize('NFKC')
  return mapped.toLowerCase().replace(SPACES, ' ').trim()
}
