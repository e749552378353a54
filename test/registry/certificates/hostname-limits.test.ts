import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Bytes } from '../../../src/testing/der.ts'
import { name } from '../../../src/testing/extensions.ts'
import { post } from '../../support/api.ts'
import { add, faults, outcome, put, type Tenant } from '../../support/family.ts'
import { certificate, pem } from '../../support/pki.ts'
import { freshTenant, soundBody, storedRows } from '../../support/requests.ts'

/** Limits for the records of one hostname together, and for the hostnames that an account ever had. */

let tenant: Tenant
let host: string
beforeEach(async () => {
  tenant = await freshTenant()
  host = `a.${tenant.domain}`
})

let subjects = 0
const fresh = (): Bytes => {
  subjects += 1
  return certificate({ subject: name(`CA ${subjects}`) })
}

const bundle = (count: number) => Array.from({ length: count }, fresh)
const textOf = (ders: readonly Bytes[]) => ders.map((der) => pem(der)).join('')
const LIMITED = { env: { ...env, HOSTNAME_MAX_CERTIFICATES: '3' } }

const refusedAt = (pointer: string, words: RegExp) => [[pointer, expect.stringMatching(words)]]
const CROWDED = /^associated_hostnames\[1\] would have more than 3 certificates, or 2097152 bytes of them/

/** The counter of the tenant's hostnames, and their number. */
async function counted() {
  const rows = await env.DB.prepare(
    `SELECT n.hostname_ascii AS hostname, n.certificates, n.bytes,
      (SELECT count(*) FROM certificate_hostnames h JOIN certificate_chain ch USING (certificate_id)
        WHERE h.hostname_ascii = n.hostname_ascii) AS there,
      (SELECT coalesce(sum(length(der)), 0) FROM certificate_hostnames h JOIN certificate_chain ch USING (certificate_id)
        WHERE h.hostname_ascii = n.hostname_ascii) AS bytes_there
      FROM hostnames n WHERE n.account_id = ?1 ORDER BY 1`,
  )
    .bind(tenant.accountId)
    .all<{ hostname: string; certificates: number; bytes: number; there: number; bytes_there: number }>()
  for (const row of rows.results) expect([row.certificates, row.bytes]).toEqual([row.there, row.bytes_there])
  return rows.results.map(({ hostname, certificates }) => [hostname.split('.')[0], certificates])
}

describe('a hostname has no more certificates than the limit', () => {
  it('when a certificate is added, and the others stay as they are', async () => {
    const path = tenant.accountPath
    await add(path, tenant.authorization, { certificate: textOf(bundle(2)), associated_hostnames: [host] }, LIMITED)
    const before = await storedRows()
    const body = soundBody({ certificate: textOf(bundle(2)), associated_hostnames: [`b.${tenant.domain}`, host] })
    const answer = await post(path, tenant.authorization, body, LIMITED)
    expect(faults(answer)).toEqual(refusedAt('/associated_hostnames/1', CROWDED))
    expect(await storedRows()).toEqual(before)
    // Records of the zone count too, since the edge reads both.
    expect((await post(tenant.zonePath, tenant.authorization, body, LIMITED)).status).toBe(400)
    const one = { certificate: textOf(bundle(1)), associated_hostnames: [host] }
    expect((await post(tenant.zonePath, tenant.authorization, soundBody(one), LIMITED)).status).toBe(201)
    expect(await counted()).toEqual([['a', 3]])
  })

  it('when hostnames change; those that it already has count once', async () => {
    const path = tenant.accountPath
    const one = await add(path, tenant.authorization, { certificate: textOf(bundle(2)), associated_hostnames: [host] })
    const two = await add(path, tenant.authorization, { certificate: textOf(bundle(2)), associated_hostnames: [] })
    const hostnames = [`b.${tenant.domain}`, host]
    const change = (to: { readonly path: string }) =>
      put(to.path, tenant.authorization, { name: 'changed', associated_hostnames: hostnames }, LIMITED)
    expect(faults(await change(two))).toEqual(refusedAt('/associated_hostnames/1', CROWDED))
    expect((await change(one)).status).toBe(200)
    expect((await change(one)).status).toBe(200)
    expect(await counted()).toEqual([
      ['a', 2],
      ['b', 2],
    ])
    await put(one.path, tenant.authorization, { associated_hostnames: [] })
    expect((await change(two)).status).toBe(200)
    expect(await counted()).toEqual([
      ['a', 2],
      ['b', 2],
    ])
  })

  it('in bytes', async () => {
    const [first, second] = [fresh(), fresh()]
    const limited = { env: { ...env, HOSTNAME_MAX_BYTES: String(first.length + second.length - 1) } }
    const send = (der: Bytes) => {
      const body = soundBody({ certificate: pem(der), associated_hostnames: [host] })
      return post(tenant.accountPath, tenant.authorization, body, limited)
    }
    expect((await send(first)).status).toBe(201)
    expect(faults(await send(second))).toEqual(refusedAt('/associated_hostnames/0', /or \d+ bytes of them/))
    expect(await counted()).toEqual([['a', 1]])
  })

  it.each([
    ['HOSTNAME_MAX_CERTIFICATES', '0'],
    ['HOSTNAME_MAX_CERTIFICATES', 'many'],
    ['HOSTNAME_MAX_BYTES', '-1'],
    ['HOSTNAME_MAX_BYTES', '1.5'],
  ])('and %s is not %s', async (setting, value) => {
    const answer = await post(tenant.accountPath, tenant.authorization, soundBody(), {
      env: { ...env, [setting]: value },
    })
    expect(outcome(answer)).toEqual([500, 10001])
  })
})

