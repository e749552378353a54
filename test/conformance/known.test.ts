import { describe, expect, it } from 'vitest'
import type { ConformanceCase, Judgement } from '../../scripts/conformance/case.ts'
import { complaint, readKnownDivergences } from '../../scripts/conformance/known.ts'

const expecting = (expected_result: 'SUCCESS' | 'FAILURE'): ConformanceCase => ({
  id: 'a::b',
  validation_kind: 'CLIENT',
  trusted_certs: [],
  untrusted_intermediates: [],
  peer_certificate: '',
  extended_key_usage: [],
  key_usage: [],
  expected_result,
})
const judged = (actual: 'SUCCESS' | 'FAILURE'): Judgement => ({ id: 'a::b', actual, because: 'x' })
const listed = (actual: 'SUCCESS' | 'FAILURE') => ({ id: 'a::b', actual, reason: 'r' })

describe('every divergence must be listed, and every listed one must exist', () => {
  it.each([
    ['as expected, not listed', 'SUCCESS', 'SUCCESS', undefined, undefined],
    ['a divergence that is listed', 'FAILURE', 'SUCCESS', 'SUCCESS', undefined],
    ['a divergence that is not listed', 'FAILURE', 'SUCCESS', undefined, /expected FAILURE, got SUCCESS/],
    ['a listed one that is gone', 'FAILURE', 'FAILURE', 'SUCCESS', /is gone; delete the entry/],
    ['a listed one that never was', 'SUCCESS', 'SUCCESS', 'SUCCESS', /is none; delete the entry/],
  ] as const)('%s', (_rule, expected, actual, known, said) => {
    const found = complaint(expecting(expected), judged(actual), known && listed(known))
    if (said === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(said)
  })

  it('docs/conformance.md lists each id once, with a reason', () => {
    const known = readKnownDivergences()
    expect(known.length).toBeGreaterThan(0)
    expect(new Set(known.map(({ id }) => id)).size).toBe(known.length)
    for (const { reason } of known) expect(reason).toMatch(/\w \w/)
  })
})
