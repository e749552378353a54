import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { LogEntry } from '../../../src/core/log.ts'
import { runJobs } from '../../../src/jobs/index.ts'
import type { Fetcher } from '../../../src/registry/crl-fetches/download.ts'
import { noticeText } from '../../../src/registry/notices/notice.ts'
import { tellNotices } from '../../../src/registry/notices/run.ts'
import { MAX_NOTICES } from '../../../src/registry/notices/sql.ts'
import { jobAmbient } from '../../support/jobs.ts'
import { meteredDatabase } from '../../support/metered-db.ts'
import { NOW } from '../../support/pki.ts'
import { accountRow, certificateRow, crlRow, insertRow, linkRow, modeRow, zoneRow } from '../../support/rows.ts'

/** What the webhook is told, and when. */

const DAY = 86_400
const WEBHOOK = { url: 'https://hooks.example.com/x', secret: 'a secret of 32 characters or more' }

interface Sent {
  readonly url: string
  readonly signature: string
  readonly text: string
  readonly body: {
    readonly id: string
    readonly text: string
    readonly more: boolean
    readonly notices: readonly Readonly<Record<string, unknown>>[]
  }
}

/** One run at a time; returns what was sent. */
async function tell(now: number, answerOf: () => Response | Promise<Response> = () => new Response('ok')) {
  const sent: Sent[] = []
  const log: LogEntry[] = []
  const fetcher: Fetcher = async (url, { body, headers, redirect }) => {
    expect(redirect).toBe('manual')
    const text = String(body)
    sent.push({ url, text, body: JSON.parse(text), signature: new Headers(headers).get('access-mtls-signature') ?? '' })
    return await answerOf()
  }
  const ambient = jobAmbient(now, { fetcher, log: (entry) => log.push(entry) })
  await tellNotices({ db: env.DB, ...ambient, webhook: WEBHOOK })
  return { sent, log, notices: sent.flatMap(({ body }) => body.notices) }
}

/** A record whose certificate expires then. */
async function expiring(notAfter: number, more: object = {}) {
  const account = accountRow({ name: 'Team <!channel>' })
  await insertRow('accounts', account)
  const record = certificateRow(String(account['id']), { id: crypto.randomUUID() })
  await insertRow('certificates', record)
  const certificateId = String(record['id'])
  await insertRow('certificate_chain', linkRow(certificateId, { not_before: 0, not_after: notAfter, ...more }))
  return { accountId: String(account['id']), certificateId }
}

beforeEach(async () => {
  const tables = ['notice_runs', 'crl_fetches', 'crls', 'hostname_modes', 'certificate_hostnames', 'certificates']
  for (const table of tables) await env.DB.prepare(`DELETE FROM ${table}`).run()
})

describe('a certificate', () => {
  it('is told of 90, 30, 14, 7 and 1 days before it expires, and when it has, once each', async () => {
    const { accountId, certificateId } = await expiring(NOW + 91 * DAY)
    const told: unknown[] = []
    // A run an hour before, just before and at each moment at which it could come due.
    const days = [90, 30, 14, 7, 1, 0].flatMap((before) => [91 - before - 1 / 24, 91 - before, 91 - before + 1 / 24])
    await tell(NOW)
    for (const day of days) {
      for (const notice of (await tell(NOW + Math.round(day * DAY))).notices) {
        expect([notice['kind'], notice['certificate_id'], notice['account_id']]).toEqual([
          'certificate_expires',
          certificateId,
          accountId,
        ])
        told.push([notice['days'], day])
      }
    }
    expect(told).toEqual([
      [90, 1],
      [30, 61],
      [14, 77],
      [7, 84],
      [1, 90],
      [0, 91],
    ])
  })

  it('is told of once where runs are missing, and not again where the clock is set back', async () => {
    await expiring(NOW + 8 * DAY)
    await tell(NOW)
    const { notices } = await tell(NOW + 9 * DAY)
    expect(notices.map(({ days }) => days)).toEqual([7, 1, 0])
    expect((await tell(NOW)).notices).toEqual([])
    expect((await tell(NOW + 9 * DAY)).notices).toEqual([])
  })

  it('that came due in the day before the first run is told of', async () => {
    await expiring(NOW - DAY + 1)
    await expiring(NOW - DAY)
    expect((await tell(NOW)).notices).toHaveLength(1)
  })
})

