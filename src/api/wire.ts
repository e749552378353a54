import type { CertificateRecord, RevocationPolicy } from '../core/model.ts'
import { rfc3339 } from '../core/rfc3339.ts'
import { snakeCase } from '../core/snake-case.ts'
import type { BlockedSerial } from '../registry/blocked-serials/rules.ts'
import type { CertificateNote } from '../registry/certificates/add.ts'
import type { ShownCrl } from '../registry/crls/rules.ts'
import type { ShownMode } from '../registry/modes/rules.ts'
import type { ShownSetting } from '../registry/settings/rules.ts'
import type { Decision } from '../registry/verify/rules.ts'
import type { WireMessage } from '../web/envelope.ts'

/** The seven keys of a certificate, in the order of the API reference (contract 2). The PEM is never among them. */
export function wireCertificate(record: CertificateRecord): object {
  return {
    id: record.id,
    name: record.name,
    fingerprint: `MD5 Fingerprint=${record.fingerprintMd5.toUpperCase().replace(/..(?!$)/g, '$&:')}`,
    associated_hostnames: record.hostnames,
    created_at: rfc3339(record.createdAt),
    updated_at: rfc3339(record.updatedAt),
    expires_on: rfc3339(record.expiresOn),
  }
}

/** A setting of a hostname (contract 3, Settings). */
export function wireSetting({ text, chinaNetwork, clientCertificateForwarding }: ShownSetting): object {
  return {
    hostname: text,
    china_network: chinaNetwork,
    client_certificate_forwarding: clientCertificateForwarding,
  }
}

/** A current CRL. `number` is hexadecimal, null where it has none; `part` null where it is no part of several. */
export function wireCrl(crl: ShownCrl): object {
  return {
    issuer: crl.issuer,
    ca_fingerprint_sha256: crl.caFingerprintSha256,
    number: crl.number,
    this_update: rfc3339(crl.thisUpdate),
    next_update: rfc3339(crl.nextUpdate),
    entries: crl.entries,
    covers: crl.covers,
    part: crl.part,
    stale: crl.stale,
    uploaded_at: rfc3339(crl.uploadedAt),
  }
}

/** A serial number that is refused, in the form in which it is compared. */
export function wireBlockedSerial({ serial, blockedAt }: BlockedSerial): object {
  return { serial, blocked_at: rfc3339(blockedAt) }
}

/** The mode of a hostname. */
export function wireMode({ hostname, mode, until }: ShownMode): object {
  return { hostname, mode, ...(until !== undefined && { until: rfc3339(until) }) }
}

/** What becomes of clients whose revocation is not known for certain. */
export function wirePolicy({ stale, uncovered }: RevocationPolicy): object {
  return { stale_policy: stale, uncovered }
}

/** A serial number of decimal digits that was read as hexadecimal, as it came: digits only. */
export function wirePerhapsDecimal(digits: string): WireMessage {
  return {
    code: 12940,
    message: `${digits} was read as hexadecimal, and is not the serial number of a certificate known here: if it is decimal, unblock it, and block dec:${digits}; if not, write 0x${digits}`,
  }
}

/** A decision: the verdict's own keys in snake_case, as all of the API has them. */
export function wireDecision({ hostname, at, verdict }: Decision): object {
  return { hostname, at: rfc3339(at), ...Object(snakeCase(verdict)) }
}

/** Codes of our own: the real service sends no messages here (docs/differences.md). */
export function wireNote(note: CertificateNote): WireMessage {
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
export function wireEmptied(hostnames: readonly string[]): WireMessage {
  const listed = JSON.stringify(hostnames.slice(0, MAX_LISTED_HOSTNAMES))
  const more = hostnames.length - MAX_LISTED_HOSTNAMES
  return {
    code: 12941,
    message: `this certificate is associated with no hostname any more, so its CAs let nobody in: a PUT without associated_hostnames takes all away. To put them back, PUT {"associated_hostnames": ${listed}}${more > 0 ? ` and ${more} more` : ''}`,
    source: { pointer: '/associated_hostnames' },
  }
}

/** A field that nobody reads, of the object at a pointer, with the known one that is nearest to it, and all known ones. */
export function wireIgnored(
  pointer: string,
  name: string,
  nearest: string | undefined,
  known: readonly string[],
): WireMessage {
  const advice = nearest === undefined ? '' : ` did you mean ${nearest}?`
  const fields = [known.slice(0, -1).join(', '), known.at(-1)].filter((part) => part).join(' and ')
  return {
    code: 12943,
    message: `${name} is not a field of this request and was ignored;${advice} its fields are ${fields}`,
    source: { pointer: `${pointer}/${name}` },
  }
}
