import { createPublicKey, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ed25519, p256 } from '../../../scripts/fuzz/keys.ts'
import { newRoot } from '../../../scripts/fuzz/make.ts'
import { Random } from '../../../scripts/fuzz/random.ts'
import { encode, parse } from '../../../scripts/fuzz/tlv.ts'

const SEED = 20_261_125

describe('a seed decides', () => {
  it('the signatures, which are good', () => {
    const message = Buffer.from('message')
    for (const [key, algorithm] of [
      [p256('a'), 'sha256'],
      [ed25519('a'), null],
    ] as const) {
      const spki = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' })
      expect(verify(algorithm, message, spki, key.sign(message))).toBe(true)
      expect(key.sign(message)).toEqual(key.sign(message))
    }
  })

  it('random numbers that are spread evenly', () => {
    const random = new Random(SEED, 'spread', 0)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 10_000; i += 1) {
      const at = random.below(10)
      counts[at] = (counts[at] ?? 0) + 1
    }
    expect(Math.min(...counts)).toBeGreaterThan(800)
    expect(Math.max(...counts)).toBeLessThan(1_200)
  })
})

it('a tree that is not changed is written as it was', () => {
  const { der } = newRoot(new Random(SEED, 'tree', 0), 'Tree')
  const tree = parse(der)
  expect(tree && encode(tree)).toEqual(der)
})
