import type { Bytes } from '../../src/testing/der.ts'
import { p256 } from './keys.ts'
import { newRoot, type Party, randomCertificate, randomName, resigned } from './make.ts'
import type { Random } from './random.ts'
import type { Setup } from './target.ts'
import { parse, type Tlv } from './tlv.ts'
import { mutated } from './tlv-edits.ts'

const SUBJECT = p256('subject')

/**
 * A source of certificates: made here or from the corpus, as they are or changed.
 * @param soundOneIn so many are as they are
 */
export function sourceOf({ corpus }: Pick<Setup, 'corpus'>, soundOneIn = 8): (random: Random) => Bytes {
  const trees = corpus.flatMap((der) => parse(der) ?? [])
  return (random) => {
    const { party: issuer, der: root } = newRoot(random, 'Fuzz Root')
    const subject: Party = { name: randomName(random, 'Fuzz'), key: SUBJECT }
    const made = randomCertificate(random, { subject, issuer, isCa: random.oneIn(2) })
    const chosen = corpus.length > 0 && random.oneIn(2) ? random.pick(corpus) : random.pick([made, made, root])
    if (random.oneIn(soundOneIn)) return chosen
    const changed = mutated(chosen, random, donorsOf([made, root], trees, random))
    return random.oneIn(2) ? resigned(changed, issuer.key) : changed
  }
}

/** Trees to take values from: those at hand, and one of the corpus. */
export function donorsOf(made: readonly Bytes[], corpus: readonly Tlv[], random: Random): readonly Tlv[] {
  const own = made.flatMap((der) => parse(der) ?? [])
  return corpus.length === 0 ? own : [...own, random.pick(corpus)]
}
