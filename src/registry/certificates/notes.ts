import { rfc3339 } from '../../core/rfc3339.ts'
import { entryOf, type Table } from '../../core/table.ts'
import type { WireMessage } from '../../web/envelope.ts'
import type { CertificateNote } from './advice.ts'

interface Note {
  readonly code: number
  /** What follows the name of the certificate. */
  readonly fact: string
  /** What it means, and what to do: the same for all certificates. */
  readonly advice?: string
}

const NOTES: Table<CertificateNote, 'note', Note> = {
  expired: ({ notAfter }) => ({ code: 12901, fact: `expired on ${rfc3339(notAfter)}` }),
  not_yet_valid: ({ notBefore }) => ({ code: 12902, fact: `is not valid before ${rfc3339(notBefore)}` }),
  unusable_key: ({ publicKey }) => ({
    code: 12903,
    fact: `has a key (${publicKey}) with a public exponent that WebCrypto does not take`,
    advice: 'nothing it signed can be verified here',
  }),
  negative_serial: ({ serialNumber }) => ({
    code: 12904,
    fact: `has a negative serial number (${serialNumber})`,
    advice:
      'it is accepted here, but RFC 5280 4.1.2.2 requires a positive one, and clients written in Go refuse it; renew it with a positive one',
  }),
  expires_soon: ({ notAfter, days }) => ({
    code: 12905,
    fact: `expires on ${rfc3339(notAfter)}, ${inDays(days)}`,
    advice: 'add its successor before that',
  }),
  sha1: ({ algorithm, isAnchor }) => ({
    code: 12906,
    fact: isAnchor
      ? `is signed with SHA-1 (${algorithm}), which is not checked on an anchor`
      : `is signed with SHA-1 (${algorithm}), so no path over it to a certificate above is valid`,
    advice: 'have it issued again with SHA-256',
  }),
  no_key_usage: {
    code: 12907,
    fact: 'has no keyUsage',
    advice:
      'it is accepted here, but RFC 5280 4.2.1.3 requires keyUsage with keyCertSign in a CA, and other software may ask for it',
  },
  no_path_length: {
    code: 12908,
    fact: 'has no pathLenConstraint',
    advice:
      'clients of any CA that it certifies, or that such a CA certifies, are let in too; a CA that issues to clients only should have 0 (RFC 5280 4.2.1.9)',
  },
  no_client_auth: ({ present }) => ({
    code: 12909,
    fact: `has extKeyUsage without clientAuth (${present.join(', ')})`,
    advice: 'no client whose path goes over it is let in; have it issued again with clientAuth, or without extKeyUsage',
  }),
  out_of_order: ({ issuer }) => ({
    code: 12910,
    fact: `stands after its issuer, certificate ${issuer}`,
    advice:
      "paths are found all the same, but the record's fingerprint and expires_on are those of the first certificate: send the CA that issues to clients first, then each issuer",
  }),
  no_root: {
    code: 12911,
    fact: 'is where paths end, although another CA issued it',
    advice: 'it is trusted by itself, also after its issuer has revoked it; add the root if you trust that',
  },
  same_key: ({ records, others }) => ({
    code: 12912,
    fact: `has the same key as ${recordsNamed(records, others)}`,
    advice: 'clients of that key are let in by each of them at its hostnames: to end that, delete them all',
  }),
  public_root: {
    code: 12913,
    fact: 'has the key of a public web root',
    advice: 'it issues to many who are not your clients, and each of them may be let in; add a CA of your own instead',
  },
  expires_first: ({ notAfter, firstNotAfter }) => ({
    code: 12942,
    fact: `expires on ${rfc3339(notAfter)}, before certificate 1 (${rfc3339(firstNotAfter)}), whose date is the record's expires_on`,
    advice: 'from then on, clients whose path needs it are refused; renew it in time',
  }),
  expires_later: ({ notAfter, firstNotAfter }) => ({
    code: 12945,
    fact: `expires on ${rfc3339(notAfter)}, after certificate 1 (${rfc3339(firstNotAfter)}), whose date is the record's expires_on`,
    advice: 'its clients are let in when the record looks expired: to see its date, add it as a record of its own',
  }),
}

function inDays(days: number): string {
  if (days === 0) return 'in less than a day'
  return days === 1 ? 'in 1 day' : `in ${days} days`
}

/** `record 63b92c05-…`, `records …, … and 3 more`. @param others how many are not named */
function recordsNamed(records: readonly string[], others: number): string {
  if (records.length === 0)
    return others === 1 ? 'another record of the account' : `${others} other records of the account`
  const named = `record${records.length === 1 ? '' : 's'} ${records.join(', ')}`
  return others === 0 ? named : `${named} and ${others} more of the account`
}

/** Notes as messages, one for each kind. The real service sends none (docs/differences.md). */
export function describeNotes(notes: readonly CertificateNote[]): readonly WireMessage[] {
  return [...Map.groupBy(notes, ({ note }) => note).values()].flatMap((alike) => {
    const entries = alike.map((note) => entryOf<CertificateNote, 'note', Note>(NOTES, 'note', note))
    const [first] = entries
    if (first === undefined) return []
    const facts = entries.map(({ fact }, i) => `certificate ${alike[i]?.position} ${fact}`).join(', ')
    const message = first.advice === undefined ? facts : `${facts}: ${first.advice}`
    return [{ code: first.code, message, source: { pointer: '/certificate' } }]
  })
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
