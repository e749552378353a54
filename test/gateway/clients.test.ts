import { describe, expect, it } from 'vitest'
import { time } from '../../src/testing/der.ts'
import { clientsOf, hostnameRowOf, settle } from '../support/clients-seen.ts'
import { put } from '../support/family.ts'
import { meteredD1 } from '../support/metered-db.ts'
import { NOW } from '../support/pki.ts'
import { client, setUp, T, tlsClientAuth } from '../support/protected.ts'
import { issue } from '../support/x509/chain.ts'

/** What the gateway keeps of its clients, and what that costs. */

describe('a request of a client', () => {
  it('is counted, by certificate and over its anchor', async () => {
    const gateway = await setUp('counted.example')
    const { root, send, afterwards } = gateway
    const auth = tlsClientAuth(await client(root, { cn: 'agent' }))
    await send({ auth })
    expect(afterwards).toMatchObject([{ afterSeconds: 5 }])
    for (let i = 1; i <= 9; i += 1) await send({ auth, at: T + i * 1_000 })
    expect(afterwards).toHaveLength(1)
    await settle(afterwards)
    const { result } = await clientsOf(gateway, '', { now: NOW + 9 })
    const { certificate_sha256: sha256 } = result.anchors[0]
    expect(result).toMatchObject({
      since: '2026-06-01T00:00:00Z',
      anchors: [
        { subject: 'CN=root', certificate_id: gateway.id, count: 10, share: 1, last_at: '2026-06-01T00:00:09Z' },
      ],
      clients: [
        {
          certificate_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          subject: 'CN=agent',
          issuer: 'CN=root',
          issued_by_own_ca: true,
          accepted: true,
          code: 'accepted',
          anchor_sha256: sha256,
          accepted_count: 10,
          refused_count: 0,
          first_seen_at: '2026-06-01T00:00:00Z',
          last_seen_at: '2026-06-01T00:00:09Z',
          last_accepted_at: '2026-06-01T00:00:09Z',
          last_refused_at: null,
        },
      ],
    })
  })

  it.each(['report', 'required'])('is counted in mode %s with why it is refused, and whose it is', async (mode) => {
    const gateway = await setUp(`whose-${mode}.example`)
    const { tenant, hostname, root, send, afterwards } = gateway
    await put(`/edge/v1/accounts/${tenant.accountId}/hostnames/${hostname}`, tenant.authorization, { mode })
    const fake = await issue({ cn: 'root' })
    await send({ auth: tlsClientAuth(await client(root, { cn: 'late', notAfter: time('2026-05-31T00:00:00Z') })) })
    // It names the CA, and the CA did not sign it.
    await send({ auth: tlsClientAuth(await client(fake, { cn: 'liar', notAfter: time('2026-05-31T00:00:00Z') })) })
    await send({ auth: tlsClientAuth(await client(await issue({ cn: 'other' }), { cn: 'stranger' })) })
    await send()
    await send()
    await send({ auth: tlsClientAuth(undefined, [], { certPresented: '1', certRFC9440: ':x:' }) })
    await settle(afterwards)
    const { result } = await clientsOf(gateway)
    const facts = result.clients.map((one: Record<string, unknown>) => [
      one['subject'],
      one['code'],
      one['issued_by_own_ca'],
      one['refused_count'],
    ])
    expect(facts.toSorted()).toEqual([
      ['', 'certificate_unreadable', false, 1],
      ['', 'no_certificate', false, 2],
      ['CN=late', 'expired', true, 1],
      ['CN=liar', 'expired', false, 1],
      ['CN=stranger', 'no_issuer', false, 1],
    ])
  })

  it('costs nothing where CLIENTS is off, and where the hostname has no certificates', async () => {
    const gateway = await setUp('off.example')
    const auth = tlsClientAuth(await client(gateway.root))
    await gateway.send({ auth, env: { CLIENTS: 'off' } })
    await gateway.send({ auth, url: 'https://none.off.example/' })
    expect(gateway.afterwards).toEqual([])
    expect((await gateway.send({ auth, env: { CLIENTS: 'Off' } })).status).toBe(500)
    expect(gateway.log.at(-1)).toMatchObject({ cause: expect.stringContaining('CLIENTS must be on or off') })
  })

  it('is a data point of Analytics Engine where there is one', async () => {
    const { root, send, hostname, tenant } = await setUp('events.example')
    const points: unknown[] = []
    const CLIENT_EVENTS = { writeDataPoint: (point: unknown) => points.push(point) }
    const auth = tlsClientAuth(await client(root))
    for (let i = 0; i < 3; i += 1) await send({ auth, env: { CLIENT_EVENTS } })
    await send({ env: { CLIENT_EVENTS } })
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/)
    const point = (...blobs: unknown[]) => ({
      indexes: [hostname],
      blobs: [hostname, ...blobs, tenant.accountId],
      doubles: [1],
    })
    const accepted = point('accepted', sha256, sha256)
    expect(points).toEqual([accepted, accepted, accepted, point('no_certificate', '', '')])
  })

  it('is answered as ever where its data point or count fails', async () => {
    const { root, send, afterwards, log } = await setUp('fails.example')
    const auth = tlsClientAuth(await client(root))
    const CLIENT_EVENTS = {
      writeDataPoint: () => {
        throw new Error('too many data points')
      },
    }
    expect((await send({ auth, env: { CLIENT_EVENTS } })).status).toBe(200)
    expect(log).toContainEqual(expect.objectContaining({ event: 'clients_lost' }))
    expect((await send({ auth })).status).toBe(200)
    expect(afterwards).toHaveLength(1)
  })
})

describe('D1 is written', () => {
  it('five times for a thousand clients, and then only what has doubled', async () => {
    const gateway = await setUp('thousand.example')
    const { root, send, afterwards } = gateway
    const clients = await Promise.all(Array.from({ length: 1_000 }, (_, i) => client(root, { cn: `agent ${i}` })))
    const auths = clients.map((one) => tlsClientAuth(one))
    const { db, carried } = meteredD1()
    // Those of the gateway's own trust are not counted.
    const written = () => {
      const ours = carried.splice(0).filter(({ sql }) => /^(?:INSERT INTO client|UPDATE client)/.test(sql))
      return { calls: ours.length / 5, rows: ours.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0) }
    }
    for (const auth of auths) await send({ auth, env: { DB: db } })
    await settle(afterwards)
    // Six rows for each client, once: it and its certificate with its index, and each counted; and ten beside.
    expect(written()).toEqual({ calls: 5, rows: 6_010 })
    expect(await hostnameRowOf(gateway)).toMatchObject({ own: 1_000, own_others: 0 })

    // One more request of each has doubled its count: one row each. Another has not.
    const later = async (at: number, some: readonly object[]) => {
      for (const auth of some) await send({ auth, at, env: { DB: db } })
    }
    await later(T + 60_000, auths)
    await settle(afterwards)
    expect(written()).toEqual({ calls: 5, rows: 1_006 })
    await later(T + 120_000, auths)
    expect(afterwards).toEqual([])
    // After half an hour, what is left is written too, by whichever request comes then.
    await later(T + 2_000_000, auths.slice(0, 1))
    await settle(afterwards)
    expect(written()).toEqual({ calls: 5, rows: 1_006 })
    const { result, result_info } = await clientsOf(gateway, '?per_page=1')
    expect(result_info.total_count).toBe(1_000)
    expect(result).toMatchObject({ anchors: [{ count: 3_001 }], clients: [{ accepted_count: 4 }] })
  })
})
