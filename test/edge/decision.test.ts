import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { fail, ok } from '../../src/core/result.ts'
import {
  type ClientDecision,
  type DecisionAmbient,
  databaseSource,
  decideClient,
  newEdge,
  plainDecision,
} from '../../src/edge/decision.ts'
import { time } from '../../src/testing/der.ts'
import { basicConstraints, extKeyUsage, keyUsage } from '../../src/testing/extensions.ts'
import { call, post } from '../support/api.ts'
import { awayDatabase } from '../support/away-db.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { putCrl } from '../support/crl.ts'
import { meteredDatabase } from '../support/metered-db.ts'
import { NOW, pem } from '../support/pki.ts'
import { addAccount, addTenant, addZone } from '../support/tenants.ts'
import { CLIENT_AUTH_OID, DIGITAL_SIGNATURE, type Issued, issue } from '../support/x509/chain.ts'
import { issueCrl } from '../support/x509/make-crl.ts'

const AGES = { maxAgeSeconds: 10, staleIfErrorSeconds: 0 }
const T = NOW * 1_000

const client = (by: Issued, more: Parameters<typeof issue>[0] = {}) =>
  issue({ cn: 'client', by, extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID)], ...more })

const ambient = (nowMs: number, log: unknown[] = []): DecisionAmbient => ({
  nowMs,
  waitUntil: () => undefined,
  logError: (cause) => log.push(cause),
})

/** A tenant with a root on one hostname, with a cache that counts its look-ups. */
async function setUp(domain: string) {
  const tenant = await addTenant(domain)
  const hostname = `admin.${domain}`
  const root = await issue({ cn: 'root', extensions: [basicConstraints(true), keyUsage(0x06, 1)] })
  const path = `/accounts/${tenant.accountId}/access/certificates`
  const body = { name: 'root', certificate: pem(root.der), associated_hostnames: [hostname] }
  const id = (await post(path, tenant.authorization, body)).body.result?.['id']
  const { db, calls: loads } = countingDatabase(env.DB)
  const edge = newEdge(databaseSource(db), AGES)
  const decide = (leaf: Issued, nowMs = T, name = hostname, chain: readonly Issued[] = []): Promise<ClientDecision> =>
    decideClient(edge, name, ok({ leaf: leaf.der, chain: chain.map(({ der }) => der) }), ambient(nowMs)).then(
      plainDecision,
    )
  const addRoot = async (another: Issued) => {
    const { status } = await post(path, tenant.authorization, { ...body, certificate: pem(another.der) })
    expect(status).toBe(201)
  }
  return { tenant, hostname, root, path, id, loads, edge, decide, addRoot }
}

