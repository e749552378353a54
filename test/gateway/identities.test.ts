import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { dns, extKeyUsage, subjectAltName } from '../../src/testing/extensions.ts'
import { post } from '../support/api.ts'
import { settingOf } from '../support/edge-routes.ts'
import { get, put } from '../support/family.ts'
import { pem } from '../support/pki.ts'
import { client, setUp, T, tlsClientAuth } from '../support/protected.ts'
import { freshId } from '../support/requests.ts'
import { addAccount, addZone } from '../support/tenants.ts'
import { CLIENT_AUTH_OID, DIGITAL_SIGNATURE, type Issued } from '../support/x509/chain.ts'

type Protected = Awaited<ReturnType<typeof setUp>>

/** Each step of a test comes when the gateway has forgotten what it knew. */
let now = T
const later = () => {
  now += 20_000
  return now
}

const named = (by: Issued, name: string) =>
  client(by, {
    cn: 'client',
    extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID), subjectAltName([dns(name)])],
  })

async function setRules({ tenant, hostname }: Protected, body: object, at = hostname) {
  const path = `/edge/v1/accounts/${tenant.accountId}/hostnames/${at}`
  const answer = await put(path, tenant.authorization, { mode: 'required', ...body })
  expect(answer.status).toBe(200)
}

