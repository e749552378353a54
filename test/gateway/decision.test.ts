import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { post } from '../support/api.ts'
import { awayDatabase } from '../support/away-db.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { client, setUp, T, tlsClientAuth } from '../support/protected.ts'
import { addAccount, addTenant } from '../support/tenants.ts'
import { issue } from '../support/x509/chain.ts'

const FORBIDDEN = "Forbidden. You don't have permission to view this. Please contact your system administrator."

describe('a client in front of a protected hostname', () => {
  let gateway: Awaited<ReturnType<typeof setUp>>
  beforeAll(async () => {
    gateway = await setUp('decision.example')
  })

  it('is passed on with a certificate of the registered CA', async () => {
    const { root, send, behind } = gateway
    const answer = await send({ auth: tlsClientAuth(await client(root)) })
    expect([answer.status, await answer.text()]).toEqual([200, 'origin'])
    expect(behind.requests.at(-1)?.url).toBe('https://admin.decision.example/path?q=1')
  })

  it('is logged once, with what is known of its revocation, when it is decided on', async () => {
    const { root, send, log } = await setUp('logged.example')
    const auth = tlsClientAuth(await client(root))
    for (const _ of [1, 2])
      await send({ auth, headers: { 'cf-ray': '230b030023ae2822', 'cf-connecting-ip': '192.0.2.7' } })
    expect(log).toEqual([
      {
        level: 'info',
        event: 'client_accepted',
        request_id: '230b030023ae2822',
        method: 'GET',
        hostname: 'admin.logged.example',
        request_path: '/path',
        address: '192.0.2.7',
        d1_calls: 1,
        duration_ms: 0,
        subject: 'CN=client',
        revocation_covered: false,
        path: [expect.objectContaining({ subject: 'CN=client' }), expect.objectContaining({ subject: 'CN=root' })],
        revocation: [{ height: 0, subject: 'CN=client', status: 'not_covered' }],
      },
    ])
  })

  it('is passed on with the chain that it presented', async () => {
    const { root, send } = gateway
    const intermediate = await issue({ cn: 'intermediate', by: root })
    const leaf = await client(intermediate)
    expect((await send({ auth: tlsClientAuth(leaf) })).status).toBe(403)
    expect((await send({ auth: tlsClientAuth(leaf, [intermediate]) })).status).toBe(200)
  })

  it.each([
    ['no certificate', tlsClientAuth(), 'no_certificate'],
    ['no cf.tlsClientAuth at all', null, 'no_certificate'],
    [
      'a certificate over 10 KiB',
      { certPresented: '1', certRFC9440: '', certRFC9440TooLarge: true },
      'certificate_left_out',
    ],
    [
      'a text that is not a certificate',
      tlsClientAuth(undefined, [], { certPresented: '1', certRFC9440: 'x' }),
      'certificate_unreadable',
    ],
  ])('is refused with %s, and the log says why', async (_, auth, code) => {
    const { send, behind, log } = gateway
    const before = behind.requests.length
    const answer = await send({ auth })
    const reference = answer.headers.get('access-mtls-reference')
    expect([answer.status, await answer.json()]).toEqual([403, { message: FORBIDDEN, status_code: 403, reference }])
    expect(log.at(-1)).toMatchObject({ event: 'client_refused', reference, hostname: 'admin.decision.example', code })
    expect(behind.requests).toHaveLength(before)
  })

  it('is refused without a certificate; the log, and the answer if EXPLAIN is set, say how to switch on mTLS', async () => {
    const { send, log } = gateway
    await send({ auth: tlsClientAuth() })
    const suggestion = expect.stringMatching(
      /SSL\/TLS > Client Certificates > Hosts > Edit \(https:\/\/developers\.cloudflare\.com\/ssl\/client-certificates\/enable-mtls\/\)/,
    )
    expect(log.at(-1)).toMatchObject({ code: 'no_certificate', suggestion })
    const explained = await send({ auth: tlsClientAuth(), env: { EXPLAIN: 'true' } })
    expect(await explained.json()).toMatchObject({ reason: { code: 'no_certificate', suggestion } })
  })

  it('is refused with a chain over 16 KiB, which Cloudflare leaves out', async () => {
    const { root, send, log } = gateway
    const auth = tlsClientAuth(await client(root), [], { certChainRFC9440TooLarge: true })
    expect((await send({ auth })).status).toBe(403)
    expect(log.at(-1)).toMatchObject({ code: 'certificate_left_out', message: expect.stringContaining('16 KiB') })
  })

  it('is refused with a certificate of another CA, whatever the result of Cloudflare’s own check', async () => {
    const { send, log } = gateway
    const foreign = await client(await issue({ cn: 'root' }))
    expect((await send({ auth: tlsClientAuth(foreign, [], { certVerified: 'SUCCESS' }) })).status).toBe(403)
    expect(log.at(-1)).toMatchObject({ code: 'signature_invalid' })
  })

  it('is refused under a hostname of another tenant', async () => {
    const { root, send } = gateway
    const other = await setUp('other-tenant.example')
    const auth = tlsClientAuth(await client(root))
    expect((await send({ auth, url: 'https://admin.other-tenant.example/' })).status).toBe(403)
    expect(
      (await send({ auth: tlsClientAuth(await client(other.root)), url: `https://${other.hostname}/` })).status,
    ).toBe(200)
  })

  it.each([
    'https://ADMIN.decision.example/',
    'https://admin.decision.example./',
    'https://admin.decision.example:8443/',
  ])('gets the same decision at %s', async (url) => {
    const { root, send } = gateway
    expect((await send({ url, env: { UNPROTECTED: 'allow' } })).status).toBe(403)
    expect((await send({ url, auth: tlsClientAuth(await client(root)) })).status).toBe(200)
  })

  it('is let in with one look-up in the database; later requests need none', async () => {
    const { root, send, hostname } = await setUp('counted.example')
    const { db, calls } = countingDatabase(env.DB)
    const auth = tlsClientAuth(await client(root))
    for (const _ of [1, 2, 3])
      expect((await send({ auth, env: { DB: db }, url: `https://${hostname}/` })).status).toBe(200)
    expect(calls).toEqual(['batch'])
  })

  it('is refused with 503 while the database is away, and let in again afterwards', async () => {
    const { root, send, log } = await setUp('away.example')
    const auth = tlsClientAuth(await client(root))
    const { db, away } = awayDatabase(env.DB)
    for (const UNPROTECTED of ['refuse', 'allow']) {
      const answer = await send({ auth, env: { DB: db, UNPROTECTED } })
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
      expect(await answer.text()).not.toContain('D1_ERROR')
    }
    expect(JSON.stringify(log)).toContain('D1_ERROR: network')
    away.now = false
    expect((await send({ auth, env: { DB: db } })).status).toBe(200)
  })

  it('is refused within the age of the cache after the root is removed', async () => {
    const { root, send, certificates, id, tenant } = await setUp('gone.example')
    const auth = tlsClientAuth(await client(root))
    expect((await send({ auth })).status).toBe(200)
    await post(`${certificates}/${id}`, tenant.authorization, {}, { method: 'PUT' })
    expect((await send({ auth, at: T + 9_999 })).status).toBe(200)
    expect((await send({ auth, at: T + 10_000 })).status).toBe(403)
  })
})

