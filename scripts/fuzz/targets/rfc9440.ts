import { toBase64 } from '../../../src/core/bytes.ts'
import { sourceOf } from '../source.ts'
import { labTarget } from '../target.ts'
import { mutatedText } from '../text-edits.ts'

const TOKENS = [':', '::', ', ', ',', ' ,\t', '=', '==', ':AA==:', ':AB==:', ';a=1', '-', '_', '\n'] as const

/** Values of `Client-Cert` and `Client-Cert-Chain`, against a reader of RFC 8941's lists that is written another way. */
export const rfc9440 = labTarget<string>({
  name: 'rfc9440',
  batch: 200,
  weight: 1,
  maker: (setup) => {
    const source = sourceOf(setup)
    return (random) => {
      const der = () => (random.oneIn(4) ? source(random) : random.bytes(random.below(9)))
      const items = Array.from({ length: random.below(4) }, () => `:${toBase64(der())}:`)
      const text = items.join(random.oneIn(3) ? ',' : ', ')
      return random.oneIn(3) ? text : mutatedText(text, random, TOKENS)
    }
  },
  problem: (text, { facts: ours }) => {
    const theirs = reference(text)
    return ours === theirs ? undefined : `the other reader has ${theirs?.slice(0, 200)}`
  },
  show: (text) => JSON.stringify(text),
})

/** A list of byte sequences, each in hexadecimal; undefined where the text is none. Node's decoder takes any text, so it is asked back. */
function reference(text: string): string | undefined {
  if (text.trim() === '') return ''
  const found: string[] = []
  for (const item of text.split(',')) {
    const trimmed = item.replace(/^[ \t]+|[ \t]+$/g, '')
    if (trimmed.length < 3 || trimmed[0] !== ':' || trimmed.at(-1) !== ':') return undefined
    const base64 = trimmed.slice(1, -1)
    const octets = Buffer.from(base64, 'base64')
    if (octets.toString('base64') !== base64) return undefined
    found.push(octets.toString('hex'))
  }
  return found.join()
}
