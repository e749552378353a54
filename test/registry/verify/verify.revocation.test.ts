import { beforeEach, describe, expect, it } from 'vitest'
import { int } from '../../../src/testing/der.ts'
import { type CallOptions, call, post } from '../../support/api.ts'
import { type CrlTenant, crlTenant, putCrl } from '../../support/crl.ts'
import { counted, edgeOf, edgePath } from '../../support/edge-routes.ts'
import { add, put } from '../../support/family.ts'
import { NOW, pem } from '../../support/pki.ts'
import { freshTenant } from '../../support/requests.ts'
import { issueLeaf } from '../../support/x509/chain.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** POST …/verify decides by the uploaded CRLs and the blocked serial numbers. */

const SERIAL = 0xabcdef
let tenant: CrlTenant
let certificate: string
beforeEach(async () => {
  tenant = await crlTenant()
  certificate = pem((await issueLeaf(tenant.ca, { serial: int(SERIAL) })).der)
  await put(tenant.record, tenant.authorization, { associated_hostnames: [tenant.domain] })
})

const verify = (options: CallOptions = {}) => {
  const path = `${edgeOf('accounts', tenant.accountId)}/verify`
  return post(path, tenant.authorization, { hostname: tenant.domain, certificate }, options)
}
const verdict = async (options: CallOptions = {}) => (await verify(options)).body.result
const upload = async (number: number, ...serials: readonly number[]) => {
  const der = await issueCrl(tenant.ca, { number, revoked: serials.map((serial) => ({ serial })) })
  expect((await putCrl(tenant, der)).status).toBe(200)
}
const block = (method: 'PUT' | 'DELETE', path = tenant.edge) =>
  call(`${path}/blocked_serials/AB:CD:EF`, { method, headers: { authorization: tenant.authorization } })

describe('a client certificate', () => {
  it('is good, then revoked, then good again, according to the current CRL', async () => {
    expect(await verdict()).toMatchObject({ accepted: true, revocation: [{ status: 'not_covered' }] })
    await upload(1, 1)
    expect(await verdict()).toMatchObject({
      accepted: true,
      revocation: [{ height: 0, status: 'good', crl: { number: '1' } }],
    })
    await upload(2, 1, SERIAL)
    expect(await verdict()).toMatchObject({ accepted: false, code: 'revoked', fault: { crl: { number: '2' } } })
    await upload(3)
    expect(await verdict()).toMatchObject({ accepted: true })
  })

  it('is refused while it is blocked', async () => {
    await block('PUT')
    expect(await verdict()).toMatchObject({
      accepted: false,
      code: 'blocked',
      fault: { serial: '00abcdef', certificate_id: tenant.id, blocked_at: NOW },
    })
    await block('DELETE')
    expect(await verdict()).toMatchObject({ accepted: true })
  })

  it('is refused by a stale CRL, unless the policy is soft', async () => {
    await upload(1, 1)
    const now = Date.parse('2026-07-01T00:00:01Z') / 1000
    expect(await verdict({ now })).toMatchObject({ accepted: false, code: 'crl_stale' })
    await put(`${tenant.edge}/revocation`, tenant.authorization, { stale_policy: 'soft' })
    expect(await verdict({ now })).toMatchObject({ accepted: true, revocation: [{ status: 'stale' }] })
    await upload(2, SERIAL)
    expect(await verdict({ now })).toMatchObject({ accepted: false, code: 'revoked' })
  })

  it('is refused if it is not covered and the policy requires coverage, without and with a CRL', async () => {
    await put(`${tenant.edge}/revocation`, tenant.authorization, { uncovered: 'refuse' })
    expect(await verdict()).toMatchObject({ accepted: false, code: 'not_covered' })
    await upload(1, 1)
    expect(await verdict()).toMatchObject({ accepted: true, revocation: [{ status: 'good' }] })
    await put(`${tenant.edge}/revocation`, tenant.authorization, { uncovered: 'allow' })
    expect(await verdict()).toMatchObject({ accepted: true })
  })

  it('is not affected by CRLs and blocks of a record of another hostname or another tenant', async () => {
    const elsewhere = await add(tenant.accountPath, tenant.authorization)
    await block('PUT', edgePath(elsewhere.path))
    const other = await freshTenant()
    const copy = await add(other.accountPath, other.authorization, { certificate: pem(tenant.ca.der) })
    const theirs = edgePath(copy.path)
    const der = await issueCrl(tenant.ca, { revoked: [{ serial: SERIAL }] })
    expect((await putCrl({ crlPath: `${theirs}/crl`, authorization: other.authorization }, der)).status).toBe(200)
    expect(await verdict()).toMatchObject({ accepted: true, revocation: [{ status: 'not_covered' }] })
  })
})

describe('calls to the database', () => {
  it('are one if nothing is revocable, and two otherwise', async () => {
    expect(await counted(verify)).toEqual({ status: 200, calls: ['batch'] })
    await block('PUT')
    expect(await counted(verify)).toEqual({ status: 200, calls: ['batch', 'batch'] })
    await block('DELETE')
    await upload(1)
    expect(await counted(verify)).toEqual({ status: 200, calls: ['batch', 'batch'] })
  })
})
