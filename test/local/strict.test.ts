import { describe, expect, it } from 'vitest'
import { clientOf, type LocalAnswer, newService } from '../support/local.ts'
import { freshTenant, freshToken, soundBody } from '../support/requests.ts'
import { account } from '../support/tenants.ts'

async function scene(parity?: 'strict') {
  const tenant = await freshTenant()
  const service = newService(parity)
  const path = `/accounts/${tenant.accountId}/access/certificates`
  const ask = clientOf(service, tenant.authorization)
  const add = async (...associated_hostnames: readonly string[]) => {
    const { result } = await ask('POST', path, soundBody({ associated_hostnames }))
    return `${path}/${(result as { readonly id: string }).id}`
  }
  return { tenant, service, path, ask, add }
}

const hostnames = ({ result }: LocalAnswer) => (result as { associated_hostnames: unknown }).associated_hostnames

const UPDATING = '12132 access.api.error.conflict: previous certificate settings still being updated'
const ATTACHED = '12132 access.api.error.conflict: certificate has active associations'

describe('with strict parity, a change of settings', () => {
  it('is refused twice after another one, in a way that clients repeat, and nothing of it is stored', async () => {
    const { tenant, path, ask } = await scene('strict')
    const put = (label: string) =>
      ask('PUT', `${path}/settings`, {
        settings: [{ hostname: `${label}.${tenant.domain}`, client_certificate_forwarding: true }],
      })
    expect((await put('a')).status).toBe(202)
    for (let i = 0; i < 2; i += 1) {
      const refused = await put('b')
      expect(refused).toMatchObject({ status: 409, error: UPDATING, result: null })
      expect(refused.headers.has('x-should-retry')).toBe(false)
    }
    expect((await ask('GET', `${path}/settings`)).result).toHaveLength(1)
    expect((await put('b')).status).toBe(202)
    expect((await put('c')).status).toBe(409)
  })

  it('is not in the way of other accounts', async () => {
    const { path, ask, service } = await scene('strict')
    const other = await freshTenant()
    expect((await ask('PUT', `${path}/settings`, {})).status).toBe(202)
    const askOther = clientOf(service, other.authorization)
    expect((await askOther('PUT', `/accounts/${other.accountId}/access/certificates/settings`, {})).status).toBe(202)
  })

  it('is refused for its own reason where there is one', async () => {
    const { tenant, path, ask, service } = await scene('strict')
    expect((await ask('PUT', `${path}/settings`, {})).status).toBe(202)
    const reader = clientOf(service, await freshToken([account(tenant.accountId, 'read')]))
    expect((await reader('PUT', `${path}/settings`, {})).status).toBe(403)
    expect((await clientOf(service, 'Bearer unknown')('PUT', `${path}/settings`, {})).status).toBe(401)
    expect((await ask('PUT', `${path}/settings`, {})).error).toBe(UPDATING)
  })
})

describe('with strict parity, hostnames that were taken off a certificate', () => {
  it('keep it from being deleted twice, in a way that clients repeat', async () => {
    const { tenant, ask, add } = await scene('strict')
    const one = await add(tenant.domain)
    expect((await ask('PUT', one, {})).status).toBe(200)
    for (let i = 0; i < 2; i += 1) {
      const refused = await ask('DELETE', one)
      expect(refused).toMatchObject({ status: 409, error: ATTACHED })
      expect(refused.headers.has('x-should-retry')).toBe(false)
    }
    expect((await ask('DELETE', one)).status).toBe(200)
    expect((await ask('DELETE', one)).status).toBe(404)
  })

  it('show until two requests have met them, as Terraform waits for it', async () => {
    const { tenant, ask, add, path } = await scene('strict')
    const [kept, gone] = [`kept.${tenant.domain}`, `gone.${tenant.domain}`]
    const one = await add(gone, kept)
    const put = await ask('PUT', one, { associated_hostnames: [kept] })
    expect(hostnames(put)).toEqual([kept])
    const tag = put.headers.get('etag')
    expect((await ask('GET', path)).result).toMatchObject([{ associated_hostnames: [kept, gone] }])
    expect(hostnames(await ask('GET', one, undefined, { 'if-none-match': tag }))).toEqual([kept, gone])
    expect(hostnames(await ask('GET', one))).toEqual([kept, gone])
    expect(hostnames(await ask('GET', one))).toEqual([kept])
    expect((await ask('GET', path)).result).toMatchObject([{ associated_hostnames: [kept] }])
  })

  it('do not show any more once they are put back', async () => {
    const { tenant, ask, add } = await scene('strict')
    const one = await add(tenant.domain)
    await ask('PUT', one, {})
    await ask('PUT', one, { associated_hostnames: [tenant.domain] })
    expect(hostnames(await ask('GET', one))).toEqual([tenant.domain])
    const permanent = await ask('DELETE', one)
    expect(permanent).toMatchObject({ status: 409, error: ATTACHED })
    expect(permanent.headers.get('x-should-retry')).toBe('false')
  })

  it('are in nobody’s way who may not delete it', async () => {
    const { tenant, ask, add, service } = await scene('strict')
    const one = await add(tenant.domain)
    await ask('PUT', one, {})
    const reader = clientOf(service, await freshToken([account(tenant.accountId, 'read')]))
    expect((await reader('DELETE', one)).status).toBe(403)
  })
})

it('without strict parity, no write waits for another', async () => {
  const { tenant, ask, add, path } = await scene()
  const one = await add(tenant.domain)
  expect((await ask('PUT', `${path}/settings`, {})).status).toBe(202)
  expect((await ask('PUT', `${path}/settings`, {})).status).toBe(202)
  expect((await ask('PUT', one, {})).status).toBe(200)
  expect((await ask('DELETE', one)).status).toBe(200)
})
