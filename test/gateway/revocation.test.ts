import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { int, time } from '../../src/testing/der.ts'
import { basicConstraints, keyUsage } from '../../src/testing/extensions.ts'
import { call, post } from '../support/api.ts'
import { awayDatabase } from '../support/away-db.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { putCrl } from '../support/crl.ts'
import { pem } from '../support/pki.ts'
import { client, setUp, T, tlsClientAuth } from '../support/protected.ts'
import { type Issued, issue } from '../support/x509/chain.ts'
import { type CrlParts, issueCrl } from '../support/x509/make-crl.ts'

type Protected = Awaited<ReturnType<typeof setUp>>

const STALE_AT = '2026-06-01T00:00:05Z'
const THIRTEEN = 0x0d

const withSerial = async (by: Issued, serial: number) => tlsClientAuth(await client(by, { serial: int(serial) }))

/** One call to the record of the tenant's root, in the edge namespace. */
async function change({ tenant, id }: Protected, method: string, path: string, body: BodyInit | null, type?: string) {
  const answer = await call(`/edge/v1/accounts/${tenant.accountId}/certificates/${id}/${path}`, {
    method,
    headers: { authorization: tenant.authorization, ...(type && { 'content-type': type }) },
    ...(body !== null && { body }),
  })
  expect([answer.status, answer.text]).toEqual([200, answer.text])
}

const upload = async (to: Protected, parts: CrlParts) =>
  change(to, 'PUT', 'crl', await issueCrl(to.root, parts), 'application/pkix-crl')

const block = (to: Protected, serial: string) => change(to, 'PUT', `blocked_serials/${serial}`, null)

describe('a client whose certificate', () => {
  it('is on the CRL is refused, and the log says which CRL; another is let in', async () => {
    const gateway = await setUp('revoked.example')
    await upload(gateway, { number: 7, revoked: [{ serial: THIRTEEN, reason: 1 }] })
    const { root, send, log, id } = gateway
    expect((await send({ auth: await withSerial(root, THIRTEEN) })).status).toBe(403)
    expect(log.at(-1)).toMatchObject({
      event: 'client_refused',
      code: 'revoked',
      openssl: 'certificate revoked',
      fault: { serial: '0d', crl: { certificate_id: id, issuer: 'CN=root', number: '7' } },
    })
    expect((await send({ auth: await withSerial(root, THIRTEEN + 1) })).status).toBe(200)
  })

  it('is put on a CRL later is refused within 10 seconds, although it was let in before', async () => {
    const gateway = await setUp('revoked-later.example')
    const auth = await withSerial(gateway.root, THIRTEEN)
    await upload(gateway, { number: 1 })
    expect((await gateway.send({ auth })).status).toBe(200)
    await upload(gateway, { number: 2, revoked: [{ serial: THIRTEEN }] })
    expect((await gateway.send({ auth, at: T + 10_000 })).status).toBe(403)
  })

  it('has a blocked serial number is refused; without the block, let in again', async () => {
    const gateway = await setUp('blocked.example')
    const { root, send, log } = gateway
    const auth = await withSerial(root, THIRTEEN)
    await block(gateway, '0D')
    expect((await send({ auth })).status).toBe(403)
    expect(log.at(-1)).toMatchObject({ code: 'blocked' })
    await change(gateway, 'DELETE', 'blocked_serials/0d', null)
    expect((await send({ auth, at: T + 10_000 })).status).toBe(200)
  })

  it('is below an intermediate on the CRL is refused', async () => {
    const gateway = await setUp('revoked-intermediate.example')
    const { root, send, log } = gateway
    const intermediate = await issue({ cn: 'intermediate', by: root, serial: int(THIRTEEN) })
    const auth = tlsClientAuth(await client(intermediate), [intermediate])
    expect((await send({ auth })).status).toBe(200)
    await upload(gateway, { revoked: [{ serial: THIRTEEN }] })
    expect((await send({ auth, at: T + 10_000 })).status).toBe(403)
    expect(log.at(-1)).toMatchObject({ code: 'revoked', certificate: { subject: 'CN=intermediate' } })
  })

  it('is not on a stale CRL is refused by default, remembered or not, and let in with the policy soft', async () => {
    const gateway = await setUp('stale.example')
    const { root, send, log } = gateway
    const auth = await withSerial(root, THIRTEEN)
    await upload(gateway, { nextUpdate: time(STALE_AT) })
    expect((await send({ auth, at: T + 5_000 })).status).toBe(200)
    expect((await send({ auth, at: T + 6_000 })).status).toBe(403)
    expect(log.at(-1)).toMatchObject({ code: 'crl_stale', openssl: 'CRL has expired' })
    await change(gateway, 'PUT', 'revocation', '{"stale_policy": "soft"}', 'application/json')
    expect((await send({ auth, at: T + 15_000 })).status).toBe(200)
  })
})

