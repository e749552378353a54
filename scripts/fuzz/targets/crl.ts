import { toBase64 } from '../../../src/core/bytes.ts'
import { encodePem } from '../../../src/x509/index.ts'
import { fromBase64 } from '../base64.ts'
import { p256 } from '../keys.ts'
import { NOW, newRoot, randomCrl, resigned } from '../make.ts'
import { readCrls } from '../openssl.ts'
import type { Random } from '../random.ts'
import { donorsOf } from '../source.ts'
import { labTarget, type Setup } from '../target.ts'
import { parse } from '../tlv.ts'
import { mutated } from '../tlv-edits.ts'
import type { CrlInput } from '../wire.ts'

/** CRLs. What is read and signed by a CA, OpenSSL must read too, with the same serial numbers. */
export const crl = labTarget<CrlInput>({
  name: 'crl',
  batch: 100,
  weight: 3,
  maker,
  problems: (all) => readCrls(all.map(({ seen }) => seen)),
  show: ({ crl: base64, cas, at }) =>
    `at ${at}\n${encodePem(fromBase64(base64), 'X509 CRL')}${cas.map((ca) => encodePem(fromBase64(ca))).join('')}`,
})

function maker({ corpus }: Setup): (random: Random) => CrlInput {
  const trees = corpus.flatMap((der) => parse(der) ?? [])
  return (random) => {
    const { party, der: root } = newRoot(random, 'Fuzz Root', p256(random.pick(['Fuzz Root', 'Fuzz Root', 'Other'])))
    const made = randomCrl(random, party)
    const cas = [root, newRoot(random, 'Fuzz Root').der].map(toBase64)
    const input = (der: Uint8Array) => ({ crl: toBase64(der), cas, at: NOW })
    if (random.oneIn(6)) return input(made)
    const changed = mutated(made, random, donorsOf([made, root], trees, random))
    return input(random.oneIn(8) ? changed : resigned(changed, party.key))
  }
}
