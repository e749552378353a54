import { describe, expect, it } from 'vitest'
import type { Claim } from '../../src/core/model.ts'
import { accessParams, moreParams, whenGranted, whenValid } from '../../src/store/access.ts'
import type { Row } from '../../src/store/d1.ts'

const CLAIM: Claim = {
  credential: { kind: 'token', secretSha256: 'aa' },
  scope: { kind: 'accounts', id: 'account' },
  permission: 'write',
  now: 1_000,
}

/** A row of `access`, as D1 gives it, for a claim that holds. */
const HOLDS: Row = {
  valid: 1,
  permitted: 1,
  enabled: 1,
  credential_id: 'credential',
  expired_on: null,
  valid_from: null,
  readable: 1,
  other_kind: null,
}

const granted = (more: Row | undefined, claim = CLAIM) =>
  whenGranted(claim, more && { ...HOLDS, ...more }, () => 'read')

const unknown = { reason: 'unknown_credential', kind: 'token', expiredOn: undefined, validFrom: undefined }
const forbidden = { reason: 'forbidden', kind: 'token', because: undefined }

describe('a claim', () => {
  it('holds for a valid credential with a grant, where Access is enabled, and then the row is read', () => {
    expect(granted({})).toEqual({ ok: true, value: 'read' })
    expect(whenGranted(CLAIM, { ...HOLDS, quota: 7 }, ({ quota }) => quota)).toEqual({ ok: true, value: 7 })
  })

  it.each<[string, Row | undefined, object]>([
    ['without a row', undefined, unknown],
    ['of a credential that is not valid', { valid: 0 }, unknown],
    ['of a credential that expired', { valid: 0, expired_on: 900 }, { ...unknown, expiredOn: 900 }],
    ['of a credential that is not valid yet', { valid: 0, valid_from: 1_100 }, { ...unknown, validFrom: 1_100 }],
    ['without a grant', { permitted: 0, readable: 0 }, forbidden],
    ['to write with a grant to read', { permitted: 0 }, { ...forbidden, because: 'read_only' }],
    [
      'under a zone for an account',
      { permitted: 0, readable: 0, other_kind: 'account' },
      { ...forbidden, because: 'account' },
    ],
    [
      'under an account for a zone',
      { permitted: 0, readable: 0, other_kind: 'zone' },
      { ...forbidden, because: 'zone' },
    ],
    ['where Access is not enabled', { enabled: 0 }, { reason: 'not_enabled' }],
    ['where nothing is known of Access', { enabled: null }, { reason: 'not_enabled' }],
    ['without a grant, where Access is not enabled', { permitted: 0, readable: 0, enabled: 0 }, forbidden],
    ['of a lapsed credential without a grant', { valid: 0, permitted: 0, enabled: 0 }, unknown],
  ])('does not hold %s, and nothing is read', (_, row, error) => {
    const read = () => expect.fail('it was read')
    expect(whenGranted(CLAIM, row && { ...HOLDS, ...row }, read)).toEqual({ ok: false, error })
  })

  it('says of which kind its credential is', () => {
    const claim: Claim = { ...CLAIM, credential: { kind: 'key', secretSha256: 'aa', email: 'ada@example.com' } }
    for (const row of [undefined, { permitted: 0 }])
      expect(granted(row, claim)).toMatchObject({ ok: false, error: { kind: 'key' } })
  })

  it('tells the id of its credential once it is found, whether it may be used or not', () => {
    const told: string[] = []
    const claim: Claim = { ...CLAIM, onCredential: (id) => told.push(id) }
    granted(undefined, claim)
    expect(told).toEqual([])
    for (const row of [{}, { valid: 0 }, { permitted: 0 }]) granted(row, claim)
    expect(told).toEqual(['credential', 'credential', 'credential'])
  })

  it('may depend on the credential alone', () => {
    const valid = (row: Row) => whenValid(CLAIM, { ...HOLDS, permitted: 0, enabled: 0, ...row }, () => 'read')
    expect(valid({})).toEqual({ ok: true, value: 'read' })
    expect(valid({ valid: 0 })).toEqual({ ok: false, error: unknown })
  })
})

describe('the parameters of a claim', () => {
  it('are its secret, kind, email, scope, time and permission, and then the statement’s own', () => {
    expect(accessParams(CLAIM, 'own', 8)).toEqual([
      'aa',
      'token',
      null,
      'accounts',
      'account',
      1_000,
      'write',
      'own',
      8,
    ])
    const key = { kind: 'key', secretSha256: 'bb', email: 'ada@example.com' } as const
    const params = accessParams({ ...CLAIM, credential: key, scope: { kind: 'zones', id: 'zone' }, permission: 'read' })
    expect(params).toEqual(['bb', 'key', 'ada@example.com', 'zones', 'zone', 1_000, 'read'])
    expect(moreParams(params, 'more')).toEqual([...params, 'more'])
  })
})
