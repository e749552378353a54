import { createHash } from 'node:crypto'
import { rfc3339 } from '../../src/core/rfc3339.ts'
import { manyEntries, signedCrl } from '../../src/testing/crl.ts'
import { time } from '../../src/testing/der.ts'
import { crlNumber, name } from '../../src/testing/extensions.ts'
import { testCa } from '../../src/testing/index.ts'
import { keysFromPem } from '../../src/testing/key-types.ts'
import type { Keys } from '../../src/testing/keys.ts'

/** A chain of CAs for a record, the one that signs its CRLs first. */
export interface Chain {
  readonly pem: string
  /** SHA-256 of the DER of each. */
  readonly sha256: readonly string[]
  readonly cn: string
  readonly keys: Keys
}

/** Octets of the serial numbers of large CRLs: as large as they are, fewer entries fill a batch. */
export const LONG_SERIAL = 36

/** A chain of so many CAs that no other has. @param cn of the first */
export async function newChain(cn: string, length: number): Promise<Chain> {
  const cas = [await testCa({ subject: length === 1 ? cn : `${cn} ${length}` })]
  for (let left = length - 1; left > 0; left -= 1) {
    const above = cas[0]
    if (above !== undefined) cas.unshift(await above.issue({ ca: true, subject: left === 1 ? cn : `${cn} ${left}` }))
  }
  const sha256 = cas.map(({ certificate }) =>
    sha256Of(Buffer.from(certificate.replace(/-----.*?-----/g, ''), 'base64')),
  )
  return {
    pem: cas.map(({ certificate }) => certificate).join(''),
    sha256,
    cn,
    keys: await keysFromPem(cas[0]?.key ?? ''),
  }
}

/** A CRL of a chain's first CA. @param now Unix seconds, UTC */
export async function newCrl({ cn, keys }: Chain, number: number, entries: number, now: number) {
  return await signedCrl(
    {
      algorithm: keys.signing.identifier,
      issuer: name(cn),
      thisUpdate: time(rfc3339(now - 3_600)),
      nextUpdate: time(rfc3339(now + 30 * 86_400)),
      revoked: manyEntries(entries, { revokedAt: time('2026-01-01T00:00:00Z'), serialBytes: LONG_SERIAL }),
      extensions: [crlNumber(number)],
    },
    keys,
  )
}

export function sha256Of(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex')
}
