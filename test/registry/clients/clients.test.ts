import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { addClients, type NotedClient } from '../../../src/edge/clients/sql.ts'
import { pruneClients } from '../../../src/registry/clients/sql.ts'
import { clientsOf, clientsPath, codesOf, hostnameRowOf, type Protected, settle } from '../../support/clients-seen.ts'
import { get } from '../../support/family.ts'
import { meteredDatabase } from '../../support/metered-db.ts'
import { NOW } from '../../support/pki.ts'
import { client, setUp, tlsClientAuth } from '../../support/protected.ts'
import { freshId, freshToken } from '../../support/requests.ts'
import { addZone, zone } from '../../support/tenants.ts'

/** The clients of a hostname as the API lists them, their bounds, and how long they are kept. */

const DAY = 86_400
const ANCHOR = 'f'.repeat(64)

let hosts = 0
function fresh(): Promise<Protected> {
  hosts += 1
  return setUp(`seen-${hosts}.example`)
}

const shaOf = (n: number) => n.toString(16).padStart(64, '0')

/** Clients as an isolate writes them: let in, unless there is a refusal. */
async function write(to: Protected, clients: readonly (Partial<NotedClient> & { readonly at?: number })[], now = NOW) {
  const { tenant, hostname } = to
  const owned = { account: tenant.accountId, zone: tenant.zoneId, hostname }
  const noted = clients.map(({ at = now, ...more }, i): NotedClient => {
    const isRefused = more.refusal !== undefined
    return {
      ...owned,
      client: shaOf(i),
      own: true,
      subject: `CN=${i}`,
      issuer: 'CN=root',
      notAfter: NOW + 365 * DAY,
      accepted: isRefused ? 0 : 1,
      acceptedAt: isRefused ? undefined : at,
      anchor: isRefused ? undefined : ANCHOR,
      refused: isRefused ? 1 : 0,
      refusedAt: isRefused ? at : undefined,
      refusal: undefined,
      firstAt: at,
      chain: '',
      ...more,
    }
  })
  const certificates = noted.map(({ client: sha256, own }) => ({
    account: tenant.accountId,
    sha256,
    der: '30'.repeat(1_000),
    own,
  }))
  const hostnames = [{ ...owned, own: 0, strangers: 0 }]
  const certified = certificates.filter(({ sha256 }) => sha256.length === 64)
  // As many at a time as an isolate writes.
  for (let from = 0; from < noted.length; from += 200) {
    const some = <T>(list: readonly T[]) => list.slice(from, from + 200)
    await addClients(env.DB, { hostnames, clients: some(noted), certificates: some(certified), anchors: [] }, now)
  }
}

const many = (count: number, from = 0, more: Partial<NotedClient> = {}) =>
  Array.from({ length: count }, (_, i) => ({ client: shaOf(from + i), ...more }))

const bytesOf = ({ tenant }: Protected) =>
  env.DB.prepare('SELECT client_bytes, stranger_bytes FROM accounts WHERE id = ?1').bind(tenant.accountId).first()

const stranger = { own: false, refusal: 'no_issuer' }

describe('the list', () => {
  it('is in the order in which clients were last seen, in pages, and narrowed down', async () => {
    const host = await fresh()
    const expired = { refusal: 'expired' }
    await write(host, [{ at: NOW - 9 }, { at: NOW - 2, ...expired }, { at: NOW - 5, anchor: 'e'.repeat(64) }, stranger])
    const list = async (query: string) => {
      const { result, result_info } = await clientsOf(host, query)
      return [result.clients.map(({ subject }: { readonly subject: string }) => subject), result_info.total_count]
    }
    expect(await list('')).toEqual([['CN=3', 'CN=1', 'CN=2', 'CN=0'], 4])
    expect(await list('?per_page=2&page=2')).toEqual([['CN=2', 'CN=0'], 4])
    expect(await list('?accepted=true')).toEqual([['CN=2', 'CN=0'], 2])
    expect(await list('?accepted=false')).toEqual([['CN=3', 'CN=1'], 2])
    expect(await list('?code=expired')).toEqual([['CN=1'], 1])
    expect(await list('?code=accepted')).toEqual([['CN=2', 'CN=0'], 2])
    expect(await list(`?anchor=${ANCHOR}`)).toEqual([['CN=0'], 1])
    expect(await list('?accepted=true&code=expired')).toEqual([[], 0])
  })

  it.each(['code=', 'code=x;y', 'accepted=yes', 'accepted=true&accepted=true', 'anchor=abc'])(
    'refuses ?%s',
    async (query) => {
      const host = await fresh()
      const answer = await get(`${clientsPath(host)}?${query}`, host.tenant.authorization)
      expect([answer.status, answer.body.errors[0]?.code]).toEqual([400, 12130])
      expect(answer.text).toContain(`${query.split('=')[0]} must be`)
      expect((await get(`${clientsPath(host)}?${query}`, await freshToken([]))).status).toBe(403)
    },
  )

  it("shows a hostname's clients to its owner alone, and not those of an owner before", async () => {
    const host = await fresh()
    await write(host, [{}])
    const reader = await freshToken([zone(host.tenant.zoneId, 'read')])
    expect((await get(clientsPath(host, 'zones'), reader)).status).toBe(200)
    expect((await get(clientsPath(host), reader)).status).toBe(403)
    const inner = await addZone(host.tenant.accountId, host.hostname, { id: freshId() })
    expect((await clientsOf(host)).result).toMatchObject({ since: null, clients: [] })
    expect((await get(clientsPath(host, 'zones'), host.tenant.authorization)).status).toBe(400)
    const other = await fresh()
    const foreign = clientsPath({ ...host, tenant: other.tenant })
    expect((await get(foreign, other.tenant.authorization)).status).toBe(400)
    // The inner zone goes, and the account has its clients back.
    await env.DB.prepare('DELETE FROM zones WHERE id = ?1').bind(inner).run()
    expect((await clientsOf(host)).result.clients).toHaveLength(1)
  })
})