describe('a CRL counts for its CA', () => {
  const CRL_CA = { extensions: [basicConstraints(true), keyUsage(0x06, 1)] }

  /** An issuing CA below the tenant's root, registered alone in a scope and without a hostname. */
  async function withIssuingCa(domain: string, scope: 'accounts' | 'zones') {
    const gateway = await setUp(domain)
    const issuing = await issue({ cn: 'issuing', by: gateway.root, ...CRL_CA })
    const { tenant } = gateway
    const path = `/${scope}/${scope === 'zones' ? tenant.zoneId : tenant.accountId}`
    const body = { name: 'issuing', certificate: pem(issuing.der) }
    const added = await post(`${path}/access/certificates`, tenant.authorization, body)
    const crlPath = `/edge/v1${path}/certificates/${added.body.result?.['id']}/crl`
    return { ...gateway, issuing, crlPath, authorization: tenant.authorization }
  }

  it.each(['accounts', 'zones'] as const)(
    'wherever it was uploaded: to a record of %s without hostnames',
    async (scope) => {
      const { issuing, send, log, ...upload } = await withIssuingCa(`elsewhere-${scope}.example`, scope)
      const auth = tlsClientAuth(await client(issuing, { serial: int(THIRTEEN) }), [issuing])
      expect((await send({ auth })).status).toBe(200)
      const crl = await issueCrl(issuing, { revoked: [{ serial: THIRTEEN }] })
      expect((await putCrl(upload, crl)).status).toBe(200)
      expect((await send({ auth, at: T + 10_000 })).status).toBe(403)
      expect(log.at(-1)).toMatchObject({ code: 'revoked', fault: { crl: { issuer: 'CN=issuing' } } })
    },
  )

  it('and not for a CA of the same name with another key', async () => {
    const { issuing, root, send, ...upload } = await withIssuingCa('namesake.example', 'accounts')
    const namesake = await issue({ cn: 'issuing', by: root, ...CRL_CA })
    expect((await putCrl(upload, await issueCrl(issuing, { revoked: [{ serial: THIRTEEN }] }))).status).toBe(200)
    const auth = tlsClientAuth(await client(namesake, { serial: int(THIRTEEN) }), [namesake])
    expect((await send({ auth })).status).toBe(200)
  })
})

it('a client that no CRL covers is refused without a look-up if the policy requires coverage', async () => {
  const gateway = await setUp('uncovered.example')
  const { root, send, log } = gateway
  await change(gateway, 'PUT', 'revocation', '{"uncovered": "refuse"}', 'application/json')
  const { db, calls } = countingDatabase(env.DB)
  expect((await send({ auth: await withSerial(root, 1), env: { DB: db } })).status).toBe(403)
  expect(log.at(-1)).toMatchObject({ code: 'not_covered', fault: { issuer: 'CN=root' } })
  expect(calls).toEqual(['batch'])
})

