import { toHex } from '../../core/bytes.ts'
import type { Attribute, Name } from './name.ts'

/**
 * A string that two names share when they match by RFC 5280 7.1: the same RDNs in the same order, each the same set of
 * attributes, character strings compared without regard to their type, case and insignificant spaces.
 */
export function nameKey(name: Pick<Name, 'rdns'>): string {
  return rdnKeys(name).join('\n')
}

/** The same for each RDN by itself, in order: directoryName constraints compare leading RDNs (RFC 5280 4.2.1.10). */
export function rdnKeys(name: Pick<Name, 'rdns'>): readonly string[] {
  return name.rdns.map((rdn) =>
    // An RDN is a SET: its order means nothing. JSON keeps separators apart from content.
    // A member that stands twice in it counts once.
    JSON.stringify([...new Set(rdn.map(attributeKey))].sort()),
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

/** RFC 4518 2.2 and 2.6.1: what counts as a space; a run of them counts as one, and at the ends as none. */
const SPACES = /[\t-\r\u0085\p{Z}]+/gu
/** RFC 4518 2.2, mapped to nothing: all other controls and format characters, joiners and variation selectors. */
const IGNORED = /\p{Cc}|\p{Cf}|\u034f|[\u180b-\u180d\ufe00-\ufe0f]|\ufffc/gu
/** Nothing to map and nothing to normalize: nearly every name there is. */
const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/

/** Folds as RFC 4518 section 2 prepares caseIgnoreMatch: map, normalize (NFKC), fold case, drop insignificant spaces. */
function folded(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text.toLowerCase().replace(SPACES, ' ').trim()
  const mapped = text.replace(SPACES, ' ').replace(IGNORED, '').normalize('NFKC')
  return caseFolded(mapped).normalize('NFKC').replace(SPACES, ' ').trim()
}

/**
 * Full case folding (RFC 3454 B.2): lower case of the upper case, so that ß is ss and a final sigma a sigma. The dotless i
 * is the one letter that this would merge with another, and B.2 does not.
 */
function caseFolded(text: string): string {
  return text.toLowerCase().replace(/[^ı]+/gu, (run) => run.toUpperCase().toLowerCase())
}
