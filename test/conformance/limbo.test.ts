import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCases } from '../../scripts/conformance/file.ts'
import { readKnownDivergences } from '../../scripts/conformance/known.ts'
import { type Run, runCases } from '../../scripts/conformance/run.ts'
import { startVerifier, type Verifier, WORKER } from '../../scripts/conformance/workerd.ts'
import { bundle } from '../../scripts/wrangler/bundle.ts'

/** A file of vectors. Without it, the tests on vectors are skipped by name. */
const VECTORS = process.env['LIMBO_VECTORS'] ?? ''

describe.skipIf(VECTORS === '')('the vectors of LIMBO_VECTORS', () => {
  let verifier: Verifier
  let run: Run

  beforeAll(async () => {
    verifier = await startVerifier()
    run = await runCases(readCases(VECTORS), readKnownDivergences(), verifier)
  })
  afterAll(() => verifier.stop())

  it.each(['must', 'strength', 'bettertls-nc'])('tier %s: every case as expected', (tier) => {
    const { cases, agree, falseAccepts, falseRejects } = run.summary.byTier[tier] ?? {}
    expect({ falseAccepts, falseRejects }).toEqual({ falseAccepts: [], falseRejects: [] })
    expect(agree).toBe(cases)
    expect(cases).toBeGreaterThan(0)
  })

  it('every case as expected, or a known divergence that still diverges', () => {
    expect(run.complaints).toEqual([])
  })

  it('every case in less than 250 ms', () => {
    expect({ id: run.slowestId, slow: run.summary.slowestMs >= 250 }).toEqual({ id: run.slowestId, slow: false })
  })
})

/** A file of revocation vectors in the same schema, likewise. */
const REVOCATION_VECTORS = process.env['PKITS_VECTORS'] ?? ''

describe.skipIf(REVOCATION_VECTORS === '')('the revocation vectors of PKITS_VECTORS', () => {
  let verifier: Verifier
  let run: Run

  beforeAll(async () => {
    verifier = await startVerifier()
    run = await runCases(readCases(REVOCATION_VECTORS), readKnownDivergences(), verifier)
  })
  afterAll(() => verifier.stop())

  it('no false accept', () => {
    expect(run.summary.falseAccepts).toEqual([])
    expect(run.summary.cases).toBeGreaterThan(0)
  })

  it('every case as expected, or a known divergence that still diverges', () => {
    expect(run.complaints).toEqual([])
  })
})

it('the verifier is made of src/x509 and src/core, without a single package', async () => {
  const { inputs } = await bundle(WORKER)
  expect(inputs.length).toBeGreaterThan(20)
  for (const input of inputs) expect(input).toMatch(/^(src\/(x509|core)\/|scripts\/conformance\/)/)
})
