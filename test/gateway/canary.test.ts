import { env } from 'cloudflare:workers'
import { afterAll, expect, it, vi } from 'vitest'
import { awayDatabase } from '../support/away-db.ts'
import { Canaries, eachRow, keyOf } from '../support/canaries.ts'
import { type ClientRequest, client, origin, setUp, T, tlsClientAuth } from '../support/protected.ts'
import { issue } from '../support/x509/chain.ts'

/** What clients send to a protected hostname: no secret of it is in the gateway's log, its own answers or the database. */

const oneLine = (canary: string) => keyOf(canary).replaceAll('\n', ' ')

/** Doors of a client's request. `sound` is what Cloudflare says of a client that is let in. */
const DOORS: Readonly<Record<string, (canary: string, sound: object) => ClientRequest>> = {
  'the path': (canary, auth) => ({ auth, url: `https://admin.canary.example/${encodeURIComponent(keyOf(canary))}` }),
  'the query': (canary, auth) => ({
    auth,
    url: `https://admin.canary.example/?${canary}=${encodeURIComponent(keyOf(canary))}`,
  }),
  Authorization: (canary, auth) => ({ auth, headers: { authorization: `Bearer ${canary}` } }),
  'a cookie': (canary, auth) => ({ auth, headers: { cookie: `session=${canary}` } }),
  'a header of a certificate': (canary, auth) => ({
    auth,
    headers: { 'client-cert': `:${btoa(canary)}:`, 'cf-client-cert-sha256': canary },
  }),
  "a header's name": (canary, auth) => ({ auth, headers: { [canary]: '1' } }),
  'a body': (canary, auth) => ({ auth, method: 'POST', body: keyOf(canary) }),
  ...Object.fromEntries(
    [
      ...[
        'certRFC9440',
        'certChainRFC9440',
        'certVerified',
        'certPresented',
        'certSubjectDN',
        'certIssuerDN',
        'certSerial',
      ],
      ...[
        'certFingerprintSHA1',
        'certFingerprintSHA256',
        'certSubjectDNRFC2253',
        'certNotAfter',
        'certSKI',
        'anything',
      ],
    ].flatMap((name) => [
      [name, (canary: string, auth: object) => ({ auth: { ...auth, [name]: oneLine(canary) } })],
      [
        `${name} in base64`,
        (canary: string, auth: object) => ({ auth: { ...auth, [name]: `:${btoa(keyOf(canary))}:` } }),
      ],
    ]),
  ),
}

const AWAY = 'D1 is away'

const canaries = new Canaries()
const consoles = (['log', 'error', 'warn', 'info', 'debug'] as const).map((name) =>
  vi.spyOn(console, name).mockImplementation(() => undefined),
)
afterAll(() => vi.restoreAllMocks())

it('a secret of a client is in no log but for its path, no answer of ours and no table', {
  timeout: 120_000,
}, async () => {
  const { root, send, log, hostname } = await setUp('canary.example', true)
  expect(hostname).toBe('admin.canary.example')
  const leaf = await client(root)
  const { db: DB, away } = awayDatabase(env.DB)
  const stranger = await client(await issue({ cn: 'elsewhere' }))
  const unreachable = origin(() => Promise.reject(new Error('unreachable'))).binding
  const situations: Readonly<Record<string, ClientRequest>> = {
    'let in': {},
    refused: { auth: tlsClientAuth(stranger) },
    'refused, with an explanation': { auth: tlsClientAuth(stranger), env: { DB, EXPLAIN: 'true' } },
    'the origin is away': { env: { DB, ORIGIN: unreachable } },
    // What is remembered of the hostname is too old by then.
    [AWAY]: { at: T + 3_600_000 },
    'a setting is wrong': { env: { DB, EXPLAIN: 'perhaps' } },
  }
  const statuses = new Set<number>()
  for (const [name, door] of Object.entries(DOORS)) {
    for (const [situation, more] of Object.entries(situations)) {
      const request = door(canaries.plant(`${name}, ${situation}`), more.auth ?? tlsClientAuth(leaf))
      away.now = situation === AWAY
      const answer = await send({ env: { DB }, ...more, ...request })
      statuses.add(answer.status)
      canaries.search('the answer', `${JSON.stringify([...answer.headers])} ${await answer.text()}`)
    }
  }
  canaries.search('the log', JSON.stringify(log))
  for (const spied of consoles) canaries.search('the console', JSON.stringify(spied.mock.calls))
  await eachRow((table, row) => canaries.search(`table ${table}`, row))
  vi.restoreAllMocks()
  console.log(`canaries: ${Object.keys(DOORS).length} doors of the gateway, ${canaries.planted} canaries`)
  expect([...statuses].toSorted()).toEqual([200, 403, 500, 502, 503])
  // The path without its query is in the log, as docs/operate.md says: a refusal of a client is of no use without it.
  expect(canaries.found).toEqual(
    Object.keys(situations)
      .map((situation) => `the path, ${situation}: the log`)
      .toSorted(),
  )
})
