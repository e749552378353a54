import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { LogEntry } from '../../../src/core/log.ts'
import { runJobs } from '../../../src/jobs/index.ts'
import type { Fetcher } from '../../../src/registry/crl-fetches/download.ts'
import { fetchDueCrls } from '../../../src/registry/crl-fetches/run.ts'
import { post } from '../../support/api.ts'
import { type CrlTenant, crlTenant, numbersOf, putCrl } from '../../support/crl.ts'
import { get, put, remove } from '../../support/family.ts'
import { jobAmbient } from '../../support/jobs.ts'
import { NOW } from '../../support/pki.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** CRLs that the cron trigger fetches from the URL of a record. */

const HOSTS = { CRL_SOURCE_HOSTS: 'crl.example.com,*.pki.example.com' }
const OPTIONS = { env: { ...env, ...HOSTS } }
const URL_OF_CA = 'https://crl.example.com/ca.crl'
/** What issueCrl() gives: nextUpdate is 30 days after NOW. */
const DAY = 86_400

const policyPath = ({ edge }: CrlTenant) => `${edge}/revocation`

async function setUrl(tenant: CrlTenant, url: string | null = URL_OF_CA, options = OPTIONS) {
  const answer = await put(policyPath(tenant), tenant.authorization, { crl_url: url }, options)
  expect(answer.status).toBe(200)
  return answer
}

async function fetchOf(tenant: CrlTenant): Promise<Record<string, unknown> | null> {
  const answer = await get(`${tenant.edge}/crl_fetch`, tenant.authorization, OPTIONS)
  expect(answer.status).toBe(200)
  return answer.body.result
}

/** One run; returns what was asked for, and the lines of the log. */
async function run(answerOf: (url: string) => Response | Promise<Response>, now = NOW) {
  const asked: string[] = []
  const log: LogEntry[] = []
  const fetcher: Fetcher = async (url) => {
    asked.push(url)
    return await answerOf(url)
  }
  const hosts = HOSTS.CRL_SOURCE_HOSTS.split(',')
  await fetchDueCrls({ db: env.DB, hosts, ...jobAmbient(now, { fetcher, log: (entry) => log.push(entry) }) })
  return { asked, log }
}

const nothing = () => new Response(null, { status: 500 })

describe.each(['accountPath', 'zonePath'] as const)('the crl_url of a certificate in %s', (scope) => {
  it('is fetched by the next run, halfway to nextUpdate again, and at most once a day', async () => {
    const tenant = await crlTenant(1, scope)
    const first = await issueCrl(tenant.ca, { number: 1 })
    const second = await issueCrl(tenant.ca, { number: 2 })
    const answer = await setUrl(tenant)
    expect(answer.body.result).toEqual({ stale_policy: 'hard', uncovered: 'allow', crl_url: URL_OF_CA })
    const before = { crl_url: URL_OF_CA, fetched_at: null, failures: 0, error: null, next_at: null }
    expect(await fetchOf(tenant)).toEqual(before)
    expect((await run(() => new Response(first))).asked).toEqual([URL_OF_CA])
    expect(await numbersOf(tenant)).toEqual(['1'])
    expect(await fetchOf(tenant)).toEqual({
      ...before,
      fetched_at: '2026-06-01T00:00:00Z',
      next_at: '2026-06-02T00:00:00Z',
    })
    expect((await run(() => new Response(second), NOW + DAY - 1)).asked).toEqual([])
    expect((await run(() => new Response(second), NOW + DAY)).asked).toEqual([URL_OF_CA])
    expect(await numbersOf(tenant)).toEqual(['2'])
    // Six hours before nextUpdate, three remain until the next fetch, which finds the same CRL.
    await run(() => new Response(second), NOW + 30 * DAY - 21_600)
    expect(await fetchOf(tenant)).toMatchObject({ next_at: '2026-06-30T21:00:00Z', failures: 0 })
    await setUrl(tenant, null)
    expect(await fetchOf(tenant)).toBeNull()
    expect((await run(nothing, NOW + 60 * DAY)).asked).toEqual([])
  })

  it('uploads by a credential of its own, which the record of changes names', async () => {
    const tenant = await crlTenant(1, scope)
    await setUrl(tenant)
    const crl = await issueCrl(tenant.ca)
    await run(() => new Response(crl))
    const path = tenant.edge.replace(/\/certificates\/.*/, '/changes?per_page=2')
    const { body } = await get(path, tenant.authorization)
    expect(body.result).toMatchObject([
      { operation: 'upload_crls', actor: { kind: 'token', name: `CRL fetch of ${tenant.id}` } },
      { operation: 'put_revocation_policy', before: { crl_url: null }, after: { crl_url: URL_OF_CA } },
    ])
    await setUrl(tenant, null)
    const left = await env.DB.prepare("SELECT 1 FROM credentials WHERE name = 'CRL fetch of ' || ?1")
      .bind(tenant.id)
      .all()
    expect(left.results).toEqual([])
  })
})

