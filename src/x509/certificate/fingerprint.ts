import { toHex } from '../../core/bytes.ts'
import type { Hex } from '../../core/units.ts'

/** Lower-case hexadecimal digests of a certificate's DER. */
export interface Fingerprints {
  readonly md5: Hex
  readonly sha256: Hex
}

/** MD5 is only shown, as on Cloudflare's wire (contract 2). Certificates are told apart by SHA-256. */
export async function fingerprints(der: Uint8Array): Promise<Fingerprints> {
  const [md5, sha256] = await Promise.all([digest('MD5', der), digest('SHA-256', der)])
  return { md5, sha256 }
}

export function sha256(octets: Uint8Array): Promise<Hex> {
  return digest('SHA-256', octets)
}

async function digest(algorithm: 'MD5' | 'SHA-256', octets: Uint8Array): Promise<Hex> {
  return toHex(new Uint8Array(await crypto.subtle.digest(algorithm, octets)))
}