describe('an account never had more hostnames than its quota', () => {
  const QUOTA =
    /maximum number of hostnames has been reached: the account and its zones may have 2 and have 0, and this request adds 3; delete/
  beforeEach(async () => {
    await env.DB.prepare('UPDATE accounts SET hostname_quota = 2 WHERE id = ?1').bind(tenant.accountId).run()
  })

  it('whether they come with a certificate or later; former hostnames may come back', async () => {
    const under = (...labels: readonly string[]) => labels.map((label) => `${label}.${tenant.domain}`)
    const send = (...labels: readonly string[]) =>
      post(tenant.accountPath, tenant.authorization, soundBody({ associated_hostnames: under(...labels) }))
    const before = await storedRows()
    expect(faults(await send('a', 'b', 'c'))).toEqual(refusedAt('', QUOTA).map(([, words]) => [undefined, words]))
    expect(await storedRows()).toEqual(before)
    const { path } = await add(tenant.accountPath, tenant.authorization, { associated_hostnames: under('a', 'b') })
    const change = (...labels: readonly string[]) =>
      put(path, tenant.authorization, { associated_hostnames: under(...labels) })
    expect(outcome(await change('c'))).toEqual([400, 12130])
    expect((await change()).status).toBe(200)
    expect(outcome(await change('c'))).toEqual([400, 12130])
    expect((await change('b', 'a')).status).toBe(200)
    expect(await counted()).toEqual([
      ['a', 1],
      ['b', 1],
    ])
  })
})

describe('hostnames have no more labels than may be looked up', () => {
  it('each', async () => {
    const deep = (labels: number) => `${'x.'.repeat(labels - 2)}${tenant.domain}`
    const send = (hostname: string) =>
      post(tenant.accountPath, tenant.authorization, soundBody({ associated_hostnames: [hostname] }))
    expect((await send(deep(32))).status).toBe(201)
    const words = /^associated_hostnames\[0\] must be a hostname of at most 32 labels, not 33$/
    expect(faults(await send(deep(33)))).toEqual(refusedAt('/associated_hostnames/0', words))
  })

  it('together', async () => {
    const many = (labels: number) =>
      Array.from({ length: 500 }, (_, i) => `h${i}.${'x.'.repeat(labels - 3)}${tenant.domain}`)
    const words =
      /^associated_hostnames must have at most 10000 labels in all hostnames together, not 10500: send fewer/
    const body = soundBody({ associated_hostnames: many(21) })
    const answer = await post(tenant.accountPath, tenant.authorization, body)
    expect(faults(answer)).toEqual(refusedAt('/associated_hostnames', words))
    const settings = { settings: many(21).map((hostname) => ({ hostname, client_certificate_forwarding: true })) }
    expect(outcome(await put(`${tenant.accountPath}/settings`, tenant.authorization, settings))).toEqual([400, 12130])
    expect(
      (await post(tenant.accountPath, tenant.authorization, soundBody({ associated_hostnames: many(20) }))).status,
    ).toBe(201)
  })
})
