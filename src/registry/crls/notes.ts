import type { WireMessage } from '../../web/envelope.ts'
import type { StoredCrl } from './upload.ts'

const UNUSED =
  'covers nothing that is in use: its CA stands on no path of a hostname of the account; associate hostnames with a certificate of this CA or of one above it'

type CrlOddity = StoredCrl['oddities'][number]

/** Characters of a distribution point's name that a message repeats: a URI in use has some 100. */
const MAX_NAME_CHARACTERS = 200

/** What is odd about a CRL that was taken all the same, and what follows from its being one of several parts. */
export function crlNotes({
  place: { pointer, position, count },
  crl,
  oddities,
  unused,
}: StoredCrl): readonly WireMessage[] {
  const source = { pointer }
  const which = count === 1 ? 'the CRL' : `CRL ${position} of ${count}`
  const notes = oddities.map((oddity) => {
    const { code, words } = describe(oddity)
    return { code, message: `${which} ${words}; it is read all the same`, source }
  })
  if (unused) notes.push({ code: 12929, message: `${which} ${UNUSED}`, source })
  if (crl.part === null) return notes
  const [name = 'no name'] = crl.part
  const message = `${which} is for one distribution point only (${name.slice(0, MAX_NAME_CHARACTERS)}): what it lists is revoked; what it does not list is covered only where the certificate's cRLDistributionPoints name that point, or where it has none and this is all that is there of its CA`
  return [...notes, { code: 12928, message, source }]
}

/** Its code, and the words after the name of the CRL. */
function describe(oddity: CrlOddity): { readonly code: number; readonly words: string } {
  switch (oddity.oddity) {
    case 'version_1':
      return { code: 12920, words: 'is of version 1, where RFC 5280 5.1.2.1 asks for version 2' }
    case 'number_missing':
      return { code: 12921, words: 'has no cRLNumber (RFC 5280 5.2.3), so thisUpdate alone tells it from an older one' }
    case 'number_too_long':
      return {
        code: 12921,
        words: 'has a cRLNumber of more than 20 bytes (RFC 5280 5.2.3), so thisUpdate alone tells it from an older one',
      }
    case 'critical':
      return {
        code: 12922,
        words: `has a critical ${oddity.extension}, which must not be critical (RFC 5280 5.2, 5.3)`,
      }
    case 'empty':
      return {
        code: 12923,
        words: `has ${oddity.field} with nothing in it, which must be left out then (RFC 5280 5.1.2)`,
      }
    case 'generalized_time':
      return { code: 12924, words: 'has a GeneralizedTime before 2050, where UTCTime belongs (RFC 5280 5.1.2.4)' }
    case 'serial_repeated':
      return {
        code: 12925,
        words: `lists serial numbers more than once (${oddity.entries} of its entries ${oddity.entries === 1 ? 'repeats' : 'repeat'} one): the earliest date holds, and the first reason that is given`,
      }
    case 'serial_not_positive':
      return { code: 12926, words: 'lists serial numbers that are zero or negative (RFC 5280 4.1.2.2)' }
    case 'extension_repeated':
      return {
        code: 12927,
        words: `has ${oddity.extension ?? 'an extension that is not known here'} twice (RFC 5280 4.2)`,
      }
  }
}