describe('a fetch that fails', () => {
  it('is told, logged and tried again, later each time, until it succeeds; CRLs by hand go on', async () => {
    const tenant = await crlTenant()
    await setUrl(tenant)
    const waits = [300, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 21_600, 21_600]
    let now = NOW
    for (const [index, wait] of waits.entries()) {
      const { log } = await run(nothing, now)
      expect(log).toMatchObject([
        {
          level: 'error',
          event: 'crl_fetch_failed',
          scope: tenant.edge.match(/accounts\/[0-9a-f]+/)?.[0],
          certificate_id: tenant.id,
          failures: index + 1,
          cause: 'the server answered 500',
        },
      ])
      const { next_at, failures, error } = (await fetchOf(tenant)) ?? {}
      expect([Date.parse(String(next_at)) / 1_000 - now, failures, error]).toEqual([
        wait,
        index + 1,
        'the server answered 500',
      ])
      now += wait
    }
    expect((await putCrl(tenant, await issueCrl(tenant.ca, { number: 7 }))).status).toBe(200)
    const same = await issueCrl(tenant.ca, { number: 8 })
    await run(() => new Response(same), now)
    expect(await fetchOf(tenant)).toMatchObject({ failures: 0, error: null })
    expect(await numbersOf(tenant)).toEqual(['8'])
  })

  const TWELVE_MIB = new Uint8Array(12 * 1024 * 1024)
  const manyTimes = (chunk: Uint8Array, times: number) =>
    new ReadableStream({
      type: 'bytes',
      pull(controller) {
        if (times === 0) return controller.close()
        times -= 1
        controller.enqueue(chunk.slice())
      },
    })

  it.each<[string, (url: string) => Response | Promise<Response>, string]>([
    ['a server that is away', () => Promise.reject(new Error('secret of the network')), 'the server cannot be reached'],
    ['an error', () => new Response('secret', { status: 404 }), 'the server answered 404'],
    ['nothing', () => new Response(''), 'the server sent nothing'],
    ['HTML', () => new Response('<html>secret</html>'), 'the CRL must be a CRL in PEM or DER'],
    ['too much', () => new Response(manyTimes(TWELVE_MIB, 5)), 'the CRL is larger than 50331648 bytes'],
    [
      'a redirect elsewhere',
      () => Response.redirect('https://169.254.169.254/x', 302),
      'the server redirects to a host',
    ],
    ['a redirect to http', () => Response.redirect('http://crl.example.com/x', 301), 'the server redirects to a host'],
    ['redirects without end', (url) => Response.redirect(`${url}x`, 307), 'the server redirects more than 3 times'],
  ])('because of %s says so, and repeats nothing of it', async (_, answerOf, error) => {
    const tenant = await crlTenant()
    await setUrl(tenant)
    const { asked } = await run(answerOf)
    for (const url of asked) expect(new URL(url).hostname).toBe('crl.example.com')
    const state = await fetchOf(tenant)
    expect(state).toMatchObject({ failures: 1, error: expect.stringContaining(error) })
    expect(JSON.stringify(state)).not.toContain('secret')
    expect(await numbersOf(tenant)).toEqual([])
    await setUrl(tenant, null)
  })

  it('because the CRL is older keeps the current one', async () => {
    const tenant = await crlTenant()
    await putCrl(tenant, await issueCrl(tenant.ca, { number: 9 }))
    await setUrl(tenant)
    const older = await issueCrl(tenant.ca, { number: 8 })
    await run(() => new Response(older))
    expect(await fetchOf(tenant)).toMatchObject({
      error: 'the CRL is not newer than the current one: CRL number 8 is lower than that of the current CRL, 9',
    })
    expect(await numbersOf(tenant)).toEqual(['9'])
    await setUrl(tenant, null)
  })

  it.each([
    ['switched off', "UPDATE credentials SET status = 'disabled' WHERE name = 'CRL fetch of ' || ?1"],
    ['deleted', "DELETE FROM credentials WHERE name = 'CRL fetch of ' || ?1"],
  ])('because its credential was %s stores nothing', async (_, sql) => {
    const tenant = await crlTenant()
    await setUrl(tenant)
    await env.DB.prepare(sql).bind(tenant.id).run()
    const crl = await issueCrl(tenant.ca)
    await run(() => new Response(crl))
    expect(await fetchOf(tenant)).toMatchObject({ error: expect.stringContaining('the credential of this fetch') })
    expect(await numbersOf(tenant)).toEqual([])
    await setUrl(tenant, null)
  })
})

