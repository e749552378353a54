import { rfc3339 } from '../../core/rfc3339.ts'
import type { WireMessage } from '../../web/envelope.ts'
import type { CertificateNote } from './add.ts'

/** Codes of our own: the real service sends no messages here (docs/differences.md). */
export function describeNote(note: CertificateNote): WireMessage {
  const source = { pointer: '/certificate' }
  const which = `certificate ${note.position}`
  switch (note.note) {
    case 'expired':
      return { code: 12901, message: `${which} expired on ${rfc3339(note.notAfter)}`, source }
    case 'not_yet_valid':
      return { code: 12902, message: `${which} is not valid before ${rfc3339(note.notBefore)}`, source }
    case 'unusable_key':
      return {
        code: 12903,
        message: `${which} has a key (${note.publicKey}) with a public exponent that WebCrypto does not take: nothing it signed can be verified here`,
        source,
      }
    case 'negative_serial':
      return {
        code: 12904,
        message: `${which} has a negative serial number (${note.serialNumber}): it is taken here, but RFC 5280 4.1.2.2 wants a positive one, and clients written in Go refuse it; renew it with a positive one`,
        source,
      }
    case 'expires_first':
      return {
        code: 12942,
        message: `${which} expires on ${rfc3339(note.notAfter)}, before certificate 1 (${rfc3339(note.firstNotAfter)}), whose date is the record's expires_on: from then on, clients whose path needs it are refused`,
        source,
      }
  }
}

/** Hostnames that a message lists, so that they can be put back. */
const MAX_LISTED_HOSTNAMES = 100

/** A PUT that took the last hostnames away, as one without `associated_hostnames` does (contract 3). */
export function emptiedNote(hostnames: readonly string[]): WireMessage {
  const listed = JSON.stringify(hostnames.slice(0, MAX_LISTED_HOSTNAMES))
  const more = hostnames.length - MAX_LISTED_HOSTNAMES
  return {
    code: 12941,
    message: `this certificate is associated with no hostname any more, so its CAs let nobody in: a PUT without associated_hostnames takes all away. To put them back, PUT {"associated_hostnames": ${listed}}${more > 0 ? ` and ${more} more` : ''}`,
    source: { pointer: '/associated_hostnames' },
  }
}
