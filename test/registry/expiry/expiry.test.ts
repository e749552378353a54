import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { calendarOf } from '../../../src/registry/expiry/calendar.ts'
import { call } from '../../support/api.ts'
import { crlTenantInUse, putCrl } from '../../support/crl.ts'
import { add, get, put } from '../../support/family.ts'
import { NOW } from '../../support/pki.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** What ends next in an account or a zone, as a list and as a calendar. */

describe.each(['accountPath', 'zonePath'] as const)('what expires in %s', (scope) => {
  it('is listed by time: certificates, CRLs and report modes', async () => {
    const tenant = await crlTenantInUse(1, scope)
    const other = await crlTenantInUse(1, scope === 'accountPath' ? 'zonePath' : 'accountPath')
    await putCrl(other, await issueCrl(other.ca))
    await putCrl(tenant, await issueCrl(tenant.ca))
    const root = tenant.edge.replace(/\/certificates\/.*/, '')
    const hostname = `report.${tenant.domain}`
    await put(`${root}/hostnames/${hostname}`, tenant.authorization, { mode: 'report' })
    const { status, body } = await get(`${root}/expiry`, tenant.authorization)
    expect([status, body.result]).toEqual([
      200,
      [
        { kind: 'report_mode', at: '2026-06-15T00:00:00Z', subject: hostname, certificate_id: null, name: null },
        {
          kind: 'crl',
          at: '2026-07-01T00:00:00Z',
          subject: expect.stringMatching(/^CN=CA /),
          certificate_id: tenant.id,
          name: expect.any(String),
        },
        {
          kind: 'certificate',
          at: expect.stringMatching(/^20\d\d-/),
          subject: expect.stringMatching(/^CN=CA /),
          certificate_id: tenant.id,
          name: expect.any(String),
        },
      ],
    ])
    const calendar = await call(`${root}/expiry.ics`, { headers: { authorization: tenant.authorization } })
    expect([calendar.status, calendar.headers.get('content-type')]).toEqual([200, 'text/calendar; charset=utf-8'])
    expect(calendar.text.match(/BEGIN:VEVENT/g)).toHaveLength(3)
  })

  it('does not have what has expired, or is in another scope', async () => {
    const tenant = await crlTenantInUse(1, scope)
    const elsewhere = scope === 'accountPath' ? tenant.zonePath : tenant.accountPath
    await add(elsewhere, tenant.authorization)
    const root = tenant.edge.replace(/\/certificates\/.*/, '')
    expect((await get(`${root}/expiry`, tenant.authorization)).body.result).toHaveLength(1)
    await env.DB.prepare('UPDATE certificate_chain SET not_after = ?2 WHERE certificate_id = ?1')
      .bind(tenant.id, NOW - 1)
      .run()
    expect((await get(`${root}/expiry`, tenant.authorization)).body.result).toEqual([])
  })
})

describe('a calendar', () => {
  const hostile = `CN=a;b,c\\d\r\nBEGIN:VEVENT\u0000${'ü'.repeat(100)}`
  const text = calendarOf([{ kind: 'certificate', at: NOW, certificateId: 'x', subject: hostile, name: 'y\nz' }], NOW)
  const lines = text.split('\r\n')

  it('has lines of at most 75 octets, which end in CR LF', () => {
    for (const line of lines) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75)
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/)
    expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true)
  })

  it('has one event for a name with line ends in it, and the name as it is', () => {
    const unfolded = text.replaceAll('\r\n ', '')
    expect(unfolded.match(/^BEGIN:VEVENT/gm)).toHaveLength(1)
    expect(unfolded).toContain(`SUMMARY:expires: CN=a\\;b\\,c\\\\d BEGIN:VEVENT ${'ü'.repeat(100)} (y z)`)
    expect(unfolded).toContain('DTSTART:20260601T000000Z')
  })
})
