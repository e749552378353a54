import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startVerifier, type Verifier } from '../../scripts/conformance/workerd.ts'
import { CLASSES } from './differential-classes.ts'
import { compare, ONE_PATH } from './differential-compare.ts'
import { type Description, description } from './differential-description.ts'
import { listedClasses } from './differential-listed.ts'
import { Openssl, opensslVersion } from './differential-openssl.ts'
import { WITNESSES } from './differential-witnesses.ts'

/** The seed of the generated cases; TEST_SEED sets another. */
const SEED = Number(process.env['TEST_SEED'] ?? 20_261_123)
const LONG = (process.env['TEST_LONG'] ?? '') !== ''
const CASES = LONG ? 20_000 : 500
/** Number of cases that are made and decided together. */
const BATCH = 250

const version = await opensslVersion()

describe.skipIf(version === undefined)('against `openssl verify -purpose sslclient`', () => {
  const openssl = new Openssl()
  let verifier: Verifier

  beforeAll(async () => {
    verifier = await startVerifier()
  })
  afterAll(async () => {
    await verifier.stop()
    openssl.remove()
  })

  it(`${CASES} generated chains: every disagreement is of a known class`, {
    timeout: LONG ? 3_600_000 : 300_000,
  }, async () => {
    const descriptions = fc.sample(description, { seed: SEED, numRuns: CASES })
    const total = { bothAccept: 0, bothRefuse: 0, explained: new Map<string, number>() }
    for (let from = 0; from < descriptions.length; from += BATCH) {
      const found = await compare(descriptions.slice(from, from + BATCH), verifier, openssl)
      total.bothAccept += found.bothAccept
      total.bothRefuse += found.bothRefuse
      for (const [reason, count] of Object.entries(found.explained)) {
        total.explained.set(reason, (total.explained.get(reason) ?? 0) + count)
      }
      expect(found.unexplained.map((one) => JSON.stringify(one))).toEqual([])
    }
    const classes = [...total.explained].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `${count} ${reason}`)
    console.log(
      `differential, seed ${SEED}, ${version}: ${total.bothAccept} accepted and ${total.bothRefuse} refused by both; ` +
        `known classes: ${classes.join(', ')}`,
    )
    // If the generator made only one kind of case, the test would show little.
    expect(Math.min(total.bothAccept, total.bothRefuse)).toBeGreaterThan(CASES / 5)
  })

  it.each(Object.entries(WITNESSES))('OpenSSL still differs on the class %s', async (name, witness: Description) => {
    expect(await compare([witness], verifier, openssl)).toEqual({
      bothAccept: 0,
      bothRefuse: 0,
      explained: { [name]: 1 },
      unexplained: [],
    })
  })
})

it('the known classes are those that docs/conformance.md lists, each with a witness', () => {
  const names = [ONE_PATH, ...CLASSES.map(({ name }) => name)].sort()
  expect([...listedClasses()].sort()).toEqual(names)
  expect(Object.keys(WITNESSES).sort()).toEqual(names)
})
