import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { type Answer, type CallOptions, call, post } from '../support/api.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { root } from '../support/pki.ts'
import { certificatesOf, freshId, freshTenant, soundBody } from '../support/requests.ts'
import { addZone } from '../support/tenants.ts'

type Tenant = Awaited<ReturnType<typeof freshTenant>>

/** The answer to a request, and its calls to the database. */
async function counted(send: (environment: Pick<CallOptions, 'env'>) => Promise<Answer>) {
  const { db, calls } = countingDatabase(env.DB)
  const { status } = await send({ env: { DB: db } })
  return { status, calls }
}

it('the count includes every kind of call to the database', async () => {
  const { db, calls } = countingDatabase(env.DB)
  await db.prepare('SELECT ?1').bind(1).run()
  await db.prepare('SELECT 1').all()
  await db.prepare('SELECT 1').first()
  await db.prepare('SELECT 1').raw()
  await db.batch([db.prepare('SELECT ?1').bind(1), db.prepare('SELECT 2')])
  await db.exec('SELECT 1')
  const session = db.withSession('first-primary')
  await session.prepare('SELECT ?1').bind(1).all()
  await session.batch([session.prepare('SELECT 1')])
  expect(calls).toEqual(['run', 'all', 'first', 'raw', 'batch', 'exec', 'all', 'batch'])
})

describe('one batch for every outcome, two if much is to be looked up', () => {
  const bundle = () => Array.from({ length: 16 }, () => root()).join('')
  const names = ({ domain }: Tenant) => Array.from({ length: 1000 }, (_, i) => `h${i}.${domain}`)

  it.each<[string, number, (tenant: Tenant) => unknown]>([
    ['a certificate that is added', 201, () => soundBody()],
    ['a bundle with 1000 hostnames', 201, (t) => soundBody({ certificate: bundle(), associated_hostnames: names(t) })],
    ['a faulty field', 400, () => soundBody({ name: '' })],
    ['a faulty certificate', 400, () => soundBody({ certificate: 'x' })],
    ['faulty fields, and a hostname to look up', 400, (t) => ({ associated_hostnames: [t.domain] })],
    ['a foreign hostname', 400, () => soundBody({ associated_hostnames: ['a.nobody.example'] })],
    ['a body that is not an object', 400, () => 'null'],
    ['malformed JSON', 400, () => '{'],
    ['a body that is too large', 413, () => 'x'.repeat(256 * 1024 + 1)],
    ['a private key', 400, () => soundBody({ x: '-----BEGIN PRIVATE KEY-----' })],
  ])('%s', async (what, status, bodyFor) => {
    const tenant = await freshTenant()
    const outcome = await counted((options) => post(tenant.accountPath, tenant.authorization, bodyFor(tenant), options))
    // For 1,000 hostnames, access is checked before their look-up.
    expect(outcome).toEqual({ status, calls: what.includes('1000') ? ['batch', 'batch'] : ['batch'] })
  })

  it('a body of another type', async () => {
    const { accountPath, authorization } = await freshTenant()
    const headers = { 'content-type': 'text/plain' }
    const outcome = await counted((options) => post(accountPath, authorization, soundBody(), { ...options, headers }))
    expect(outcome).toEqual({ status: 400, calls: ['batch'] })
  })

  it('a duplicate', async () => {
    const { accountPath, authorization } = await freshTenant()
    const body = soundBody()
    await post(accountPath, authorization, body)
    const outcome = await counted((options) => post(accountPath, authorization, body, options))
    expect(outcome).toEqual({ status: 409, calls: ['batch'] })
  })

  it('one more than the quota', async () => {
    const { accountPath, authorization } = await freshTenant({ certificateQuota: 0 })
    const outcome = await counted((options) => post(accountPath, authorization, soundBody(), options))
    expect(outcome).toEqual({ status: 400, calls: ['batch'] })
  })

  it('an unknown token', async () => {
    const { accountPath } = await freshTenant()
    const outcome = await counted((options) => post(accountPath, 'Bearer unknown', soundBody(), options))
    expect(outcome).toEqual({ status: 401, calls: ['batch'] })
  })

  it('an unknown key', async () => {
    const { accountPath } = await freshTenant()
    const headers = { 'x-auth-email': 'a@example.com', 'x-auth-key': 'a'.repeat(37) }
    const outcome = await counted((options) =>
      call(accountPath, { method: 'POST', headers, body: JSON.stringify(soundBody()), ...options }),
    )
    expect(outcome).toEqual({ status: 403, calls: ['batch'] })
  })

  it('a scope of another tenant, or an unknown scope', async () => {
    const [own, other] = [await freshTenant(), await freshTenant()]
    for (const path of [other.accountPath, other.zonePath, certificatesOf('zones', '0'.repeat(32))]) {
      const outcome = await counted((options) => post(path, own.authorization, soundBody(), options))
      expect(outcome).toEqual({ status: 403, calls: ['batch'] })
    }
  })

  it.each([
    ['account', { enabled: false }, { enabled: true }],
    ['zone', { enabled: true }, { enabled: false }],
  ])('Access not enabled for the %s', async (_, ofAccount, ofZone) => {
    const { accountId, domain, authorization } = await freshTenant(ofAccount)
    const zoneId = await addZone(accountId, `x.${domain}`, { id: freshId(), ...ofZone })
    const path = certificatesOf('zones', zoneId)
    const outcome = await counted((options) => post(path, authorization, soundBody(), options))
    expect(outcome).toEqual({ status: 403, calls: ['batch'] })
  })
})

describe('no call to the database for what is refused before the credential is looked up', () => {
  const token = { authorization: 'Bearer x' }
  const path = certificatesOf('accounts', '0'.repeat(32))

  it.each<[string, number, string, CallOptions]>([
    ['no credentials', 400, path, { method: 'POST' }],
    ['a malformed Authorization header', 400, path, { method: 'POST', headers: { authorization: 'x' } }],
    ['a malformed key pair', 400, path, { method: 'POST', headers: { 'x-auth-key': 'x' } }],
    ['an unknown path', 400, '/client/v4/nothing', { method: 'POST', headers: token }],
    ['a malformed id', 404, certificatesOf('accounts', 'x'), { method: 'POST', headers: token }],
    ['another verb', 405, path, { method: 'PATCH', headers: token }],
  ])('%s', async (_, status, where, options) => {
    const outcome = await counted((environment) =>
      call(where, { body: JSON.stringify(soundBody()), ...options, ...environment }),
    )
    expect(outcome).toEqual({ status, calls: [] })
  })
})