describe('a decision at the edge', () => {
  it('is made once for a leaf, and then remembered', async () => {
    const { root, decide, loads } = await setUp('remember.example')
    const leaf = await client(root)
    expect(await decide(leaf)).toMatchObject({ accepted: true, cached: false })
    expect(await decide(leaf, T + 1)).toMatchObject({
      accepted: true,
      cached: true,
      path: [{ subject: 'CN=client' }, {}],
    })
    expect(loads).toHaveLength(1)
  })

  it('takes as many signature checks with a CRL as without', async () => {
    const { root, decide, tenant, id } = await setUp('signatures.example')
    const verified = async () => {
      const spy = vi.spyOn(crypto.subtle, 'verify')
      expect(await decide(await client(root), T + 20_000)).toMatchObject({ accepted: true })
      const { length } = spy.mock.calls
      spy.mockRestore()
      return length
    }
    const without = await verified()
    const crlPath = `/edge/v1/accounts/${tenant.accountId}/certificates/${id}/crl`
    expect((await putCrl({ crlPath, authorization: tenant.authorization }, await issueCrl(root))).status).toBe(200)
    expect([without, await verified()]).toEqual([1, 1])
  })

  it('is remembered where a stale CRL lets the leaf in, without another look-up', async () => {
    const { root, decide, tenant, id, loads } = await setUp('stale-soft.example')
    const edge = `/edge/v1/accounts/${tenant.accountId}/certificates/${id}`
    const headers = { authorization: tenant.authorization, 'content-type': 'application/json' }
    const policy = await call(`${edge}/revocation`, { method: 'PUT', headers, body: '{"stale_policy":"soft"}' })
    expect(policy.status).toBe(200)
    const crl = await issueCrl(root, { nextUpdate: time('2026-06-01T00:00:05Z') })
    expect((await putCrl({ crlPath: `${edge}/crl`, authorization: tenant.authorization }, crl)).status).toBe(200)
    const leaf = await client(root)
    expect(await decide(leaf, T + 5_000)).toMatchObject({ cached: false, revocation: [{ status: 'good' }] })
    expect(await decide(leaf, T + 6_000)).toMatchObject({ cached: false, revocation: [{ status: 'stale' }] })
    expect(await decide(leaf, T + 7_000)).toMatchObject({ cached: true, revocation: [{ status: 'stale' }] })
    expect(loads).toHaveLength(2)
  })

  it('lists no checks, and takes the memory of its certificates and of its key', async () => {
    const { root, decide, edge } = await setUp('memory.example')
    const [leaf, stranger] = [await client(root), await client(await issue({ cn: 'stranger' }))]
    expect(await decide(stranger)).not.toHaveProperty('trace')
    expect(edge.leaves.bytes).toBe(0)
    expect(await decide(leaf)).not.toHaveProperty('trace')
    const [[key = '', held] = []] = edge.leaves.latest(1)
    expect(key).toContain(leaf.der.toBase64())
    // 3,000 bytes, and eight for each byte of DER (src/edge/accepted-leaf.ts, src/edge/byte-cache.ts).
    expect(held?.bytes).toBe(3_000 + 8 * (leaf.der.length + root.der.length))
    expect(edge.leaves.bytes).toBe((held?.bytes ?? 0) + key.length)
  })

  it('is remembered no longer than the leaf is valid', async () => {
    const { root, decide } = await setUp('expiring.example')
    const leaf = await client(root, { notAfter: time('2026-06-01T00:00:05Z') })
    expect(await decide(leaf, T)).toMatchObject({ accepted: true })
    expect(await decide(leaf, T + 5_000)).toMatchObject({ accepted: true, cached: true })
    expect(await decide(leaf, T + 6_000)).toMatchObject({ accepted: false, code: 'expired' })
  })

  it.each(['intermediate', 'root'])('is remembered no longer than the %s above it is valid', async (which) => {
    const soon = { notAfter: time('2026-06-01T00:00:05Z') }
    const { decide, addRoot } = await setUp(`expiring-${which}.example`)
    const root = await issue({ cn: 'another root', ...(which === 'root' && soon) })
    const intermediate = await issue({ cn: 'intermediate', by: root, ...(which === 'intermediate' && soon) })
    await addRoot(root)
    const leaf = await client(intermediate)
    expect(await decide(leaf, T, undefined, [intermediate])).toMatchObject({ accepted: true })
    expect(await decide(leaf, T + 5_000, undefined, [intermediate])).toMatchObject({ accepted: true, cached: true })
    expect(await decide(leaf, T + 6_000, undefined, [intermediate])).toMatchObject({ accepted: false, code: 'expired' })
  })

  it('ends within the age of the cache after the root is removed', async () => {
    const { root, decide, path, id, tenant } = await setUp('removed.example')
    const leaf = await client(root)
    expect(await decide(leaf)).toMatchObject({ accepted: true })
    await post(`${path}/${id}`, tenant.authorization, {}, { method: 'PUT' })
    expect(await decide(leaf, T + 9_999)).toMatchObject({ accepted: true, cached: true })
    expect(await decide(leaf, T + 10_000)).toMatchObject({ accepted: false, code: 'hostname_without_certificates' })
  })

  it('ignores associations after a more specific zone of another account took the hostname over', async () => {
    const { root, decide, hostname } = await setUp('taken.example')
    const leaf = await client(root)
    await addZone(await addAccount(), hostname)
    expect(await decide(leaf)).toMatchObject({ accepted: false, code: 'hostname_without_certificates' })
  })

  it('refuses a leaf again each time, and never remembers a refusal', async () => {
    const { decide } = await setUp('refused.example')
    const stranger = await client(await issue({ cn: 'stranger' }))
    for (const at of [T, T + 1])
      expect(await decide(stranger, at)).toMatchObject({ accepted: false, code: 'no_issuer' })
  })

  it.each([
    ['a hostname in no zone', 'nobody.nowhere.example', 'hostname_not_enabled'],
    ['a hostname without certificates', 'other.reasons.example', 'hostname_without_certificates'],
    ['an address in place of a hostname', '127.0.0.1', 'hostname_invalid'],
  ])('refuses %s', async (_, name, code) => {
    const { decide, root } = await setUp(
      code === 'hostname_without_certificates' ? 'reasons.example' : `${code.replaceAll('_', '-')}.example`,
    )
    expect(await decide(await client(root), T, name)).toMatchObject({ accepted: false, code })
  })

  it('refuses everybody while the database is away, and says so in the log', async () => {
    const log: unknown[] = []
    const { db } = countingDatabase(env.DB, () => Promise.reject(new Error('D1 is away')))
    const leaf = await client(await issue({ cn: 'root' }))
    const presented = ok({ leaf: leaf.der, chain: [] })
    const { facts, decision } = await decideClient(
      newEdge(databaseSource(db), AGES),
      'a.example.com',
      presented,
      ambient(T, log),
    )
    expect([facts, decision]).toMatchObject([undefined, { accepted: false, code: 'trust_unavailable' }])
    expect(JSON.stringify(decision)).not.toContain('D1 is away')
    expect(new Set(log)).toEqual(new Set([new Error('D1 is away')]))
  })

  it('with staleIfErrorSeconds lets known clients in while the database is away, and never beyond their validity', async () => {
    const { hostname, root, tenant, id } = await setUp('stale-crl.example')
    const crlPath = `/edge/v1/accounts/${tenant.accountId}/certificates/${id}/crl`
    expect((await putCrl({ crlPath, authorization: tenant.authorization }, await issueCrl(root))).status).toBe(200)
    const { db, away } = awayDatabase(env.DB)
    away.now = false
    const edge = newEdge(databaseSource(db), { maxAgeSeconds: 10, staleIfErrorSeconds: 3_600 })
    const leaf = await client(root, { notAfter: time('2026-06-01T00:01:00Z') })
    const decide = async (one: Issued, nowMs: number) =>
      plainDecision(await decideClient(edge, hostname, ok({ leaf: one.der, chain: [] }), ambient(nowMs)))
    expect(await decide(leaf, T)).toMatchObject({ accepted: true })
    away.now = true
    expect(await decide(leaf, T + 60_999)).toMatchObject({ accepted: true, cached: true })
    expect(await decide(leaf, T + 61_000)).toMatchObject({ accepted: false, code: 'expired' })
    const foreign = await client(await issue({ cn: 'foreign' }))
    expect(await decide(foreign, T + 61_000)).toMatchObject({ accepted: false, code: 'no_issuer' })
    // Of the CA, but on a path whose revocation is not known.
    const sub = await issue({ cn: 'sub', by: root, extensions: [basicConstraints(true), keyUsage(0x06, 1)] })
    const below = { leaf: (await client(sub)).der, chain: [sub.der] }
    const { decision } = await decideClient(edge, hostname, ok(below), ambient(T + 61_000))
    expect(decision).toMatchObject({ accepted: false, code: 'trust_unavailable' })
  })

  it('reads no certificates of the hostname for a client without one', async () => {
    const { hostname } = await setUp('no-client.example')
    const { db, carried } = meteredDatabase()
    const none = fail({ code: 'no_certificate', message: '', suggestion: '' } as const)
    const edge = newEdge(databaseSource(db), AGES)
    for (const at of [T, T + 1]) {
      const { decision } = await decideClient(edge, hostname, none, ambient(at))
      expect(decision).toMatchObject({ accepted: false, code: 'no_certificate' })
    }
    expect(carried).toHaveLength(1)
  })

  it('does not take a bug for a database that is away', async () => {
    const { hostname, root, tenant, id } = await setUp('bug.example')
    const crlPath = `/edge/v1/accounts/${tenant.accountId}/certificates/${id}/crl`
    expect((await putCrl({ crlPath, authorization: tenant.authorization }, await issueCrl(root))).status).toBe(200)
    const bug = new TypeError('a bug')
    const lookUp = () => {
      throw bug
    }
    const edge = newEdge({ ...databaseSource(env.DB), lookUp }, AGES)
    const presented = ok({ leaf: (await client(root)).der, chain: [] })
    await expect(decideClient(edge, hostname, presented, ambient(T))).rejects.toBe(bug)
  })

  it('is remembered beyond the age while nothing changes, without reading certificates again', async () => {
    const { root, decide, loads } = await setUp('unchanged.example')
    const leaf = await client(root)
    expect(await decide(leaf)).toMatchObject({ accepted: true, cached: false })
    expect(await decide(leaf, T + 10_000)).toMatchObject({ accepted: true, cached: true })
    expect(loads).toHaveLength(2)
  })
})
