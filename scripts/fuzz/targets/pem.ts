import { toBase64 } from '../../../src/core/bytes.ts'
import { ascii } from '../../../src/testing/der.ts'
import { encodePem } from '../../../src/x509/index.ts'
import { MAX_CERTIFICATES_PER_UPLOAD } from '../../../src/x509/limits.ts'
import { opensslProblem } from '../openssl-reader.ts'
import type { Random } from '../random.ts'
import { sourceOf } from '../source.ts'
import { labTarget } from '../target.ts'
import { mutatedText } from '../text-edits.ts'

const TOKENS = [
  '-----BEGIN CERTIFICATE-----',
  '-----END CERTIFICATE-----',
  '-----BEGIN X509 CRL-----',
  '-----BEGIN PRIVATE KEY-----',
  '-----',
  '-----BEGIN ',
  '\\n',
  '\\r\\n',
  '\r\n',
  '%0A',
  '%20',
  'MII',
  '=',
  '==',
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t',
  ',',
  'subject=',
  '# ',
  '\u2013'.repeat(5),
  ':AA==:',
] as const

/** Texts of uploads. */
export const pem = labTarget<string>({
  name: 'pem',
  batch: 50,
  weight: 2,
  maker: (setup) => {
    const source = sourceOf(setup, 2)
    return (random) => make(random, source)
  },
  problem: opensslProblem,
  show: (text) => JSON.stringify(text),
})

function make(random: Random, source: (random: Random) => Uint8Array): string {
  const count = random.oneIn(30) ? MAX_CERTIFICATES_PER_UPLOAD + random.below(2) : 1 + random.few(3)
  const ders = Array.from({ length: count }, () => source(random))
  const text = ders.map((der) => encodePem(der)).join('')
  const form = random.pick([
    () => text,
    () => text,
    () => text.replaceAll('\n', random.pick(['\r\n', '\r', '\\n', ' ', '', '\u2028'])),
    () => `Certificate:\n    Data:\n${text}\nsubject=CN = a\n`,
    () => encodeURIComponent(text),
    () => toBase64(ascii(text)),
    () => ders.map(toBase64).join(','),
    () => ders.map((der) => `:${toBase64(der)}:`).join(', '),
    () => `\ufeff${[...text].join(random.oneIn(2) ? '\0' : '')}`,
    () => JSON.stringify(text),
  ])()
  return random.oneIn(4) ? form : mutatedText(form, random, TOKENS)
}