describe('a hostname is ready to be enforced', () => {
  /** A hostname whose clients have been seen for 8 days. */
  async function observed() {
    const host = await fresh()
    await write(host, [{}], NOW - 8 * DAY)
    await write(host, [{}], NOW)
    return host
  }

  it('if its clients were seen for 7 days and none of its own is refused', async () => {
    const host = await observed()
    expect((await clientsOf(host)).result).toMatchObject({ ready_to_enforce: true, reasons: [] })
  })

  it.each<[string, string[], (host: Protected) => Promise<unknown>]>([
    ['strangers', ['strangers_refused'], (host) => write(host, [{ client: shaOf(9), ...stranger }])],
    [
      'requests without a certificate',
      ['without_certificate'],
      (host) => write(host, [{ client: 'no_certificate', own: false, refusal: 'no_certificate' }]),
    ],
    [
      'a client that was refused 8 days ago',
      [],
      (host) => write(host, [{ client: shaOf(9), refusal: 'expired', at: NOW - 8 * DAY }]),
    ],
    [
      'a client that was refused two days ago, and was let in since',
      [],
      async (host) => {
        await write(host, [{ client: shaOf(9), refusal: 'no_issuer', at: NOW - 2 * DAY }])
        await write(host, [{ client: shaOf(9) }])
      },
    ],
    [
      'more strangers than are kept',
      ['strangers_refused', 'strangers_not_kept'],
      (host) => write(host, many(201, 9, stranger)),
    ],
  ])('in spite of %s', async (_, codes, add) => {
    const host = await observed()
    await add(host)
    const answer = await clientsOf(host)
    expect([answer.result.ready_to_enforce, codesOf(answer)]).toEqual([true, codes])
  })

  it.each<[string, string[], (host: Protected) => Promise<unknown>]>([
    ['a client of its CAs is refused', ['clients_refused'], (host) => write(host, [{ refusal: 'expired' }])],
    [
      'identities keep one out',
      ['clients_refused'],
      (host) => write(host, [{ client: shaOf(9), refusal: 'identity_not_allowed' }]),
    ],
    [
      'one is let in, and was refused in the last day',
      ['clients_refused'],
      async (host) => {
        await write(host, [{ refusal: 'no_issuer', at: NOW - DAY + 1 }])
        await write(host, [{}])
      },
    ],
    ['more clients of its CAs came than are kept', ['clients_not_kept'], (host) => write(host, many(1_000, 9))],
    [
      'it has no CA any more',
      ['no_trust'],
      (host) => env.DB.prepare('DELETE FROM certificate_hostnames WHERE certificate_id = ?1').bind(host.id).run(),
    ],
  ])('but not if %s', async (_, codes, add) => {
    const host = await observed()
    await add(host)
    const answer = await clientsOf(host)
    expect([answer.result.ready_to_enforce, codesOf(answer)]).toEqual([false, codes])
  })

  it('but not before its clients were seen, or for less than 7 days, or if none was let in', async () => {
    const host = await fresh()
    expect(codesOf(await clientsOf(host))).toEqual(['no_client_seen'])
    await write(host, [{}], NOW - 7 * DAY + 1)
    expect(codesOf(await clientsOf(host))).toEqual(['observed_briefly'])
    expect(codesOf(await clientsOf(host, '', { now: NOW + 2 }))).toEqual(['no_client_accepted'])
  })
})

