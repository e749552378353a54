import { beforeAll, describe, expect, it } from 'vitest'
import { toBase64 } from '../../../src/core/bytes.ts'
import { rfc3339 } from '../../../src/core/rfc3339.ts'
import { basicConstraints, extKeyUsage } from '../../../src/testing/extensions.ts'
import { post } from '../../support/api.ts'
import { NOW, pem } from '../../support/pki.ts'
import { addTenant, addToken, zone } from '../../support/tenants.ts'
import { CLIENT_AUTH_OID, DIGITAL_SIGNATURE, type Issued, issue } from '../../support/x509/chain.ts'

/** A client's certificate below an issuer. */
const client = (by: Issued) =>
  issue({ cn: 'client', by, extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID)] })

const rfc9440 = (der: Uint8Array) => `:${toBase64(der)}:`

describe('POST /edge/v1/…/verify', () => {
  let tenant: Awaited<ReturnType<typeof addTenant>>
  let root: Issued
  let intermediate: Issued
  let rootId: unknown
  let path = ''
  const hostname = 'admin.verify.example'

  const verify = (body: Record<string, unknown>, authorization = tenant.authorization, at = path) =>
    post(at, authorization, { hostname, ...body })

  beforeAll(async () => {
    tenant = await addTenant('verify.example')
    path = `/edge/v1/accounts/${tenant.accountId}/verify`
    root = await issue({ cn: 'root' })
    intermediate = await issue({ cn: 'intermediate', by: root })
    const added = await post(`/accounts/${tenant.accountId}/access/certificates`, tenant.authorization, {
      name: 'root',
      certificate: pem(root.der),
      associated_hostnames: [hostname],
    })
    rootId = added.body.result?.['id']
  })

  it.each([
    ['PEM', (der: Uint8Array) => pem(der)],
    ['RFC 9440', rfc9440],
  ])('accepts a client whose chain ends at a registered root, given as %s', async (_, write) => {
    const leaf = await client(intermediate)
    const answer = await verify({ certificate: write(leaf.der), chain: write(intermediate.der) })
    expect(answer).toMatchObject({
      status: 200,
      body: {
        result: {
          hostname,
          at: rfc3339(NOW),
          accepted: true,
          path: [
            { role: 'leaf', subject: 'CN=client' },
            { role: 'intermediate', subject: 'CN=intermediate', position: 1 },
            { role: 'anchor', subject: 'CN=root', anchor_id: rootId },
          ],
        },
      },
    })
    expect(answer.body.result).not.toHaveProperty('trace')
  })

  it('answers a refused client with a reason, a rule and a suggestion', async () => {
    const stranger = await client(await issue({ cn: 'stranger' }))
    const { status, body } = await verify({ certificate: pem(stranger.der) })
    expect(status).toBe(200)
    expect(body.result).toMatchObject({
      accepted: false,
      code: 'no_issuer',
      openssl: 'unable to get local issuer certificate',
      certificate: { role: 'leaf', subject: 'CN=client' },
    })
    for (const key of ['message', 'section', 'suggestion']) expect(body.result?.[key]).toMatch(/\w{3}/)
  })

  it('decides for the given time', async () => {
    const leaf = await client(root)
    const { body } = await verify({ certificate: pem(leaf.der), at: '2040-01-01T00:00:00Z' })
    expect(body.result).toMatchObject({ at: '2040-01-01T00:00:00Z', accepted: false, code: 'expired' })
  })

  it('returns the trace of its checks if asked to', async () => {
    const leaf = await client(root)
    const { body } = await verify({ certificate: pem(leaf.der), trace: true })
    expect(body.result?.['trace']).toEqual(
      expect.arrayContaining([expect.objectContaining({ check: 'signature', role: 'leaf', height: 0 })]),
    )
  })

  it('does not trust a record of the account in the scope of a zone without records', async () => {
    const leaf = await client(root)
    const answer = await verify(
      { certificate: pem(leaf.der) },
      tenant.authorization,
      `/edge/v1/zones/${tenant.zoneId}/verify`,
    )
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ code: 12130, source: { pointer: '/hostname' } }] } })
  })

  it('trusts the records of an account’s zones in the scope of the account', async () => {
    const zoneRoot = await issue({ cn: 'zone root' })
    await post(`/zones/${tenant.zoneId}/access/certificates`, tenant.authorization, {
      name: 'zone root',
      certificate: pem(zoneRoot.der),
      associated_hostnames: ['zone.verify.example'],
    })
    const certificate = pem((await client(zoneRoot)).der)
    const { body } = await verify({ hostname: 'ZONE.verify.example', certificate })
    expect(body.result).toMatchObject({ accepted: true })
  })

  it('takes the self-signed certificates of a bundle as anchors and the others as intermediates', async () => {
    const top = await issue({ cn: 'top' })
    const below = await issue({ cn: 'below', by: top })
    await post(`/accounts/${tenant.accountId}/access/certificates`, tenant.authorization, {
      name: 'bundle',
      certificate: `${pem(below.der)}${pem(top.der)}`,
      associated_hostnames: ['bundle.verify.example'],
    })
    const certificate = pem((await client(below)).der)
    const { body } = await verify({ hostname: 'bundle.verify.example', certificate })
    expect(body.result).toMatchObject({
      accepted: true,
      path: [{ role: 'leaf' }, { role: 'intermediate', subject: 'CN=below' }, { role: 'anchor', subject: 'CN=top' }],
    })
  })

  it('takes the last certificate of a bundle without a self-signed one as its anchor', async () => {
    const hidden = await issue({ cn: 'hidden' })
    const upper = await issue({ cn: 'upper', by: hidden })
    const lower = await issue({ cn: 'lower', by: upper })
    await post(`/accounts/${tenant.accountId}/access/certificates`, tenant.authorization, {
      name: 'partial',
      certificate: `${pem(lower.der)}${pem(upper.der)}`,
      associated_hostnames: ['partial.verify.example'],
    })
    const certificate = pem((await client(lower)).der)
    const { body } = await verify({ hostname: 'partial.verify.example', certificate })
    expect(body.result).toMatchObject({
      accepted: true,
      path: [{}, { subject: 'CN=lower' }, { role: 'anchor', subject: 'CN=upper' }],
    })
  })

  it.each([
    ['a hostname in no zone', { hostname: 'nobody.example' }, '/hostname', /domain does not belong to zone/],
    [
      'a hostname without certificates',
      { hostname: 'other.verify.example' },
      '/hostname',
      /has no certificate associated/,
    ],
    ['a malformed hostname', { hostname: 'https://x' }, '/hostname', /without a scheme/],
    ['no hostname', { hostname: undefined }, '/hostname', /is required/],
    ['no certificate', { certificate: undefined }, '/certificate', /is required/],
    ['a certificate that is neither', { certificate: 'x' }, '/certificate', /no -----BEGIN CERTIFICATE-----/],
    ['a broken byte sequence', { certificate: ':AAA:' }, '/certificate', /RFC 9440/],
    ['two certificates', { certificate: ':AAAA:, :BBBB:' }, '/certificate', /must be one certificate, not 2/],
    ['a chain that is neither', { chain: 'x' }, '/chain', /no -----BEGIN CERTIFICATE-----/],
    ['a time without a zone', { at: '2026-01-01' }, '/at', /must be a time/],
    ['a trace that is not true or false', { trace: 'yes' }, '/trace', /true or false/],
  ])('refuses %s', async (_, broken, pointer, message) => {
    const answer = await verify({ certificate: pem(root.der), ...broken })
    expect(answer).toMatchObject({
      status: 400,
      body: { errors: [{ code: 12130, message: expect.stringMatching(message), source: { pointer } }] },
    })
  })

  it('needs read permission in that scope', async () => {
    const certificate = pem((await client(root)).der)
    const reader = await addToken([{ ...zone(tenant.zoneId), permission: 'read' }])
    expect(await verify({ certificate }, reader)).toMatchObject({ status: 403 })
    expect(await verify({ certificate }, 'Bearer nobody')).toMatchObject({ status: 401 })
  })

  it('is not served under Cloudflare’s prefix', async () => {
    expect(await verify({}, tenant.authorization, `/client/v4${path}`)).toMatchObject({
      status: 400,
      body: { errors: [{ code: 7000 }] },
    })
  })

  it('answers a certificate that is not sound DER with a refusal, not with an error', async () => {
    const { body } = await verify({ certificate: ':AAAA:' })
    expect(body.result).toMatchObject({ accepted: false, code: 'malformed_certificate' })
  })

  it('does not use a CA without the hostname as an anchor', async () => {
    const other = await issue({ cn: 'elsewhere', extensions: [basicConstraints(true)] })
    await post(`/accounts/${tenant.accountId}/access/certificates`, tenant.authorization, {
      name: 'elsewhere',
      certificate: pem(other.der),
      associated_hostnames: ['elsewhere.verify.example'],
    })
    const { body } = await verify({ certificate: pem((await client(other)).der) })
    expect(body.result).toMatchObject({ accepted: false, code: 'no_issuer' })
  })
})

