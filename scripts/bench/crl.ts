import { generateKeyPairSync, type KeyObject, randomFillSync, sign } from 'node:crypto'
import { int, seq, time } from '../../test/support/der.ts'
import { basicConstraints, certificate, ECDSA_SHA256, extension, keyUsage, name } from '../../test/support/pki.ts'

/** CRLs for the bench, of any size, really signed. */

/** A CA that signs nothing but CRLs. */
export interface CrlIssuer {
  /** DER, base64. */
  readonly certificate: string
  readonly cn: string
  readonly privateKey: KeyObject
}

export interface MadeCrl {
  readonly der: Buffer
  /** One that it lists, lower-case hexadecimal. */
  readonly listed: string
}

export function newCrlIssuer(cn: string): CrlIssuer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = certificate({
    subject: name(cn),
    spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
    extensions: [basicConstraints(true), keyUsage(0x06, 1)],
  })
  return { certificate: Buffer.from(der).toString('base64'), cn, privateKey }
}

/** An entry without extensions: a serial number of 16 bytes, and when it was revoked. */
const SERIAL_BYTES = 16
const REVOKED_AT = Buffer.from(time('2026-01-01T00:00:00Z'))
const ENTRY_BYTES = 2 + 2 + SERIAL_BYTES + REVOKED_AT.length

/** A CRL of so many entries (RFC 5280 5.1). Unix seconds, UTC. */
export function makeCrl({ cn, privateKey }: CrlIssuer, number: number, entries: number, now: number): MadeCrl {
  const { list, listed } = revokedCertificates(entries)
  const tbs = tlv(
    0x30,
    int(1),
    ECDSA_SHA256,
    name(cn),
    time(iso(now - 3_600)),
    time(iso(now + 86_400)),
    list,
    tlv(0xa0, seq(extension('2.5.29.20', int(number)))),
  )
  const signature = sign('sha256', tbs, privateKey)
  return { der: tlv(0x30, tbs, ECDSA_SHA256, tlv(0x03, Buffer.of(0), signature)), listed }
}

function revokedCertificates(count: number): { readonly list: Buffer; readonly listed: string } {
  const entries = randomFillSync(Buffer.alloc(count * ENTRY_BYTES))
  for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
    entries.writeUInt16BE(0x3000 | (ENTRY_BYTES - 2), at)
    entries.writeUInt16BE(0x0200 | SERIAL_BYTES, at + 2)
    // Positive, and no zero in front.
    entries[at + 4] = 0x40 | ((entries[at + 4] ?? 0) & 0x3f)
    REVOKED_AT.copy(entries, at + 4 + SERIAL_BYTES)
  }
  return { list: tlv(0x30, entries), listed: entries.subarray(4, 4 + SERIAL_BYTES).toString('hex') }
}

/** For content of any length; the one for tests is made for certificates. */
function tlv(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, { length }) => sum + length, 0)
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(length)
  const significant = octets.subarray(octets.findIndex((octet) => octet !== 0))
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | significant.length, ...significant]
  return Buffer.concat([Buffer.from(head), ...content])
}

function iso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
}