describe('a CRL', () => {
  it.each([
    ['a month', 30 * DAY, [1, 0]],
    ['a day', DAY, [0]],
  ])('that lives for %s is told of', async (_, life, days) => {
    const { accountId, certificateId } = await expiring(NOW + 1_000 * DAY)
    await insertRow(
      'crls',
      crlRow(accountId, certificateId, { this_update: NOW + 2 * DAY - life, next_update: NOW + 2 * DAY }),
    )
    await tell(NOW)
    const { notices } = await tell(NOW + 3 * DAY)
    expect(notices.map(({ kind, days: before }) => [kind, before])).toEqual(days.map((one) => ['crl_goes_stale', one]))
  })

  it('that cannot be fetched is told of after an hour, once', async () => {
    const { certificateId } = await expiring(NOW + 1_000 * DAY)
    await insertRow('revocation_policies', {
      certificate_id: certificateId,
      stale_crl: 'hard',
      crl_url: 'https://crl.example.com/',
    })
    await env.DB.prepare('UPDATE crl_fetches SET failures = 3, error = ?1, failing_since = ?2')
      .bind('the server answered 500', NOW)
      .run()
    expect((await tell(NOW + 3_599)).notices).toEqual([])
    expect((await tell(NOW + 3_600)).notices).toMatchObject([
      { kind: 'crl_fetch_fails', certificate_id: certificateId, error: 'the server answered 500' },
    ])
    expect((await tell(NOW + 7_200)).notices).toEqual([])
  })
})

it('a report mode is told of 7 days and 1 day before it ends, and when it has', async () => {
  const { accountId } = await expiring(NOW + 1_000 * DAY)
  const zone = zoneRow(accountId)
  await insertRow('zones', zone)
  await insertRow('hostname_modes', modeRow(accountId, String(zone['id']), 'r.example', { until: NOW + 10 * DAY }))
  await tell(NOW)
  const { notices } = await tell(NOW + 10 * DAY)
  expect(notices.map(({ kind, hostname, days }) => [kind, hostname, days])).toEqual([
    ['report_mode_ends', 'r.example', 7],
    ['report_mode_ends', 'r.example', 1],
    ['report_mode_ends', 'r.example', 0],
  ])
})

describe('a request to the webhook', () => {
  it('is signed, has a text for Slack, and a sentence for each notice', async () => {
    await expiring(NOW + 30 * DAY, { subject: 'CN=<https://evil.example|click> & \u202eroot' })
    const { sent } = await tell(NOW)
    const [{ url, text, body, signature } = { url: '', text: '', body: undefined, signature: '' }] = sent
    expect(url).toBe(WEBHOOK.url)
    const [, at = '', mac = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? []
    expect(Number(at)).toBe(NOW)
    const raw = new TextEncoder().encode(WEBHOOK.secret)
    const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
    const signed = new TextEncoder().encode(`${at}.${text}`)
    expect(await crypto.subtle.verify('HMAC', key, Uint8Array.fromHex(mac), signed)).toBe(true)
    expect(body?.text).toContain('&lt;https://evil.example|click&gt; &amp;')
    expect(body?.text).not.toMatch(/[<>]/)
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      created_at: '2026-06-01T00:00:00Z',
      text: expect.stringContaining('expires in 30 days, at 2026-07-01T00:00:00Z'),
      more: false,
      notices: [
        {
          id: expect.stringMatching(/^certificate_expires /),
          kind: 'certificate_expires',
          at: '2026-07-01T00:00:00Z',
          days: 30,
          account_id: expect.any(String),
          account_name: 'Team <!channel>',
          certificate_id: expect.any(String),
          name: 'Allow devs',
          subject: expect.any(String),
          sha256: '0'.repeat(64),
          message: expect.stringContaining('register its successor beside it'),
        },
      ],
    })
  })

  it('that fails is made again with the same notices, later each time, until it succeeds', async () => {
    await expiring(NOW + 30 * DAY)
    const refuses = () => new Response(null, { status: 500 })
    const first = await tell(NOW, refuses)
    expect(first.log).toMatchObject([
      { level: 'error', event: 'notices_failed', failures: 1, cause: 'the receiver answered 500' },
    ])
    expect((await tell(NOW + 299)).sent).toEqual([])
    const second = await tell(NOW + 300, () => Promise.reject(new TypeError('a secret of the network')))
    expect(second.log).toMatchObject([{ failures: 2, cause: 'the receiver cannot be reached: TypeError' }])
    expect((await tell(NOW + 300 + 599)).sent).toEqual([])
    const third = await tell(NOW + 300 + 600)
    const ids = [first, second, third].map(({ notices }) => notices.map(({ id }) => id))
    expect(new Set(ids.map(String)).size).toBe(1)
    expect(third.log).toMatchObject([{ level: 'info', event: 'notices_sent', notices: 1 }])
    expect((await tell(NOW + 5_000)).sent).toEqual([])
  })

  it('that is answered with a redirect has failed', async () => {
    await expiring(NOW + 30 * DAY)
    const { log, sent } = await tell(NOW, () => Response.redirect('https://elsewhere.example/', 307))
    expect([sent.length, log[0]?.['cause']]).toEqual([1, 'the receiver answered 307'])
  })

  it('is not made twice by two runs at once', async () => {
    await expiring(NOW + 30 * DAY)
    const inner: Sent[] = []
    const { sent } = await tell(NOW, async () => {
      inner.push(...(await tell(NOW)).sent)
      return new Response()
    })
    expect([sent.length, inner.length]).toEqual([1, 0])
  })

  it('has 100 notices at most, and a run 500 of a kind; then it says that there are more', async () => {
    const { certificateId } = await expiring(NOW + 1_000 * DAY)
    await env.DB.prepare(
      `INSERT INTO certificate_chain (certificate_id, position, der, fingerprint_md5, fingerprint_sha256, serial_number, subject,
          issuer, not_before, not_after, public_key, signature_algorithm, self_issued, name_key, ca_key)
        SELECT certificate_id, n.value, der, fingerprint_md5, fingerprint_sha256, serial_number, subject, issuer, not_before, ?2,
          public_key, signature_algorithm, self_issued, name_key, ca_key
        FROM certificate_chain CROSS JOIN (
          WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < ?3) SELECT value FROM n) n
        WHERE certificate_id = ?1 AND position = 0`,
    )
      .bind(certificateId, NOW + 30 * DAY, MAX_NOTICES + 1)
      .run()
    const { sent } = await tell(NOW)
    expect(sent.map(({ body }) => [body.notices.length, body.more])).toEqual(Array(5).fill([100, true]))
    expect(sent[0]?.body.text).toContain('There are more')
  })
})

