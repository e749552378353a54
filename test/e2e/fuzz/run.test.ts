import { describe, expect, it } from 'vitest'
import type { Lab } from '../../../scripts/fuzz/lab.ts'
import { newRoot } from '../../../scripts/fuzz/make.ts'
import { Random } from '../../../scripts/fuzz/random.ts'
import { findingInWords } from '../../../scripts/fuzz/report.ts'
import { type Extent, runTarget } from '../../../scripts/fuzz/run.ts'
import type { Outcome, Target } from '../../../scripts/fuzz/target.ts'
import { rfc9440 } from '../../../scripts/fuzz/targets/rfc9440.ts'
import { mutated } from '../../../scripts/fuzz/tlv-edits.ts'
import type { Job, Observation } from '../../../scripts/fuzz/wire.ts'
import { encodePem } from '../../../src/x509/index.ts'

/** For targets that are not to reach workerd. */
const NO_LAB: Lab = { ask: () => Promise.reject(new Error('no workerd here')), stop: async () => undefined }
const SETUP = { corpus: [], lab: NO_LAB }
const SEED = 20_261_125

/** A time in which any planted fault is found. */
const SOON: Extent = { seconds: 20 }

/** A certificate that is changed, given to a function that is wrong. */
function planted(judge: (der: Uint8Array) => Outcome): Target<Uint8Array> {
  const { der } = newRoot(new Random(0, 'planted', 0), 'Planted')
  return {
    name: 'planted',
    batch: 50,
    weight: 1,
    open: async () => ({
      make: (random) => mutated(der, random, []),
      judge: async (inputs) => inputs.map(judge),
      show: (input) => encodePem(input),
    }),
  }
}

/** Reads the length of the outermost value as if it had one form only. */
function wrong(der: Uint8Array): Outcome {
  if (der.length < 200) return { accepted: false, reason: 'short' }
  const length = (der[2] ?? 0) * 256 + (der[3] ?? 0)
  if (length > der.length) throw new RangeError('the length runs past the end')
  return { accepted: der[1] === 0x82, reason: der[1] === 0x82 ? 'read' : 'another form' }
}

describe('a planted fault', () => {
  it('is found, with what makes the input again', async () => {
    const run = await runTarget(planted(wrong), SEED, SOON, SETUP)
    const [first] = run.findings
    expect(first).toMatchObject({
      target: 'planted',
      seed: SEED,
      problem: expect.stringContaining('runs past the end'),
    })
    if (first === undefined) return
    const again = await runTarget(planted(wrong), SEED, { at: first.at }, SETUP)
    const same = { ...first, problem: expect.stringContaining('runs past the end') }
    expect(again).toMatchObject({ inputs: 1, findings: [same], only: first.input })
    expect(findingInWords(first)).toContain(`npm run fuzz -- --target planted --seed ${SEED} --at ${first.at}\n`)
    // Another seed makes other inputs.
    expect((await runTarget(planted(wrong), SEED + 1, { at: first.at }, SETUP)).only).not.toBe(first.input)
  })

  it('in what workerd answers is found by an oracle in Node', async () => {
    // A reader of RFC 9440 that does not look at the padding.
    const ask = async ({ inputs }: Job): Promise<readonly Observation[]> =>
      inputs.map((text) => {
        const items = String(text)
          .split(',')
          .map((item) => /^[ \t]*:([^:]+):[ \t]*$/.exec(item)?.[1])
        const accepted = items.every((item) => item !== undefined)
        if (!accepted) return { accepted, reason: 'item' }
        return {
          accepted,
          reason: 'read',
          facts: items.map((item = '') => Buffer.from(item, 'base64').toString('hex')).join(),
        }
      })
    const run = await runTarget(rfc9440, SEED, SOON, { corpus: [], lab: { ...NO_LAB, ask } })
    expect(run.findings[0]).toMatchObject({ problem: expect.stringContaining('the other reader') })
  })

  it('that ends workerd is found once it is alone', async () => {
    const ask = async ({ inputs }: Job): Promise<readonly Observation[]> => {
      if (inputs.includes('')) throw new Error('workerd has ended')
      return inputs.map(() => ({ accepted: true, reason: 'read' }))
    }
    const run = await runTarget({ ...rfc9440, batch: 5 }, SEED, { seconds: 1 }, { corpus: [], lab: { ...NO_LAB, ask } })
    const found = run.findings.filter(({ problem }) => problem.includes('workerd has ended'))
    expect(new Set(found.map(({ input }) => input))).toEqual(new Set(['""']))
  })
})

describe('a target that proves nothing', () => {
  it.each<[string, (der: Uint8Array) => Outcome, string]>([
    ['nothing is accepted', () => ({ accepted: false, reason: 'no' }), 'was accepted'],
    ['nothing is refused', () => ({ accepted: true, reason: 'yes' }), 'one reason only'],
    ['all is refused for one reason', (der) => ({ accepted: der.length > 300, reason: 'a' }), 'one reason only'],
  ])('fails: %s', async (_, judge, fault) => {
    const { harnessFault } = await runTarget(planted(judge), SEED, { seconds: 0.5 }, SETUP)
    expect(harnessFault).toContain(fault)
  })
})
