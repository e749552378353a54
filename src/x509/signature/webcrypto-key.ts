import type { PublicKey } from '../certificate/public-key.ts'

/**
 * Whether WebCrypto takes a key whose kind caFaults accepts. For EC this checks that the point is on its curve (SEC 1 3.2.2.1).
 * For RSA, workerd takes the public exponents 3, 17, 37 and 65537 only, so a sound key may be unusable.
 */
export async function isUsableKey(key: PublicKey): Promise<boolean> {
  const algorithm =
    key.kind.type === 'EC'
      ? { name: 'ECDSA', namedCurve: key.kind.curve }
      : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  try {
    await crypto.subtle.importKey('spki', key.der, algorithm, false, ['verify'])
    return true
  } catch {
    return false
  }
}
