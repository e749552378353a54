import { rfc3339 } from '../../core/rfc3339.ts'
import { entryOf, type Table } from '../../core/table.ts'
import type { WireMessage } from '../../web/envelope.ts'
import type { CertificateNote } from './add.ts'

interface Note {
  readonly code: number
  /** What follows the name of the certificate. */
  readonly words: string
}

const NOTES: Table<CertificateNote, 'note', Note> = {
  expired: ({ notAfter }) => ({ code: 12901, words: `expired on ${rfc3339(notAfter)}` }),
  not_yet_valid: ({ notBefore }) => ({ code: 12902, words: `is not valid before ${rfc3339(notBefore)}` }),
  unusable_key: ({ publicKey }) => ({
    code: 12903,
    words: `has a key (${publicKey}) with a public exponent that WebCrypto does not take: nothing it signed can be verified here`,
  }),
  negative_serial: ({ serialNumber }) => ({
    code: 12904,
    words: `has a negative serial number (${serialNumber}): it is accepted here, but RFC 5280 4.1.2.2 requires a positive one, and clients written in Go refuse it; renew it with a positive one`,
  }),
  expires_first: ({ notAfter, firstNotAfter }) => ({
    code: 12942,
    words: `expires on ${rfc3339(notAfter)}, before certificate 1 (${rfc3339(firstNotAfter)}), whose date is the record's expires_on: from then on, clients whose path needs it are refused; renew it in time`,
  }),
}

/** A note as a message. The real service sends none (docs/differences.md). */
export function describeNote(note: CertificateNote): WireMessage {
  const { code, words } = entryOf<CertificateNote, 'note', Note>(NOTES, 'note', note)
  return { code, message: `certificate ${note.position} ${words}`, source: { pointer: '/certificate' } }
}

/** How many hostnames a message lists, so that a client can put them back. */
const MAX_LISTED_HOSTNAMES = 100

/** Says that a PUT removed the last hostnames, as one without `associated_hostnames` does (contract 3). */
export function emptiedNote(hostnames: readonly string[]): WireMessage {
  const listed = JSON.stringify(hostnames.slice(0, MAX_LISTED_HOSTNAMES))
  const more = hostnames.length - MAX_LISTED_HOSTNAMES
  return {
    code: 12941,
    message: `this certificate is associated with no hostname any more, so its CAs let nobody in: a PUT without associated_hostnames removes them all. To put them back, PUT {"associated_hostnames": ${listed}}${more > 0 ? ` and ${more} more` : ''}`,
    source: { pointer: '/associated_hostnames' },
  }
}