describe('a redirect', () => {
  it('to another host that the operator allows is followed', async () => {
    const tenant = await crlTenant()
    await setUrl(tenant)
    const crl = await issueCrl(tenant.ca)
    const there = 'https://cdn.pki.example.com/ca.crl'
    const { asked } = await run((url) => (url === there ? new Response(crl) : Response.redirect(there, 302)))
    expect(asked).toEqual([URL_OF_CA, there])
    expect(await numbersOf(tenant)).toEqual(['1'])
    await setUrl(tenant, null)
  })
})

describe('a run', () => {
  it('fetches for each account in its turn, 40 in all, and leaves the rest to the next one', async () => {
    const [many, few] = [await crlTenant(), await crlTenant()]
    await setUrl(few)
    const { results } = await env.DB.prepare('SELECT * FROM certificates WHERE id = ?1').bind(many.id).all()
    const [record = {}] = results
    const columns = Object.keys(record).filter((name) => name !== 'sequence')
    for (let i = 0; i < 45; i += 1) {
      const id = crypto.randomUUID()
      const values = columns.map((name) =>
        name === 'id' ? id : name === 'content_sha256' ? `${i}`.padStart(64, '0') : record[name],
      )
      await env.DB.batch([
        env.DB.prepare(`INSERT INTO certificates (${columns.join()}) VALUES (${columns.map(() => '?').join()})`).bind(
          ...values,
        ),
        env.DB.prepare(
          "INSERT INTO revocation_policies (certificate_id, stale_crl, crl_url) VALUES (?1, 'hard', ?2)",
        ).bind(id, `https://crl.example.com/${i}`),
      ])
    }
    // The few one is due last.
    await env.DB.prepare('UPDATE crl_fetches SET next_at = 1 WHERE certificate_id = ?1').bind(few.id).run()
    const first = await run(nothing)
    expect(first.asked).toHaveLength(40)
    expect(first.asked.indexOf(URL_OF_CA)).toBe(1)
    expect((await run(nothing)).asked).toHaveLength(6)
    await env.DB.prepare('DELETE FROM revocation_policies WHERE crl_url IS NOT NULL').run()
  })

  it('leaves alone what another run is fetching', async () => {
    const tenant = await crlTenant()
    await setUrl(tenant)
    const crl = await issueCrl(tenant.ca)
    const inner: string[] = []
    await run(async () => {
      inner.push(...(await run(nothing)).asked)
      return new Response(crl)
    })
    expect([inner, await numbersOf(tenant)]).toEqual([[], ['1']])
    await setUrl(tenant, null)
  })

  it('does not overwrite what a new URL began', async () => {
    const tenant = await crlTenant()
    await setUrl(tenant)
    await run(async () => {
      await setUrl(tenant, 'https://crl.example.com/other.crl')
      return nothing()
    })
    expect(await fetchOf(tenant)).toMatchObject({
      crl_url: 'https://crl.example.com/other.crl',
      failures: 0,
      next_at: null,
    })
    await setUrl(tenant, null)
  })

  it.each([
    [HOSTS, [URL_OF_CA], 3],
    [{}, [], 0],
  ])('of the cron trigger with %j asks for %j, in %i calls of the database', async (settings, urls, calls) => {
    const tenant = await crlTenant()
    await setUrl(tenant)
    const asked: string[] = []
    const log: LogEntry[] = []
    const fetcher: Fetcher = async (url) => {
      asked.push(url)
      return nothing()
    }
    await runJobs({ ...env, ...settings }, jobAmbient(NOW, { fetcher, log: (entry) => log.push(entry) }))
    expect(asked).toEqual(urls)
    expect(log.at(-1)).toMatchObject({ operation: 'fetch_crls', level: 'info', d1_calls: calls })
    await setUrl(tenant, null)
  })
})

