import { toHex } from '../../core/bytes.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { DerReader, TAG } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { CRL_EXTENSION } from '../asn1/oids.ts'
import { integerOctets } from '../asn1/values.ts'
import { MAX_SERIAL_BYTES } from '../limits.ts'
import { readCrlTime } from './crl-time.ts'
import { type CrlExtension, readCrlExtensionList } from './extensions.ts'
import type { Oddities } from './oddities.ts'
import { Unusable } from './unusable.ts'

/** An entry as positions in the octets that it was read from. */
interface ReadEntry {
  /** Octets of the whole entry. */
  readonly length: number
  readonly serialOffset: number
  readonly serialLength: number
  /** Unix seconds, UTC. */
  readonly revokedAt: UnixSeconds
  readonly reason: number
}

interface EntryValues {
  reason?: number
}

/** RFC 5280 5.3.1: removeFromCRL. */
const REMOVE_FROM_CRL = 8

/** All reasons of RFC 5280 5.3.1. */
const REASONS: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6, REMOVE_FROM_CRL, 9, 10])

/** The extensions of RFC 5280 section 5.3. reasonCode and invalidityDate are "a non-critical CRL entry extension". */
const KNOWN: ReadonlyMap<string, CrlExtension<EntryValues>> = new Map<string, CrlExtension<EntryValues>>([
  [
    CRL_EXTENSION.reasonCode,
    {
      name: 'reasonCode',
      neverCritical: true,
      read: (value, field, values) => {
        values.reason = readReason(value, field)
      },
    },
  ],
  [CRL_EXTENSION.invalidityDate, { name: 'invalidityDate', neverCritical: true }],
  [
    CRL_EXTENSION.certificateIssuer,
    {
      name: 'certificateIssuer',
      read: () => {
        throw new Unusable({ reason: 'crl_indirect' })
      },
    },
  ],
])

/**
 * Reads the entry at the start of some octets (RFC 5280 5.1.2.6, 5.3). A serial number that is zero or negative is only noted:
 * older CAs issued such certificates, and their revocation must count. Throws Malformed, naming `field`. Throws Unusable for an
 * entry of a delta or indirect CRL, or with an unknown critical extension.
 */
export function readEntry(octets: Uint8Array, field: string, oddities: Oddities): ReadEntry {
  const sequence = DerReader.over(octets).expect(TAG.sequence, field)
  const members = sequence.open(field)
  const serialField = `${field}.userCertificate`
  const serial = integerOctets(members.expect(TAG.integer, serialField), serialField)
  if (serial.length > MAX_SERIAL_BYTES) throw new Malformed(serialField, `is longer than ${MAX_SERIAL_BYTES} bytes`)
  const first = serial[0] ?? 0
  if (first >= 0x80 || (first === 0 && serial.length === 1)) oddities.add({ oddity: 'serial_not_positive' })
  const revokedAt = readCrlTime(members, `${field}.revocationDate`, oddities)
  const values: EntryValues = {}
  const place = { field: `${field}.crlEntryExtensions`, entry: true, known: KNOWN }
  if (!members.done) readCrlExtensionList(members, place, values, oddities)
  members.end(field)
  const { reason = 0 } = values
  if (reason === REMOVE_FROM_CRL) throw new Unusable({ reason: 'crl_remove_from_crl', serial: toHex(serial) })
  return {
    length: sequence.der.length,
    serialOffset: serial.byteOffset - octets.byteOffset,
    serialLength: serial.length,
    revokedAt,
    reason,
  }
}

/** CRLReason ::= ENUMERATED, one of those named in RFC 5280 5.3.1. */
function readReason(value: DerReader, field: string): number {
  const octets = integerOctets(value.expect(TAG.enumerated, field), field)
  const reason = octets[0] ?? 0
  if (octets.length > 1 || !REASONS.has(reason)) throw new Malformed(field, 'is not a CRLReason')
  return reason
}
