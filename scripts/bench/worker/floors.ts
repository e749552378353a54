import type { BareSignature, ClientChain, KeyKind } from '../job.ts'
import type { Once } from '../rounds.ts'

/** The work that any implementation must do for a chain: its keys are imported, its signatures verified. */
export function bareSignatures(signatures: readonly BareSignature[]): Once {
  const given = signatures.map(decoded)
  return async () => {
    for (const { algorithm, spki, signature, data } of given) {
      const key = await crypto.subtle.importKey('spki', spki, algorithm, false, ['verify'])
      if (!(await crypto.subtle.verify(algorithm, key, signature, data))) throw new Error('a sound signature is wrong')
    }
  }
}

/** As many keys imported and signatures verified as are for a hostile chain: each CA's key once. */
export function repeatedSignature({ signatures, intermediates }: ClientChain, checks: number): Once {
  const [first] = signatures.map(decoded)
  if (first === undefined) throw new Error('a hostile chain has a signature')
  const { algorithm, spki, signature, data } = first
  const importKey = () => crypto.subtle.importKey('spki', spki, algorithm, false, ['verify'])
  return async () => {
    let key = await importKey()
    for (let i = 0; i < checks; i += 1) {
      if (i > 0 && i < intermediates.length) key = await importKey()
      if (!(await crypto.subtle.verify(algorithm, key, signature, data))) throw new Error('a sound signature is wrong')
    }
  }
}

/** What must be done for a leaf that is known: it is decoded, and hashed to be looked up. */
export function leafAlone({ leaf }: ClientChain): Once {
  return async () => {
    const digest = await crypto.subtle.digest('SHA-256', Uint8Array.fromBase64(leaf))
    if (digest.byteLength !== 32) throw new Error('SHA-256 has 32 bytes')
  }
}

const ALGORITHMS: Readonly<Record<KeyKind, { name: string; namedCurve?: string; hash: string }>> = {
  'RSA-2048': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'P-521': { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
}

function decoded({ kind, spki, signature, data }: BareSignature) {
  return {
    algorithm: ALGORITHMS[kind],
    spki: Uint8Array.fromBase64(spki),
    signature: Uint8Array.fromBase64(signature),
    data: Uint8Array.fromBase64(data),
  }
}
