import { env } from 'cloudflare:workers'
import type fc from 'fast-check'
import { handleRequest } from '../../src/api/router.ts'
import { handleGateway } from '../../src/gateway/handle.ts'
import { issueCa } from '../support/crl.ts'
import { NOW, pem } from '../support/pki.ts'
import { client, origin, tlsClientAuth } from '../support/protected.ts'
import type { Issued } from '../support/x509/chain.ts'
import { issueCrl } from '../support/x509/make-crl.ts'
import { alphas, bearer, bravos, bravosZone, type Command, inners, KEY_PAIR, outers } from './commands.ts'
import { nthId, type Talk } from './conversation.ts'
import { edgeCommands } from './edge-commands.ts'
import type { WireRequest } from './model.ts'
import { LEASED, makeWorld, NAMES, type Pems, type Place, provision, TOKENS } from './world.ts'

/** Histories of two tenants who register the same certificates, and all that one of them can read. */

type TenantName = 'alpha' | 'bravo'

interface TenantPlaces {
  readonly places: readonly Place[]
  /** Credentials that are the tenant's own. The first stands in for those of others. */
  readonly credentials: readonly [Place['headers'], ...Place['headers'][]]
  /** Makes its ids different from the other's. */
  readonly firstId: number
}

const { alphaWrite, alphaRead, outerWrite, expiring, future, bravoWrite } = TOKENS
const TENANTS: Readonly<Record<TenantName, TenantPlaces>> = {
  alpha: {
    places: [alphas, outers, { ...inners, headers: bearer(alphaWrite) }],
    credentials: [bearer(alphaWrite), ...[alphaRead, outerWrite, expiring, future].map(bearer), KEY_PAIR],
    firstId: 0,
  },
  bravo: {
    places: [
      bravos,
      { ...bravosZone, headers: bearer(bravoWrite) },
      { kind: 'zones', id: LEASED.id, headers: bearer(bravoWrite), names: NAMES.bravo.slice(2) },
    ],
    credentials: [bearer(bravoWrite)],
    firstId: 1_000_000,
  },
}

const SECRETS = Object.values(TOKENS).map(({ secret }) => secret)

export interface TwoTenants {
  readonly pems: Pems
  readonly edgeCommands: readonly fc.Arbitrary<Command>[]
  /** Takes away all that was written, the record of changes included. */
  readonly begin: () => Promise<void>
  /** PEM of the CA that both tenants register. */
  readonly shared: string
  /** A client of that CA. */
  readonly client: Issued
}

/** Two tenants in the world of test/model, and a CA whose certificate both may register. */
export async function twoTenants(): Promise<TwoTenants> {
  const { world, pems } = await makeWorld()
  await provision(world)
  const ca = await issueCa()
  const leaf = await client(ca)
  const crls = await Promise.all(
    [1, 2, 3].map((number) =>
      issueCrl(ca, { number, revoked: number === 2 ? [] : [{ serial: 1_001 }, { serial: 1_002 }] }),
    ),
  )
  const shared = pem(ca.der)
  // Changes and their chains are kept for good; between two histories, they go.
  const triggers = ['change_is_kept', 'chain_stays'].map((name) => env.DB.prepare(`DROP TRIGGER ${name}`))
  await env.DB.batch(triggers)
  return {
    pems: { ...pems, good: [[shared], ...pems.good.slice(0, 2)] },
    edgeCommands: edgeCommands(crls),
    begin: await eraser(),
    shared,
    client: leaf,
  }
}

const KEPT = ['accounts', 'zones', 'credentials', 'grants', 'd1_migrations']

async function eraser(): Promise<() => Promise<void>> {
  const tables = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{ name: string }>()
  const names = tables.results
    .map(({ name }) => name)
    .filter((name) => !KEPT.includes(name) && !name.startsWith('_cf') && !name.startsWith('sqlite'))
  // What others refer to goes after them.
  const rank = (name: string) => ['change_chains', 'changes', 'certificates', 'certificate_chain'].indexOf(name)
  const order = names.toSorted((a, b) => rank(b) - rank(a))
  const last = order.filter((name) => rank(name) >= 0)
  const all = [...order.filter((name) => rank(name) < 0), ...last]
  return async () => {
    // Twice: triggers of a deletion may leave rows behind in a table that was emptied before.
    const statements = [...all, ...all].map((name) => env.DB.prepare(`DELETE FROM ${name}`))
    // The hostnames that an account ever had are counted, and never less.
    const counter = env.DB.prepare('UPDATE accounts SET hostnames = 0')
    await env.DB.batch([env.DB.prepare('PRAGMA defer_foreign_keys = on'), ...statements, counter])
  }
}

/** One tenant's history: what it sent, and each octet of what it was answered. */
export class Solo implements Talk {
  now = NOW
  /** How often each write was acknowledged: method and last part of the path. */
  readonly acknowledged = new Map<string, number>()
  readonly transcript: string[] = []
  readonly #world: TwoTenants
  readonly #tenant: TenantPlaces
  readonly #made: { readonly id: string; readonly place: Place }[] = []
  #exchanges = 0

  constructor(world: TwoTenants, tenant: TenantName) {
    this.#world = world
    this.#tenant = TENANTS[tenant]
  }

  place(number: number): Place {
    const { places } = this.#tenant
    return places[number % places.length] ?? alphas
  }

  made(ago: number) {
    return this.#made.at(-1 - ago) ?? this.#made[0]
  }

