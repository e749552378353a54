import { encodePem } from '../../../src/x509/index.ts'
import type { Random } from '../random.ts'
import { sourceOf } from '../source.ts'
import { labTarget } from '../target.ts'
import { mutatedText } from '../text-edits.ts'

const TOKENS = [
  'Cert=',
  'Chain=',
  'Hash=',
  'By=',
  'URI=',
  'Subject="',
  '"',
  '\\"',
  ';',
  ',',
  '=',
  '%0A',
  '%25',
  '%2',
  '%zz',
] as const

/** Envoy's x-forwarded-client-cert. */
export const xfcc = labTarget<string>({
  name: 'xfcc',
  batch: 100,
  weight: 1,
  maker: (setup) => {
    const source = sourceOf(setup, 2)
    return (random) => make(random, source)
  },
  show: (text) => JSON.stringify(text),
})

function make(random: Random, source: (random: Random) => Uint8Array): string {
  const pem = () => encodeURIComponent(encodePem(source(random)))
  const leaf = pem()
  const pairs = random.pick([
    () => [`Hash=${'0'.repeat(64)}`, `Cert="${leaf}"`],
    () => [`By=spiffe://a`, `Chain="${leaf}${random.oneIn(2) ? pem() : ''}"`],
    () => [`Cert="${leaf}"`, 'Subject="CN=a,O=\\"b\\""', `Chain="${random.oneIn(5) ? pem() : leaf}${pem()}"`],
    () => ['URI=', 'DNS=a.example', `Cert=${leaf}`],
    () => ['Hash=00'],
  ])()
  const text = [pairs, ...(random.oneIn(8) ? [['By=x', `Cert="${leaf}"`]] : [])].map((list) => list.join(';')).join(',')
  return random.oneIn(3) ? text : mutatedText(text, random, TOKENS)
}
