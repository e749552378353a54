import { entryOf, type Table } from '../../core/table.ts'
import type { WireMessage } from '../../web/envelope.ts'
import type { StoredCrl } from './upload.ts'

const UNUSED =
  'covers nothing in use: its CA is on no path of a hostname of the account; associate hostnames with a certificate of this CA or of a CA above it'

type CrlOddity = StoredCrl['oddities'][number]

/** How many characters of a distribution point's name a message repeats: a URI in use has some 100. */
const MAX_NAME_CHARACTERS = 200

/** The messages about a stored CRL: what is odd, whether it covers nothing, and whether it is one part of several. */
export function crlNotes({
  place: { pointer, position, count },
  crl,
  oddities,
  unused,
}: StoredCrl): readonly WireMessage[] {
  const source = { pointer }
  const which = count === 1 ? 'the CRL' : `CRL ${position} of ${count}`
  const notes = oddities.map((oddity) => {
    const { code, words } = entryOf<CrlOddity, 'oddity', Note>(ODDITIES, 'oddity', oddity)
    return { code, message: `${which} ${words}; it is read all the same`, source }
  })
  if (unused) notes.push({ code: 12929, message: `${which} ${UNUSED}`, source })
  if (crl.part === null) return notes
  const [name = 'no name'] = crl.part
  const message = `${which} is for one distribution point only (${name.slice(0, MAX_NAME_CHARACTERS)}): what it lists is revoked; a certificate that it does not list is covered only if its cRLDistributionPoints name that point, or if it has none and this is the only CRL of its CA; upload all parts`
  return [...notes, { code: 12928, message, source }]
}

interface Note {
  readonly code: number
  /** What follows the name of the CRL. */
  readonly words: string
}

const ODDITIES: Table<CrlOddity, 'oddity', Note> = {
  version_1: { code: 12920, words: 'is of version 1; RFC 5280 5.1.2.1 requires version 2' },
  number_missing: {
    code: 12921,
    words: 'has no cRLNumber (RFC 5280 5.2.3), so thisUpdate alone tells it from an older one',
  },
  number_too_long: {
    code: 12921,
    words: 'has a cRLNumber of more than 20 bytes (RFC 5280 5.2.3), so thisUpdate alone tells it from an older one',
  },
  critical: ({ extension }) => ({
    code: 12922,
    words: `has a critical ${extension}, which must not be critical (RFC 5280 5.2, 5.3)`,
  }),
  empty: ({ field }) => ({
    code: 12923,
    words: `has an empty ${field}, which must be absent instead (RFC 5280 5.1.2)`,
  }),
  generalized_time: {
    code: 12924,
    words: 'has a GeneralizedTime before 2050 in place of a UTCTime (RFC 5280 5.1.2.4)',
  },
  serial_repeated: ({ entries }) => ({
    code: 12925,
    words: `lists serial numbers more than once (${entries} of its entries ${entries === 1 ? 'repeats' : 'repeat'} one): the earliest date holds, and the first reason that is given`,
  }),
  serial_not_positive: { code: 12926, words: 'lists serial numbers that are zero or negative (RFC 5280 4.1.2.2)' },
  extension_repeated: ({ extension }) => ({
    code: 12927,
    words: `has ${extension ?? 'an extension that is not known here'} twice (RFC 5280 4.2)`,
  }),
}