describe('what is revoked', () => {
  it.each([
    ['listed on its CRL', (gateway: Protected) => upload(gateway, { revoked: [{ serial: THIRTEEN }] }), 'revoked'],
    ['blocked', (gateway: Protected) => block(gateway, '0d'), 'blocked'],
  ])('and %s stays refused after its record is deleted', async (what, revoke, code) => {
    const gateway = await setUp(`deleted-${code}.example`)
    const { root, send, log, certificates, id, tenant } = gateway
    await revoke(gateway)
    const auth = await withSerial(root, THIRTEEN)
    expect([what, (await send({ auth })).status, log.at(-1)?.['code']]).toEqual([what, 403, code])
    await post(`${certificates}/${id}`, tenant.authorization, { associated_hostnames: [] }, { method: 'PUT' })
    const { status } = await call(`/client/v4${certificates}/${id}`, {
      method: 'DELETE',
      headers: { authorization: tenant.authorization },
    })
    expect(status).toBe(200)
    // The trust in memory is still valid for some seconds, but the records that it names for revocation are gone.
    for (const serial of [THIRTEEN, THIRTEEN + 1])
      expect((await send({ auth: await withSerial(root, serial), at: T + 1_000 })).status).toBe(403)
  })

  it('is looked up once for each client and age, and never for a client without a path', async () => {
    const gateway = await setUp('asked.example')
    const { root, send } = gateway
    await upload(gateway, { revoked: [{ serial: THIRTEEN }] })
    const { db, calls } = countingDatabase(env.DB)
    const stranger = await client(await issue({ cn: 'root' }))
    for (const _ of [1, 2]) expect((await send({ auth: tlsClientAuth(stranger), env: { DB: db } })).status).toBe(403)
    expect(calls).toEqual(['batch'])
    const auth = await withSerial(root, THIRTEEN + 1)
    for (const _ of [1, 2, 3]) expect((await send({ auth, env: { DB: db } })).status).toBe(200)
    expect(calls).toHaveLength(2)
  })

  it.each([
    ['is on the CRL', 'listed', (gateway: Protected) => upload(gateway, { revoked: [{ serial: THIRTEEN }] })],
    ['is blocked', 'blocked', (gateway: Protected) => block(gateway, '0d')],
  ])(
    'is looked up once for each version for a client that %s, whatever chain it presents',
    async (_, domain, revoke) => {
      const gateway = await setUp(`asked-${domain}.example`)
      const { root, send, log } = gateway
      await revoke(gateway)
      const { db, calls } = countingDatabase(env.DB)
      const leaf = await client(root, { serial: int(THIRTEEN) })
      for (const number of [0, 1, 2]) {
        const filler = await issue({ cn: 'root', serial: int(number) })
        expect((await send({ auth: tlsClientAuth(leaf, [filler]), env: { DB: db } })).status).toBe(403)
      }
      expect(new Set(log.map(({ code }) => code)).size).toBe(1)
      expect(calls).toEqual(['batch', 'batch'])
      await send({ auth: tlsClientAuth(leaf), env: { DB: db }, at: T + 10_000 })
      expect(calls).toHaveLength(3)
    },
  )

  it('on one path does not count for another path', async () => {
    const gateway = await setUp('two-paths.example')
    const { root, send } = gateway
    const revoked = await issue({ cn: 'intermediate', by: root, serial: int(THIRTEEN) })
    const reissued = await issue({ cn: 'intermediate', by: root, serial: int(THIRTEEN + 1), keys: revoked.keys })
    await upload(gateway, { revoked: [{ serial: THIRTEEN }] })
    const leaf = await client(revoked)
    expect((await send({ auth: tlsClientAuth(leaf, [revoked]) })).status).toBe(403)
    expect((await send({ auth: tlsClientAuth(leaf, [reissued]) })).status).toBe(200)
    expect((await send({ auth: tlsClientAuth(await client(revoked), [revoked, reissued]) })).status).toBe(200)
  })

  it('must be known: 503 while the database is away, also if trust is in memory', async () => {
    const gateway = await setUp('unasked.example')
    const { root, send } = gateway
    await upload(gateway, {})
    const { db, away } = awayDatabase(env.DB)
    away.now = false
    const known = await withSerial(root, 1)
    expect((await send({ auth: known, env: { DB: db } })).status).toBe(200)
    away.now = true
    expect((await send({ auth: await withSerial(root, 2), env: { DB: db } })).status).toBe(503)
    expect((await send({ auth: known, env: { DB: db }, at: T + 9_999 })).status).toBe(200)
    expect((await send({ auth: known, env: { DB: db }, at: T + 10_000 })).status).toBe(503)
  })

  it('by another tenant’s CA of the same name has no effect', async () => {
    const mine = await setUp('mine.example')
    const theirs = await setUp('theirs.example')
    await upload(theirs, { revoked: [{ serial: THIRTEEN }] })
    await block(theirs, '0d')
    expect((await mine.send({ auth: await withSerial(mine.root, THIRTEEN) })).status).toBe(200)
  })
})