const rules = (...names: readonly string[]) => ({ identities: names.map((name) => ({ dns: name })) })

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a hostname with identity rules', () => {
  let gateway: Protected
  let ada: Issued
  let bob: Issued
  beforeAll(async () => {
    gateway = await setUp('rules.example', true)
    ada = await named(gateway.root, 'ada.clients.example')
    bob = await named(gateway.root, 'bob.clients.example')
    await setRules(gateway, rules('ada.clients.example', 'x.example'))
  })

  it('lets a client in that matches one, and tells the origin of it', async () => {
    const { send, behind } = gateway
    expect((await send({ auth: tlsClientAuth(ada), at: later() })).status).toBe(200)
    expect(behind.requests.at(-1)?.headers.has('client-cert')).toBe(true)
  })

  it('refuses a valid client that matches none, and logs what was asked for and what the client has', async () => {
    const { send, behind, log } = gateway
    const before = [log.length, behind.requests.length] as const
    const answer = await send({ auth: tlsClientAuth(bob), at: later() })
    expect([answer.status, behind.requests.length]).toEqual([403, before[1]])
    expect(await answer.json()).not.toHaveProperty('reason')
    expect(log.slice(before[0])).toMatchObject([
      {
        event: 'client_refused',
        code: 'identity_not_allowed',
        subject: 'CN=client',
        fault: {
          rules: 2,
          asked: [{ dns: 'ada.clients.example' }, { dns: 'x.example' }],
          has: { common_name: ['client'], dns: ['bob.clients.example'], ext_key_usage: [CLIENT_AUTH_OID] },
        },
        message: 'The client certificate is valid, but matches none of the 2 identity rules of the hostname.',
      },
    ])
  })

  it('does not tell a refused client whom it lets in, where clients read the reason', async () => {
    const answer = await gateway.send({ auth: tlsClientAuth(bob), at: later(), env: { EXPLAIN: 'true' } })
    const text = await answer.text()
    expect(JSON.parse(text).reason).toMatchObject({ code: 'identity_not_allowed', fault: { rules: 2, has: {} } })
    expect(text).toContain('bob.clients.example')
    expect(text).not.toContain('ada.clients.example')
  })

  it('refuses a certificate of another CA by its own code, whatever its names are', async () => {
    const stranger = await named((await setUp('strangers.example')).root, 'ada.clients.example')
    await gateway.send({ auth: tlsClientAuth(stranger), at: later() })
    expect(gateway.log.at(-1)).toMatchObject({ event: 'client_refused', code: 'signature_invalid' })
  })

  it('refuses a blocked client as blocked', async () => {
    const { tenant, id, send, log, root } = gateway
    const eve = await named(root, 'eve.example')
    const serial = Number(eve.der[14]) * 256 + Number(eve.der[15])
    const path = `/edge/v1/accounts/${tenant.accountId}/certificates/${id}/blocked_serials/dec:${serial}`
    expect((await put(path, tenant.authorization, '')).status).toBe(200)
    await send({ auth: tlsClientAuth(eve), at: later() })
    expect(log.at(-1)).toMatchObject({ code: 'blocked' })
  })

  it('refuses a client that was let in, once the rules leave it out, within the age of the cache', async () => {
    const { send } = gateway
    const at = later()
    expect((await send({ auth: tlsClientAuth(ada), at })).status).toBe(200)
    await setRules(gateway, rules('bob.clients.example'))
    expect((await send({ auth: tlsClientAuth(ada), at: at + 10_000 })).status).toBe(403)
    expect((await send({ auth: tlsClientAuth(bob), at: at + 10_000 })).status).toBe(200)
    await setRules(gateway, rules('ada.clients.example'))
  })

  it('lets every valid client in once they are cleared', async () => {
    const { send } = gateway
    const at = later()
    expect((await send({ auth: tlsClientAuth(bob), at })).status).toBe(403)
    await setRules(gateway, { identities: [] })
    expect((await send({ auth: tlsClientAuth(bob), at: at + 10_000 })).status).toBe(200)
    await setRules(gateway, rules('ada.clients.example'))
  })

  it('passes such a client in report mode without telling the origin of it, and logs the code', async () => {
    const { send, behind, log } = gateway
    await setRules(gateway, { mode: 'report' })
    expect((await send({ auth: tlsClientAuth(bob), at: later() })).status).toBe(200)
    expect(behind.requests.at(-1)?.headers.has('client-cert')).toBe(false)
    expect(log.at(-1)).toMatchObject({ event: 'client_would_be_refused', code: 'identity_not_allowed' })
    await setRules(gateway, { mode: 'required' })
  })

  it('costs a client that is remembered no call, no digest and no signature check', async () => {
    const { send, log } = gateway
    const at = later()
    await send({ auth: tlsClientAuth(ada), at })
    const lines = log.length
    const [digest, verify] = [vi.spyOn(crypto.subtle, 'digest'), vi.spyOn(crypto.subtle, 'verify')]
    const parse = vi.spyOn(JSON, 'parse')
    expect((await send({ auth: tlsClientAuth(ada), at: at + 1 })).status).toBe(200)
    expect([digest, verify, parse].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0])
    expect(log).toHaveLength(lines)
  })

  it('costs a new client three digests more, and no call of the database', async () => {
    const another = await setUp('cost.example')
    const cost = async () => {
      const at = later()
      await another.send({ auth: tlsClientAuth(await named(another.root, 'ada.example')), at })
      const leaf = await named(another.root, 'ada.example')
      const [digest, verify] = [vi.spyOn(crypto.subtle, 'digest'), vi.spyOn(crypto.subtle, 'verify')]
      await another.send({ auth: tlsClientAuth(leaf), at: at + 1 })
      const counts = [digest, verify].map(({ mock }) => mock.calls.length)
      vi.restoreAllMocks()
      expect(another.log.at(-1)).toMatchObject({ event: 'client_accepted', d1_calls: 0 })
      return counts
    }
    const [digests = 0, checks] = await cost()
    await setRules(another, rules('ada.example'))
    expect(await cost()).toEqual([digests + 3, checks])
  })
})

describe('hostnames with the same certificates', () => {
  it('have rules of their own: who was let in at one is not at the other', async () => {
    const gateway = await setUp('siblings.example')
    const { tenant, certificates, id, send, hostname } = gateway
    const [a, b] = [hostname, 'b.siblings.example']
    await post(`${certificates}/${id}`, tenant.authorization, { associated_hostnames: [a, b] }, { method: 'PUT' })
    const [ada, bob] = [await named(gateway.root, 'ada.example'), await named(gateway.root, 'bob.example')]
    await setRules(gateway, rules('ada.example'), a)
    await setRules(gateway, rules('bob.example'), b)
    const at = later()
    const statuses = async (leaf: Issued) => [
      (await send({ auth: tlsClientAuth(leaf), at, url: `https://${a}/` })).status,
      (await send({ auth: tlsClientAuth(leaf), at, url: `https://${b}/` })).status,
    ]
    for (let round = 0; round < 2; round += 1) {
      expect([await statuses(ada), await statuses(bob)]).toEqual([
        [200, 403],
        [403, 200],
      ])
    }
  })

  it('with and without rules do not share who was let in', async () => {
    const gateway = await setUp('half.example')
    const { tenant, certificates, id, send, hostname } = gateway
    const [a, b] = [hostname, 'b.half.example']
    await post(`${certificates}/${id}`, tenant.authorization, { associated_hostnames: [a, b] }, { method: 'PUT' })
    await setRules(gateway, rules('ada.example'), b)
    const bob = tlsClientAuth(await named(gateway.root, 'bob.example'))
    const at = later()
    expect((await send({ auth: bob, at, url: `https://${a}/` })).status).toBe(200)
    expect((await send({ auth: bob, at, url: `https://${b}/` })).status).toBe(403)
  })
})