describe('rows and bytes', () => {
  it('are bounded for a hostname, and what has no room is counted as others', async () => {
    const host = await fresh()
    await write(host, many(210, 0, stranger))
    for (let from = 1_000; from < 2_010; from += 202) await write(host, many(202, from))
    expect(await hostnameRowOf(host)).toMatchObject({ own: 1_000, own_others: 10, strangers: 200, stranger_others: 10 })
    // What is there already, and requests without a certificate, need no room.
    await write(host, [...many(200, 0, stranger), { client: 'no_certificate', ...stranger, refusal: 'no_certificate' }])
    expect(await hostnameRowOf(host)).toMatchObject({ strangers: 201, stranger_others: 10 })
    expect((await clientsOf(host)).result.others).toEqual({ own: 10, strangers: 10 })
  })

  it('are bounded for an account, apart for strangers, and a stranger may turn out to be its own', async () => {
    const host = await fresh()
    await env.DB.prepare('UPDATE accounts SET stranger_bytes = 4194303 WHERE id = ?1').bind(host.tenant.accountId).run()
    await write(host, [{ client: shaOf(1), ...stranger }])
    await write(host, [{ client: shaOf(2), ...stranger }, { client: shaOf(3) }])
    expect(await hostnameRowOf(host)).toMatchObject({ own: 1, strangers: 0, stranger_others: 2 })
    await env.DB.prepare('UPDATE accounts SET stranger_bytes = 1200 WHERE id = ?1').bind(host.tenant.accountId).run()
    await write(host, [{ client: shaOf(1), ...stranger }])
    expect(await bytesOf(host)).toEqual({ client_bytes: 1_800, stranger_bytes: 1_800 })
    await write(host, [{ client: shaOf(1) }])
    expect(await bytesOf(host)).toEqual({ client_bytes: 3_600, stranger_bytes: 0 })
  })

  it('go with the zone, and are counted off', async () => {
    const host = await fresh()
    await write(host, [{}, { client: shaOf(9), ...stranger }])
    await host.send({ auth: tlsClientAuth(await client(host.root)) })
    await settle(host.afterwards)
    await env.DB.batch(
      ['certificate_hostnames WHERE certificate_id', 'certificates WHERE id'].map((sql) =>
        env.DB.prepare(`DELETE FROM ${sql} = ?1`).bind(host.id),
      ),
    )
    await env.DB.prepare('DELETE FROM zones WHERE id = ?1').bind(host.tenant.zoneId).run()
    expect(await hostnameRowOf(host)).toBeNull()
    const left =
      'SELECT coalesce(sum(200 + length(der)), 0) AS n FROM client_certificates WHERE account_id = ?1 AND own'
    const certificates = await env.DB.prepare(left).bind(host.tenant.accountId).first<number>('n')
    expect(await bytesOf(host)).toMatchObject({ client_bytes: certificates, stranger_bytes: 1_200 })
  })
})

describe('the cron trigger deletes', () => {
  it('clients not seen for 30 days, and after 7 days those whose certificates have expired', async () => {
    const host = await fresh()
    const expires = { notAfter: NOW + DAY }
    await write(host, [{}, expires, { client: shaOf(5), ...expires, at: NOW + 20 * DAY }])
    const left = async (days: number) => {
      await pruneClients(env.DB, NOW + days * DAY)
      return (await clientsOf(host)).result.clients
        .map(({ subject }: { readonly subject: string }) => subject)
        .toSorted()
    }
    expect(await left(8)).toEqual(['CN=0', 'CN=1', 'CN=2'])
    expect(await left(9)).toEqual(['CN=0', 'CN=2'])
    expect(await left(30)).toEqual(['CN=0'])
    expect(await left(31)).toEqual([])
    expect(await hostnameRowOf(host)).toBeNull()
    expect(await bytesOf(host)).toEqual({ client_bytes: 3_600, stranger_bytes: 0 })
    for (let run = 0; run < 5; run += 1) await pruneClients(env.DB, NOW + 61 * DAY)
    expect(await bytesOf(host)).toEqual({ client_bytes: 0, stranger_bytes: 0 })
  })

  it('once a day a hostname, and reads almost nothing otherwise', async () => {
    await write(await fresh(), many(50))
    for (let run = 0; run < 3; run += 1) await pruneClients(env.DB, NOW + 3 * DAY)
    const { db, carried } = meteredDatabase()
    await pruneClients(db, NOW + 3 * DAY)
    expect(carried.map(({ rowsRead, rowsWritten }) => [rowsRead < 5, rowsWritten])).toEqual([
      [true, 0],
      [true, 0],
    ])
  })
})
