import { toHex } from '../../core/bytes.ts'
import type { Attribute, Name } from './name.ts'

/**
 * A string that is equal for names that match by RFC 5280 7.1: the same RDNs in the same order, each the same set of attributes.
 * The type, case and insignificant spaces of character strings do not matter.
 */
export function nameKey(name: Pick<Name, 'rdns'>): string {
  return rdnKeys(name).join('\n')
}

/** Such a string for each RDN, in order. directoryName constraints compare leading RDNs (RFC 5280 4.2.1.10). */
export function rdnKeys(name: Pick<Name, 'rdns'>): readonly string[] {
  return name.rdns.map((rdn) =>
    // An RDN is a SET, so its order means nothing, and a member that is there twice counts once. JSON keeps separators apart
    // from content.
    JSON.stringify([...new Set(rdn.map(attributeKey))].sort()),
  )
}

/**
 * Character strings of all types compare as text. 7.1 requires that between UTF8String and PrintableString, and for IA5String in
 * domainComponent. OpenSSL does so for all types, TeletexString included: otherwise an excluded name passes when it is written in
 * another type. Other values compare by their octets.
 */
function attributeKey({ type, text, der }: Attribute): string {
  return text === null ? `${type}#${toHex(der)}` : `${type}=${folded(text)}`
}

/** RFC 4518 2.2 and 2.6.1: a run of these counts as one space, and at the ends as none. */
const SPACES = /[\t-\r\u0085\p{Z}]+/gu
/** RFC 4518 2.2 maps these to nothing: all other controls and format characters, joiners and variation selectors. */
const IGNORED = /\p{Cc}|\p{Cf}|\u034f|[\u180b-\u180d\ufe00-\ufe0f]|\ufffc/gu
/** Text with nothing to map and nothing to normalize, as nearly every name is. */
const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/

/** Folds as RFC 4518 section 2 prepares caseIgnoreMatch: map, normalize (NFKC), fold case, drop insignificant spaces. */
function folded(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text.toLowerCase().replace(SPACES, ' ').trim()
  const mapped = text.replace(SPACES, ' ').replace(IGNORED, '').normalize('NFKC')
  return caseFolded(mapped).normalize('NFKC').replace(SPACES, ' ').trim()
}

/**
 * Full case folding (RFC 3454 B.2): the lower case of the upper case, so that ß becomes ss, and a final sigma a sigma. The
 * dotless i is left out: it is the one letter that this would merge with another while B.2 does not.
 */
function caseFolded(text: string): string {
  return text.toLowerCase().replace(/[^ı]+/gu, (run) => run.toUpperCase().toLowerCase())
}
