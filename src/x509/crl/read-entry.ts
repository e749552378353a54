import { DerReader, TAG } from '../der.ts'
import { type KnownExtension, readExtensionList } from '../extension-list.ts'
import { readGeneralNames } from '../general-name.ts'
import { MAX_SERIAL_BYTES } from '../limits.ts'
import { Malformed } from '../malformed.ts'
import { CRL_EXTENSION } from '../oids.ts'
import { integerOctets, toHex } from '../values.ts'
import { readCrlTime, readGeneralizedTime } from './crl-time.ts'
import { Unusable } from './unusable.ts'

/** An entry, by positions in what it was read from. All in octets. */
interface ReadEntry {
  /** Of the whole entry. */
  readonly length: number
  readonly serialOffset: number
  readonly serialLength: number
  /** Unix seconds, UTC. */
  readonly revokedAt: number
  readonly reason: number
}

interface EntryValues {
  reason?: number
  indirect?: true
}

/** RFC 5280 5.3.1: removeFromCRL. */
const REMOVE_FROM_CRL = 8

/** RFC 5280 5.3.1: the reasons there are. */
const REASONS: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6, REMOVE_FROM_CRL, 9, 10])

/** The extensions of RFC 5280 section 5.3. */
const KNOWN: ReadonlyMap<string, KnownExtension<EntryValues>> = new Map<string, KnownExtension<EntryValues>>([
  [
    CRL_EXTENSION.reasonCode,
    {
      name: 'reasonCode',
      read: (value, field, values) => {
        values.reason = readReason(value, field)
      },
    },
  ],
  [CRL_EXTENSION.invalidityDate, { name: 'invalidityDate', read: readGeneralizedTime }],
  [
    CRL_EXTENSION.certificateIssuer,
    {
      name: 'certificateIssuer',
      read: (value, field, values) => {
        readGeneralNames(value.sequence(field), field)
        values.indirect = true
      },
    },
  ],
])

/**
 * Reads the entry at the start of some octets (RFC 5280 5.1.2.6, 5.3), strictly. Throws Malformed, naming `field`, and
 * Unusable for one of a delta or an indirect CRL, or with an unknown critical extension.
 */
export function readEntry(octets: Uint8Array, field: string): ReadEntry {
  const sequence = DerReader.over(octets).expect(TAG.sequence, field)
  const members = sequence.open(field)
  const serialField = `${field}.userCertificate`
  const serial = integerOctets(members.expect(TAG.integer, serialField), serialField)
  if ((serial[0] ?? 0) >= 0x80) throw new Malformed(serialField, 'is negative')
  if (serial.length > MAX_SERIAL_BYTES) throw new Malformed(serialField, `is longer than ${MAX_SERIAL_BYTES} bytes`)
  const revokedAt = readCrlTime(members, `${field}.revocationDate`)
  const values: EntryValues = {}
  if (!members.done) readExtensions(members, `${field}.crlEntryExtensions`, values)
  members.end(field)
  const { reason = 0 } = values
  if (values.indirect) throw new Unusable({ reason: 'crl_indirect' })
  if (reason === REMOVE_FROM_CRL) throw new Unusable({ reason: 'crl_remove_from_crl', serial: toHex(serial) })
  return {
    length: sequence.der.length,
    serialOffset: serial.byteOffset - octets.byteOffset,
    serialLength: serial.length,
    revokedAt,
    reason,
  }
}

function readExtensions(members: DerReader, field: string, values: EntryValues): void {
  const unknown = readExtensionList(members, field, KNOWN, values).find(
    ({ oid, critical }) => critical && !KNOWN.has(oid),
  )
  if (unknown !== undefined) {
    throw new Unusable({ reason: 'crl_unknown_critical_extension', oid: unknown.oid, entry: true })
  }
}

/** CRLReason ::= ENUMERATED, one of those named in RFC 5280 5.3.1. */
function readReason(value: DerReader, field: string): number {
  const octets = integerOctets(value.expect(TAG.enumerated, field), field)
  const reason = octets[0] ?? 0
  if (octets.length > 1 || !REASONS.has(reason)) throw new Malformed(field, 'is no CRLReason')
  return reason
}
