import { describe, expect, it } from 'vitest'
import { call } from '../../support/api.ts'
import { add, get, SCOPES, shown, type Tenant } from '../../support/family.ts'
import { NOW, root } from '../../support/pki.ts'
import { freshId, freshTenant, freshToken } from '../../support/requests.ts'
import { account, addCredential, zone } from '../../support/tenants.ts'

describe.each(SCOPES)('GET one certificate of %s', (path) => {
  it('is the same as the answer to POST, key by key, at any later time', async () => {
    const { [path]: own, authorization, domain } = await freshTenant()
    const hostnames = [`Z.${domain}`, `Bücher.${domain}`, domain]
    const record = await add(own, authorization, { name: 'Näme 🔐', associated_hostnames: hostnames })
    const answer = await get(record.path, authorization, { now: NOW + 100_000 })
    expect(answer.status).toBe(200)
    expect(answer.text).toBe(
      JSON.stringify({ result: shown(record), success: true, errors: [], messages: [] } satisfies object),
    )
    expect(answer.headers.get('content-type')).toBe('application/json; charset=UTF-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(record).toMatchObject({ name: 'Näme 🔐', associated_hostnames: hostnames })
  })

  it('has all seven keys, created_at equal to updated_at, and an empty list of hostnames', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const record = await add(own, authorization, {}, { now: NOW + 7 })
    expect((await get(record.path, authorization)).body.result).toStrictEqual({
      id: record.id,
      name: 'Allow devs',
      fingerprint: expect.stringMatching(/^MD5 Fingerprint=(?:[0-9A-F]{2}:){15}[0-9A-F]{2}$/),
      associated_hostnames: [],
      created_at: '2026-06-01T00:00:07Z',
      updated_at: '2026-06-01T00:00:07Z',
      expires_on: '2035-01-01T00:00:00Z',
    })
  })

  it('answers without the prefix too', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const record = await add(own, authorization)
    const answer = await get(record.path.replace('/client/v4', ''), authorization)
    expect(answer.body.result).toEqual(shown(record))
  })

  it('never shows the PEM', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const certificate = root() + root()
    const record = await add(own, authorization, { certificate })
    const { text, headers } = await get(record.path, authorization)
    for (const line of certificate.split('\n').filter((one) => one !== '')) expect(text).not.toContain(line)
    expect(JSON.stringify([...headers])).not.toContain('BEGIN')
  })

  it('ignores a query', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const record = await add(own, authorization)
    expect((await get(`${record.path}?page=0&x=1`, authorization)).body.result).toEqual(shown(record))
  })

  it('distinguishes two records of one name', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const [one, two] = [await add(own, authorization), await add(own, authorization)]
    expect((await get(one.path, authorization)).body.result).toEqual(shown(one))
    expect((await get(two.path, authorization)).body.result).toEqual(shown(two))
  })
})

describe('a certificate is shown to', () => {
  it.each<[string, (t: Tenant) => Parameters<typeof freshToken>[0], readonly (typeof SCOPES)[number][]]>([
    ['a read grant on the account', (t) => [account(t.accountId, 'read')], SCOPES],
    ['a write grant on the account', (t) => [account(t.accountId)], SCOPES],
    ['a read grant on the zone', (t) => [zone(t.zoneId, 'read')], ['zonePath']],
    ['a write grant on the zone', (t) => [zone(t.zoneId)], ['zonePath']],
  ])('%s', async (_, grantsFor, paths) => {
    const own = await freshTenant()
    const authorization = await freshToken(grantsFor(own))
    for (const path of paths) {
      const record = await add(own[path], own.authorization)
      expect((await get(record.path, authorization)).body.result).toEqual(shown(record))
    }
  })

  it('a key pair', async () => {
    const own = await freshTenant()
    const record = await add(own.accountPath, own.authorization)
    const key = 'b2'.repeat(20)
    await addCredential(key, [account(own.accountId, 'read')], { id: freshId(), kind: 'key', email: 'a@get.example' })
    const headers = { 'x-auth-email': 'A@get.example', 'x-auth-key': key }
    expect((await call(record.path, { headers })).body.result).toEqual(shown(record))
  })
})
