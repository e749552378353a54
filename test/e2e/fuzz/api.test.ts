import { describe, expect, it } from 'vitest'
import { ApiCheck } from '../../../scripts/fuzz/worker/api-check.ts'

describe('an answer of the API', () => {
  const ENVELOPE = { success: true, errors: [], messages: [], result: {} }
  const REFUSAL = { success: false, errors: [{ code: 7003, message: 'x' }], messages: [], result: null }

  function problemOf(method: string, status: number, body: unknown, calls = 1, written = 0): string | undefined {
    const check = new ApiCheck(new Request('http://localhost/edge/v1/accounts/a/quotas', { method }))
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const headers = { 'content-type': 'application/json' }
    check.answer(new Response(null, { status, headers }), text, calls, written)
    return check.problem
  }

  it.each<[string, string | undefined, RegExp | undefined]>([
    ['that is sound', problemOf('GET', 200, ENVELOPE), undefined],
    ['that refuses', problemOf('GET', 404, REFUSAL), undefined],
    ['to a write', problemOf('PUT', 200, ENVELOPE, 1, 3), undefined],
    ['500', problemOf('GET', 500, REFUSAL), /status 500/],
    ['after more round trips than stated', problemOf('GET', 200, ENVELOPE, 2), /2 round trips/],
    ['to a GET that wrote', problemOf('GET', 200, ENVELOPE, 1, 1), /wrote 1 rows/],
    ['with errors and success', problemOf('GET', 200, { ...ENVELOPE, errors: REFUSAL.errors }), /errors do not fit/],
    ['with a refusal as a success', problemOf('GET', 200, REFUSAL), /with success false/],
    ['that is no JSON', problemOf('GET', 200, '{'), /no JSON/],
  ])('%s', (_, problem, expected) => {
    if (expected === undefined) expect(problem).toBeUndefined()
    else expect(problem).toMatch(expected)
  })

  it('of a refusal must leave the database as it was', () => {
    const check = new ApiCheck(new Request('http://localhost/'))
    check.database({ ok: true }, 'a', 'b')
    check.database({ ok: false }, 'a', 'a')
    expect(check.problem).toBeUndefined()
    check.database({ ok: false }, 'a', 'b')
    expect(check.problem).toBe('a refusal changed the database')
  })
})
