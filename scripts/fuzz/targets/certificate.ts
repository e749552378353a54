import { toBase64 } from '../../../src/core/bytes.ts'
import { encodePem } from '../../../src/x509/index.ts'
import { fromBase64 } from '../base64.ts'
import { opensslProblem } from '../openssl-reader.ts'
import { sourceOf } from '../source.ts'
import { labTarget } from '../target.ts'

/** The reader of certificates. What it reads, OpenSSL and pkijs must read too, and understand alike. */
export const certificate = labTarget<string>({
  name: 'certificate',
  batch: 100,
  weight: 3,
  maker: (setup) => {
    const source = sourceOf(setup)
    return (random) => toBase64(source(random))
  },
  problem: opensslProblem,
  show: (base64) => encodePem(fromBase64(base64)),
})
