import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Judgement } from '../../scripts/conformance/case.ts'
import { startVerifier, type Verifier } from '../../scripts/conformance/workerd.ts'
import { PROJECT } from '../../scripts/wrangler/wrangler.ts'
import { limboCrlCases, moreCrlCases } from './crl-cases.ts'

/** A row of the table of x509-limbo's cases in docs/conformance.md: name, expected result, our result, rule. */
const ROW = /^\| `([a-z0-9-]+)` \| (accepted|refused) \| (accepted|refused) \| (.+) \|$/gm

/** The table: each name with the result expected there and our result. */
const TABLE = new Map(
  [...readFileSync(join(PROJECT, 'docs/conformance.md'), 'utf8').matchAll(ROW)].map(([, name = '', there, here]) => [
    name,
    { there, here },
  ]),
)

const inWords = (result: string | undefined) => (result === 'SUCCESS' ? 'accepted' : 'refused')

let verifier: Verifier
beforeAll(async () => {
  verifier = await startVerifier()
})
afterAll(() => verifier.stop())

describe("x509-limbo's cases on CRLs, made here", async () => {
  const cases = await limboCrlCases()
  const judged = new Map<string, Judgement>()
  beforeAll(async () => {
    for (const judgement of await verifier.judge(cases)) judged.set(judgement.id, judgement)
  })

  it('docs/conformance.md lists each of them', () => {
    expect([...TABLE.keys()].sort()).toEqual(cases.map(({ id }) => id).sort())
  })

  it.each(cases.map((one) => [one.id, one] as const))('%s', (id, { expected_result: expected }) => {
    const { actual, because } = judged.get(id) ?? {}
    expect({ there: inWords(expected), here: inWords(actual), because }).toEqual({ ...TABLE.get(id), because })
  })

  it('all as expected there, except for parts and what is read liberally', () => {
    const others = cases.filter(({ id, expected_result }) => judged.get(id)?.actual !== expected_result)
    expect(others.map(({ id }) => id)).toEqual([
      'crlnumber-missing',
      'crlnumber-critical',
      'crl-duplicate-revoked-serial',
      'idp-present-certificate-missing-cdp',
      'idp-present-certificate-cdp-non-uri-generalname',
      'idp-name-relative-to-crl-issuer',
      'idp-fullname-non-uri-generalname',
      'crl-update-generalizedtime-2025',
    ])
  })

  it('every refused case is refused because of its CRL', () => {
    const reasons = [...judged.values()].filter(({ actual }) => actual === 'FAILURE').map(({ because }) => because)
    for (const because of reasons) expect(because).toMatch(/^revoked:|^no CRL of /)
  })
})

describe('cases of our own', async () => {
  it.each((await moreCrlCases()).map((one) => [one.id, one] as const))('%s', async (_id, given) => {
    const [judgement] = await verifier.judge([given])
    expect(judgement).toMatchObject({ actual: given.expected_result })
  })
})