describe('a hostname without certificates', () => {
  it('is refused, unless UNPROTECTED allows it', async () => {
    const { send } = await setUp('unprotected.example')
    const url = 'https://www.unprotected.example/'
    expect((await send({ url })).status).toBe(403)
    expect((await send({ url, env: { UNPROTECTED: 'refuse' } })).status).toBe(403)
    expect((await send({ url, env: { UNPROTECTED: 'allow' } })).status).toBe(200)
  })

  it('in no zone is let in or refused as UNPROTECTED says', async () => {
    const { send } = await setUp('nozone.example')
    const url = 'https://www.nobody.nowhere.example/'
    expect((await send({ url })).status).toBe(403)
    expect((await send({ url, env: { UNPROTECTED: 'allow' } })).status).toBe(200)
  })

  it('stays closed if Access was switched off for its account, whatever UNPROTECTED says', async () => {
    const { send, log } = await setUp('switched-off.example')
    const tenant = await addTenant('off.example', { enabled: false })
    expect(tenant.accountId).not.toBe('')
    expect((await send({ url: 'https://www.off.example/', env: { UNPROTECTED: 'allow' } })).status).toBe(403)
    expect(log.at(-1)).toMatchObject({ code: 'hostname_not_enabled' })
  })

  it.each(['https://127.0.0.1/', 'https://[::1]/', 'https://localhost/'])(
    'stays closed if it is not a hostname: %s',
    async (url) => {
      const { send } = await setUp(`none-${await addAccount()}.example`.slice(-40))
      expect((await send({ url, env: { UNPROTECTED: 'allow' } })).status).toBe(403)
    },
  )
})
