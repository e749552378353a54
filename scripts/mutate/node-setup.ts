import { createHash } from 'node:crypto'
import { scheduler } from 'node:timers/promises'
import { fromBase64, toBase64 } from '../../src/core/bytes.ts'

// What workerd has and Node 22 lacks, as far as src/x509 and src/edge ask for it: strict base64, MD5 and timers.

if (!('fromBase64' in Uint8Array)) {
  Object.assign(Uint8Array, {
    fromBase64(text: string): Uint8Array {
      const octets = fromBase64(text)
      if (toBase64(octets) !== text) throw new SyntaxError('not canonical base64')
      return octets
    },
  })
}

if (!('toBase64' in Uint8Array.prototype)) {
  Object.assign(Uint8Array.prototype, {
    toBase64(this: Uint8Array): string {
      return toBase64(this)
    },
  })
}

Object.assign(globalThis, { scheduler })

const { subtle } = crypto
const digest = subtle.digest.bind(subtle)
subtle.digest = async (algorithm, octets) => {
  if (algorithm !== 'MD5' || !(octets instanceof Uint8Array)) return digest(algorithm, octets)
  return Uint8Array.from(createHash('md5').update(octets).digest()).buffer
}
