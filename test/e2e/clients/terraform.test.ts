import { createHash, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rfc3339 } from '../../../src/core/rfc3339.ts'
import { root } from '../../support/pki.ts'
import { type Played, Player, readRecording, type Sequence } from '../support/recording.ts'
import { admin, type FirstRun, migratedFolder, readFirstRun, type Server, startServer } from '../support/server.ts'

/** Longest time for a destroy here, in ms. The real service makes Terraform wait for up to a minute (contract 3). */
const DESTROY_LIMIT_MS = 5_000

const folder = migratedFolder()
let server: Server
let first: FirstRun
let keyHeaders: Readonly<Record<string, string>>
let tokenHeaders: Readonly<Record<string, string>>

beforeAll(async () => {
  server = await startServer(folder.path)
  first = readFirstRun(server.output())
  const { email = '', key = '' } = await admin(
    folder.path,
    ...['key', 'create', '--email', 'terraform@example.com', '--account', first.accountId, '--permission', 'write'],
  )
  keyHeaders = { 'x-auth-email': email, 'x-auth-key': key }
  tokenHeaders = { authorization: `Bearer ${first.token}` }
})
afterAll(async () => {
  await server?.stop()
  folder.remove()
})

/** What each version keeps of a certificate in its state, and compares with the configuration or with the state before. */
const STATE = {
  'terraform-4': ['id', 'name', 'associated_hostnames', 'fingerprint'],
  'terraform-5': ['id', 'name', 'associated_hostnames', 'fingerprint', 'expires_on', 'created_at', 'updated_at'],
} as const

const CASES = (['terraform-4', 'terraform-5'] as const).flatMap((file) =>
  (['accounts', 'zones'] as const).map((scope) => ({ file, scope, recording: readRecording(file) })),
)

/** The attributes that a plan would change: those whose refreshed value differs from the state. */
function changes(state: Played['result'], refreshed: Played['result'], attributes: readonly string[]) {
  return attributes.filter((name) => JSON.stringify(state[name]) !== JSON.stringify(refreshed[name]))
}

describe.each(CASES)('$recording.client, in $scope', ({ file, scope, recording }) => {
  const pem = root()
  let player: Player

  beforeAll(() => {
    const auth = recording.credentials === 'key' ? keyHeaders : tokenHeaders
    const { raw, validTo } = new X509Certificate(pem)
    const md5 = createHash('md5').update(raw).digest('hex').toUpperCase()
    player = new Player(
      `${server.origin}/client/v4`,
      { ...recording.headers, ...auth },
      {
        account_id: first.accountId,
        zone_id: first.zoneId,
        certificate: pem,
        fingerprint: `MD5 Fingerprint=${md5.replace(/..(?!$)/g, '$&:')}`,
        expires_on: rfc3339(Date.parse(validTo) / 1_000),
      },
    )
  })

  /** Recorded for an account. Only this part differs for a zone. */
  const inScope = (sequence: Sequence): Sequence =>
    scope === 'accounts'
      ? sequence
      : JSON.parse(JSON.stringify(sequence).replaceAll('/accounts/{account_id}/', '/zones/{zone_id}/'))

  it.each(recording.sequences)('$name', async (sequence) => {
    const { result, timings } = await player.play(inScope(sequence))
    if (sequence.planned !== undefined) {
      // Otherwise the provider reports an inconsistent result after apply.
      expect(result).toMatchObject(player.fill(sequence.planned))
      const refresh = await player.play(inScope(REFRESH))
      expect(changes(result, refresh.result, STATE[file])).toEqual([])
    }
    if (sequence.planned_settings !== undefined) {
      const planned = player.fill(sequence.planned_settings)
      expect(result).toEqual(planned)
      expect((await player.play(inScope(REFRESH_SETTINGS))).result).toEqual(planned)
    }
    if (sequence.name === 'destroy') {
      // Each recorded request was sent once, without waiting.
      expect(timings).toHaveLength(sequence.requests.length)
      const total = timings.reduce((sum, { ms }) => sum + ms, 0)
      const each = timings.map(({ request, ms }) => `${request} ${ms.toFixed(1)} ms`).join(', ')
      console.log(`${recording.client} destroy (${scope}): ${each}; together ${total.toFixed(1)} ms`)
      expect(total).toBeLessThan(DESTROY_LIMIT_MS)
    }
  })
})

/** The first step of `terraform plan` in every version. */
const REFRESH: Sequence = {
  name: 'refresh',
  requests: [{ method: 'GET', path: '/accounts/{account_id}/access/certificates/{certificate_id}', status: 200 }],
}

const REFRESH_SETTINGS: Sequence = {
  name: 'refresh of hostname settings',
  requests: [{ method: 'GET', path: '/accounts/{account_id}/access/certificates/settings', status: 200 }],
}

/** The parts of a list's answer that the libraries read. */
interface Page {
  readonly result: readonly { readonly id: string }[]
  readonly result_info: Readonly<Record<string, number>>
}

describe('lists of the libraries below Terraform', () => {
  let list: (query: string) => Promise<Page>
  let ids: readonly string[]

  beforeAll(async () => {
    const { id = '' } = await admin(folder.path, 'account', 'add', '--name', 'many', '--quota', '60')
    const { token = '' } = await admin(folder.path, 'token', 'create', '--account', id, '--permission', 'write')
    const url = `${server.origin}/client/v4/accounts/${id}/access/certificates`
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    list = async (query) => (await (await fetch(url + query, { headers })).json()) as Page
    const created: string[] = []
    for (let count = 0; count < 53; count += 1) {
      const body = JSON.stringify({ name: `${count}`, certificate: root() })
      const response = await fetch(url, { method: 'POST', headers, body })
      const { result } = (await response.json()) as { readonly result: Page['result'][number] }
      created.push(result.id)
    }
    ids = created
  })

  it('cloudflare-go v0: pages of 25, as many as total_pages says', async () => {
    const found: string[] = []
    let page = 1
    for (let pages = 1; page <= pages; page += 1) {
      const { result, result_info } = await list(`?page=${page}&per_page=25`)
      found.push(...result.map(({ id }) => id))
      pages = result_info['total_pages'] ?? 0
      expect(result_info).toEqual({ count: result.length, page, per_page: 25, total_count: 53, total_pages: 3 })
    }
    expect(page).toBe(4)
    expect(found).toEqual(ids)
  })

  it('cloudflare-go v6/v7: one page after the other, up to an empty one', async () => {
    const found: string[] = []
    const sizes: number[] = []
    for (let page = 1; sizes.at(-1) !== 0; page += 1) {
      const { result } = await list(page === 1 ? '' : `?page=${page}`)
      found.push(...result.map(({ id }) => id))
      sizes.push(result.length)
    }
    expect(sizes).toEqual([50, 3, 0])
    expect(found).toEqual(ids)
  })
})
