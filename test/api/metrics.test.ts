import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { selectMetrics } from '../../src/store/metrics-sql.ts'
import { call } from '../support/api.ts'
import { crlTenantInUse, putCrl } from '../support/crl.ts'
import { meteredDatabase } from '../support/metered-db.ts'
import { NOW } from '../support/pki.ts'
import { issueCrl } from '../support/x509/make-crl.ts'

/** Figures of all accounts for Prometheus, by a token of their own. */

const TOKEN = 'm'.repeat(32)
const PATH = '/edge/v1/metrics'
const ask = (token: string | undefined, settings: object = { METRICS_TOKEN: TOKEN }, method = 'GET', now = NOW) =>
  call(PATH, {
    method,
    now,
    env: { ...env, ...settings },
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  })

describe('the metrics', () => {
  it('are text that Prometheus reads', async () => {
    const tenant = await crlTenantInUse()
    await putCrl(tenant, await issueCrl(tenant.ca))
    const { status, headers, text } = await ask(TOKEN, undefined, 'GET', NOW + 40 * 86_400)
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) access_mtls_[a-z0-9_]+ .+|access_mtls_[a-z0-9_]+ \d+)$/)
    }
    expect(text).toContain('# TYPE access_mtls_crls_stale gauge\naccess_mtls_crls_stale 1\n')
    expect(text).toMatch(/\naccess_mtls_next_expiry_timestamp_seconds \d{10}\n/)
    expect(text.endsWith('\n')).toBe(true)
  })

  it('are refused to every other token, also one that may do everything', async () => {
    const { authorization } = await crlTenantInUse()
    for (const token of [authorization.replace('Bearer ', ''), 'x'.repeat(32), TOKEN.slice(1)]) {
      const { status, body } = await ask(token)
      expect([status, body.errors[0]?.code]).toEqual([401, 10000])
    }
    expect((await ask(undefined)).status).toBe(400)
  })

  it('take GET only', async () => {
    const { status, headers } = await ask(TOKEN, undefined, 'POST')
    expect([status, headers.get('allow')]).toEqual([405, 'GET'])
  })

  it('have a token that opens nothing else', async () => {
    const { accountPath } = await crlTenantInUse()
    const options = { env: { ...env, METRICS_TOKEN: TOKEN }, headers: { authorization: `Bearer ${TOKEN}` } }
    expect((await call(accountPath, options)).status).toBe(401)
  })

  it('are no route where the operator set no token', async () => {
    expect((await ask('x'.repeat(32), { METRICS_TOKEN: '' })).status).not.toBe(200)
    const { authorization } = await crlTenantInUse()
    const { status, body } = await ask(authorization.replace('Bearer ', ''), {})
    expect([status, body.errors[0]?.code]).toEqual([400, 7000])
  })

  it.each(['short', `${'x'.repeat(32)} `])('are a mistake of the operator with the token %j', async (token) => {
    expect((await ask(TOKEN, { METRICS_TOKEN: token })).status).toBe(500)
  })

  it('read few rows, whatever there is', async () => {
    const { db, carried } = meteredDatabase()
    await selectMetrics(db, NOW)
    expect(carried).toHaveLength(1)
    expect(carried[0]?.rowsRead).toBeLessThan(50)
  })
})