describe('the rules of a hostname', () => {
  const statusOf = async ({ send, root }: Protected) =>
    (await send({ auth: tlsClientAuth(await named(root, 'bob.example')), at: later() })).status

  it('count in a new zone of the account, which has them from then on', async () => {
    const gateway = await setUp('nested.example')
    const { tenant, hostname } = gateway
    await setRules(gateway, rules('ada.example'))
    const zoneId = await addZone(tenant.accountId, hostname, { id: freshId() })
    expect(await statusOf(gateway)).toBe(403)
    const shown = await get(`/edge/v1/zones/${zoneId}/hostnames/${hostname}`, tenant.authorization)
    expect(settingOf(shown)).toEqual({ hostname, mode: 'required', ...rules('ada.example') })
  })

  it('do not count while another account has it, and do when it comes back with its certificates', async () => {
    const gateway = await setUp('lent.example')
    const { hostname, tenant } = gateway
    await setRules(gateway, rules('ada.example'))
    const taken = await addZone(await addAccount(), hostname, { id: freshId() })
    await gateway.send({ auth: tlsClientAuth(await named(gateway.root, 'bob.example')), at: later() })
    expect(gateway.log.at(-1)).toMatchObject({ code: 'hostname_without_certificates' })
    await env.DB.prepare('DELETE FROM zones WHERE id = ?1').bind(taken).run()
    expect(await statusOf(gateway)).toBe(403)
    const shown = await get(`/edge/v1/accounts/${tenant.accountId}/hostnames/${hostname}`, tenant.authorization)
    expect(settingOf(shown)).toEqual({ hostname, mode: 'required', ...rules('ada.example') })
  })

  it('stay when a hostname that was open gets certificates again', async () => {
    const gateway = await setUp('reopened.example')
    const { tenant, certificates, id, hostname } = gateway
    const associate = (names: readonly string[]) =>
      post(`${certificates}/${id}`, tenant.authorization, { associated_hostnames: names }, { method: 'PUT' })
    await associate([])
    await setRules(gateway, { mode: 'open', ...rules('ada.example') })
    await associate([hostname])
    expect(await statusOf(gateway)).toBe(403)
  })

  it('count although a zone set them before the account associated a certificate', async () => {
    const gateway = await setUp('early.example')
    await setRules(gateway, rules('ada.example'))
    await env.DB.prepare('UPDATE hostname_modes SET by_account = 0 WHERE hostname_ascii = ?1')
      .bind(gateway.hostname)
      .run()
    await env.DB.prepare("UPDATE accounts SET trust_version = 'x' WHERE id = ?1").bind(gateway.tenant.accountId).run()
    expect(await statusOf(gateway)).toBe(403)
  })

  it('are gone with a certificate that is registered anew only if they were cleared', async () => {
    const gateway = await setUp('anew.example')
    const { tenant, certificates, id, hostname } = gateway
    await setRules(gateway, rules('ada.example'))
    await post(`${certificates}/${id}`, tenant.authorization, { associated_hostnames: [] }, { method: 'PUT' })
    await post(certificates, tenant.authorization, {
      name: 'another',
      certificate: `${pem((await setUp('third.example')).root.der)}${pem(gateway.root.der)}`,
      associated_hostnames: [hostname],
    })
    expect(await statusOf(gateway)).toBe(403)
  })
})
