import { toHex } from '../../src/core/bytes.ts'
import { rfc3339 } from '../../src/core/rfc3339.ts'
import { manyEntries, manySerial, signedCrl } from '../../src/testing/crl.ts'
import { type Bytes, time } from '../../src/testing/der.ts'
import { crlNumber, name } from '../../src/testing/extensions.ts'
import { testCa } from '../../src/testing/index.ts'
import { keysFromPem } from '../../src/testing/key-types.ts'
import type { Keys } from '../../src/testing/keys.ts'

/** CRLs for the bench, of any size, really signed. */

/** A CA that signs nothing but CRLs. */
export interface CrlIssuer {
  /** PEM. */
  readonly certificate: string
  readonly cn: string
  readonly keys: Keys
}

export interface MadeCrl {
  readonly der: Bytes
  /** One that it lists, lower-case hexadecimal. */
  readonly listed: string
}

export async function newCrlIssuer(cn: string): Promise<CrlIssuer> {
  const { certificate, key } = await testCa({ subject: cn })
  return { certificate, cn, keys: await keysFromPem(key) }
}

/** A CRL of so many entries (RFC 5280 5.1), each without extensions and with 16 octets of serial number. Unix seconds, UTC. */
export async function makeCrl({ cn, keys }: CrlIssuer, number: number, entries: number, now: number): Promise<MadeCrl> {
  const fields = {
    algorithm: keys.signing.identifier,
    issuer: name(cn),
    thisUpdate: time(rfc3339(now - 3_600)),
    nextUpdate: time(rfc3339(now + 86_400)),
    revoked: manyEntries(entries, { revokedAt: time('2026-01-01T00:00:00Z') }),
    extensions: [crlNumber(number)],
  }
  return { der: await signedCrl(fields, keys), listed: toHex(manySerial(0)) }
}