describe('a certificate that is deleted', () => {
  it('is fetched no longer; brought back, it is fetched again', async () => {
    const tenant = await crlTenant()
    await setUrl(tenant)
    expect((await remove(tenant.record, tenant.authorization)).status).toBe(200)
    expect((await run(nothing)).asked).toEqual([])
    const changes = tenant.edge.replace(/\/certificates\/.*/, '/changes')
    const { body } = await get(`${changes}?per_page=1`, tenant.authorization)
    const [{ id } = { id: '' }] = (body.result ?? []) as unknown as readonly { readonly id: string }[]
    expect((await post(`${changes}/${id}/revert`, tenant.authorization, undefined, OPTIONS)).status).toBe(201)
    expect((await run(nothing)).asked).toEqual([URL_OF_CA])
    await setUrl(tenant, null)
  })
})

describe('a URL', () => {
  it.each([
    'http://crl.example.com/ca.crl',
    'https://user@crl.example.com/',
    'https://user:password@crl.example.com/',
    'https://crl.example.com:8443/',
    'https://crl.example.com/#fragment',
    'ldap://crl.example.com/',
    'crl.example.com/ca.crl',
    '',
    `https://crl.example.com/${'x'.repeat(2_048)}`,
  ])('%s is refused for its form', async (url) => {
    const tenant = await crlTenant()
    const { status, body } = await put(policyPath(tenant), tenant.authorization, { crl_url: url }, OPTIONS)
    expect([status, body.errors]).toMatchObject([
      400,
      [{ code: 12130, source: { pointer: '/crl_url' }, message: expect.stringContaining('must be a URL such as') }],
    ])
    expect(await fetchOf(tenant)).toBeNull()
  })

  it.each([
    'https://example.com/ca.crl',
    'https://pki.example.com/',
    'https://crl.example.com.evil.example/',
    'https://xpki.example.com/',
    'https://127.0.0.1/',
    'https://[::1]/',
  ])('%s is refused for its host', async (url) => {
    const tenant = await crlTenant()
    const { status, body } = await put(policyPath(tenant), tenant.authorization, { crl_url: url }, OPTIONS)
    expect([status, body.errors[0]?.message]).toEqual([
      400,
      expect.stringContaining('allows (CRL_SOURCE_HOSTS): crl.example.com, *.pki.example.com'),
    ])
  })

  it.each(['https://CRL.example.com/a b', 'https://a.b.pki.example.com/?x=1', 'https://crl.example.com:443/'])(
    '%s is accepted',
    async (url) => {
      const tenant = await crlTenant()
      await setUrl(tenant, url)
      await setUrl(tenant, null)
    },
  )

  it('is refused where the operator allows no host', async () => {
    const tenant = await crlTenant()
    const { status, body } = await put(policyPath(tenant), tenant.authorization, { crl_url: URL_OF_CA })
    expect([status, body.errors[0]?.message]).toEqual([400, expect.stringContaining('upload them instead')])
  })

  it('stays as it is in a PUT that does not name it', async () => {
    const tenant = await crlTenant()
    await setUrl(tenant)
    await put(policyPath(tenant), tenant.authorization, { uncovered: 'refuse' })
    expect((await get(policyPath(tenant), tenant.authorization)).body.result).toEqual({
      stale_policy: 'hard',
      uncovered: 'refuse',
      crl_url: URL_OF_CA,
    })
    await setUrl(tenant, null)
  })
})

it.each(['crl.example.com/', 'https://crl.example.com', '127.0.0.1', 'CRL.example.com', '*', '*.', 'localhost'])(
  'CRL_SOURCE_HOSTS=%s is a mistake that every answer tells',
  async (hosts) => {
    const tenant = await crlTenant()
    const log: LogEntry[] = []
    const { status } = await get(policyPath(tenant), tenant.authorization, {
      env: { ...env, CRL_SOURCE_HOSTS: hosts },
      log,
    })
    expect([status, log[0]?.['cause']]).toEqual([500, expect.stringContaining('CRL_SOURCE_HOSTS must be hostnames')])
  },
)