  remember(place: Place): void {
    this.#made.push({ id: nthId(this.#exchanges + this.#tenant.firstId), place })
  }

  async exchange({ method, target, headers, body, throttled }: Omit<WireRequest, 'now' | 'newId'>) {
    this.#exchanges += 1
    const [now, id] = [this.now, nthId(this.#exchanges + this.#tenant.firstId)]
    const octets = typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? null)
    const request = new Request(`https://api.example${target}`, { method, headers: this.#own(headers), body: octets })
    const limiter = { limit: () => Promise.resolve({ success: !throttled }) }
    const log = (entry: object) => this.transcript.push(`log ${JSON.stringify(entry)}`)
    const ambient = { now, clock: () => now, clockMs: () => now * 1_000, newId: () => id, log, address: '192.0.2.1' }
    const response = await handleRequest(request, { DB: env.DB, RATE_LIMITER: limiter }, ambient)
    await this.#note(`${method} ${target}`, response)
    if (response.ok && method !== 'GET') {
      const what = `${method} ${target
        .replaceAll(/[0-9a-f-]{32,}|[\w%.-]+\.example/g, '*')
        .replace(/.*\/\//, '')
        .split('/')
        .slice(-2)
        .join('/')}`
      this.acknowledged.set(what, (this.acknowledged.get(what) ?? 0) + 1)
    }
    return { status: response.status }
  }

  /** Registers the certificate of the CA that both have, for a hostname of the tenant's own. */
  async open(): Promise<void> {
    const place = this.place(0)
    const body = { name: 'shared', certificate: this.#world.shared, associated_hostnames: place.names.slice(0, 1) }
    await this.#read('POST', `/accounts/${place.id}/access/certificates`, place, JSON.stringify(body))
    this.remember(place)
  }

  /** Credentials that are not the tenant's own become so: nobody sends another's secret. */
  #own(headers: Place['headers']): Place['headers'] {
    const { credentials } = this.#tenant
    const text = JSON.stringify(headers)
    const own = credentials.flatMap((one) => Object.values(one))
    const isForeign = SECRETS.some((secret) => text.includes(secret)) && !own.some((value) => text.includes(value))
    return isForeign ? { ...headers, ...credentials[0] } : headers
  }

  /** All that the tenant can read, by every route, and the gateway's decisions at its hostnames. */
  async readAll(): Promise<void> {
    for (const place of this.#tenant.places) {
      const [scope, edge] = [`/${place.kind}/${place.id}`, `/edge/v1/${place.kind}/${place.id}`]
      const certificates = `/client/v4${scope}/access/certificates`
      const records = this.#made.filter((one) => one.place.id === place.id).slice(-1)
      const paths = [
        certificates,
        `${certificates}?page=2&per_page=1`,
        `${certificates}/settings`,
        ...(place.kind === 'accounts' ? [`/client/v4${scope}/tokens/verify`] : []),
        ...['/user/tokens/verify', '/accounts', '/zones', scope].map((path) => `/client/v4${path}`),
        ...[
          '/quotas',
          '/hostnames',
          '/hostnames?per_page=1',
          '/changes',
          '/changes?per_page=2&page=2',
          '/changes/1',
        ].map((rest) => edge + rest),
        ...place.names.slice(0, 2).map((name) => `${edge}/hostnames/${encodeURIComponent(name)}`),
        ...records.map(({ id }) => `${certificates}/${id}`),
        ...records.flatMap(({ id }) =>
          ['crl', 'blocked_serials', 'revocation'].map((rest) => `${edge}/certificates/${id}/${rest}`),
        ),
      ]
      for (const target of paths) await this.#read('GET', target, place)
      const certificate = pem(this.#world.client.der)
      for (const hostname of ['alpha.example', 'a.alpha.example', 'shop.alpha.example']) {
        if (place.kind === 'accounts') await this.decide(hostname)
        await this.#read('POST', `${edge}/verify`, place, JSON.stringify({ hostname, certificate }))
      }
    }
  }

  async #read(method: string, target: string, { headers }: Place, body?: string): Promise<void> {
    const given = body === undefined ? {} : { body }
    await this.exchange({
      method,
      target,
      headers: { ...headers, 'content-type': 'application/json' },
      throttled: false,
      ...given,
    })
  }

  /** Asks the gateway, whose memory is empty, about the client. */
  async decide(hostname: string): Promise<void> {
    const cf = { tlsClientAuth: tlsClientAuth(this.#world.client) }
    const request = new Request(`https://${hostname}/`, { cf } as RequestInit)
    const waiting: Promise<unknown>[] = []
    const response = await handleGateway(
      request as Request<unknown, IncomingRequestCfProperties>,
      { DB: env.DB, ORIGIN: origin((r) => new Response(JSON.stringify([...r.headers]))).binding },
      {
        nowMs: this.now * 1_000,
        clockMs: () => this.now * 1_000,
        newId: () => 'reference',
        log: (entry) => this.transcript.push(JSON.stringify(entry)),
        waitUntil: (promise) => waiting.push(promise),
        later: () => undefined,
      },
      {},
    )
    await Promise.all(waiting)
    await this.#note(`gateway ${hostname}`, response)
  }

  async #note(asked: string, response: Response): Promise<void> {
    // A bookmark is D1's position in the history of the whole database.
    const headers = [...response.headers].filter(([name]) => name !== 'x-d1-bookmark')
    this.transcript.push(`${asked}\n${response.status} ${JSON.stringify(headers)}\n${await response.text()}`)
  }
}