describe('the job', () => {
  const settings = { WEBHOOK_URL: WEBHOOK.url, WEBHOOK_SECRET: 'x'.repeat(32) }
  it.each([
    [settings, 3],
    [{}, 0],
  ])('with %j takes %i calls of the database', async (given, calls) => {
    const log: LogEntry[] = []
    await runJobs({ ...env, ...given }, jobAmbient(NOW, { log: (entry) => log.push(entry) }))
    expect(log.find(({ operation }) => operation === 'tell_notices')).toMatchObject({ level: 'info', d1_calls: calls })
  })

  it('reads only what comes due, whatever else there is', async () => {
    for (const days of [200, 300, 400]) await expiring(NOW + days * DAY)
    const { db, carried } = meteredDatabase()
    await tellNotices({ db, ...jobAmbient(NOW), webhook: WEBHOOK })
    for (const { rowsRead } of carried) expect(rowsRead).toBeLessThan(15)
  })

  it.each([
    [
      { WEBHOOK_URL: 'http://hooks.example.com', WEBHOOK_SECRET: 'x'.repeat(32) },
      'WEBHOOK_URL must be an https:// URL',
    ],
    [{ WEBHOOK_SECRET: 'x'.repeat(32) }, 'WEBHOOK_URL must be an https:// URL'],
    [{ WEBHOOK_URL: WEBHOOK.url }, 'WEBHOOK_URL needs WEBHOOK_SECRET'],
    [{ WEBHOOK_URL: WEBHOOK.url, WEBHOOK_SECRET: 'short' }, 'WEBHOOK_SECRET must have at least 32 characters'],
  ])('is a mistake of the operator with %j', async (given, words) => {
    await expect(runJobs({ ...env, ...given }, jobAmbient(NOW))).rejects.toThrow(words)
  })
})

it('a name of any length is cut in a message', () => {
  const account = { accountId: '0', accountName: 'a', at: NOW, days: 0 }
  const record = { certificateId: '0', name: 'n'.repeat(350), subject: 's'.repeat(5_000), sha256: '' }
  expect(noticeText({ kind: 'certificate_expires', ...account, ...record }).length).toBeLessThan(700)
})