describe('POST /edge/v1/…/verify at a hostname with identity rules', () => {
  let tenant: Awaited<ReturnType<typeof addTenant>>
  let leaf: Issued
  let edge = ''
  const hostname = 'admin.verify-rules.example'

  const verify = (more: object = {}, path = edge) =>
    post(`${path}/verify`, tenant.authorization, { hostname, certificate: pem(leaf.der), trace: true, ...more })
  const setRules = (identities: unknown) =>
    post(`${edge}/hostnames/${hostname}`, tenant.authorization, { mode: 'report', identities }, { method: 'PUT' })

  beforeAll(async () => {
    tenant = await addTenant('verify-rules.example')
    edge = `/edge/v1/accounts/${tenant.accountId}`
    const root = await issue({ cn: 'root' })
    leaf = await client(root)
    const added = await post(`/zones/${tenant.zoneId}/access/certificates`, tenant.authorization, {
      name: 'root',
      certificate: pem(root.der),
      associated_hostnames: [hostname],
    })
    expect(added.status).toBe(201)
  })

  it('accepts a client that matches one, and the trace says so', async () => {
    expect((await setRules([{ dns: 'x.example' }, { common_name: 'client' }])).status).toBe(200)
    const { result } = (await verify()).body
    expect(result).toMatchObject({ accepted: true })
    const steps = result?.['trace'] as readonly unknown[]
    expect(steps.at(-1)).toEqual({ check: 'identities', role: 'leaf', subject: 'CN=client', height: 0 })
  })

  it.each(['accounts', 'zones'] as const)('refuses one that matches none, in %s', async (kind) => {
    expect((await setRules([{ common_name: 'another' }])).status).toBe(200)
    const path = `/edge/v1/${kind}/${kind === 'zones' ? tenant.zoneId : tenant.accountId}`
    const { result } = (await verify({}, path)).body
    const fault = {
      reason: 'identity_not_allowed',
      rules: 1,
      asked: [{ common_name: 'another' }],
      has: { common_name: ['client'] },
    }
    expect(result).toMatchObject({
      accepted: false,
      code: 'identity_not_allowed',
      fault,
      certificate: { role: 'leaf', subject: 'CN=client' },
      section: 'docs/differences.md, identity rules',
      openssl: 'application verification failure',
      message: 'The client certificate is valid, but does not match the one identity rule of the hostname.',
      suggestion: expect.stringContaining('add a rule'),
    })
    const steps = result?.['trace'] as readonly unknown[]
    expect(steps.at(-1)).toMatchObject({ check: 'identities', role: 'leaf', fault })
  })
})
