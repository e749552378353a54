import { beforeAll, describe, expect, it } from 'vitest'
import { post } from '../../support/api.ts'
import { edgeOf } from '../../support/edge-routes.ts'
import { add, get, put } from '../../support/family.ts'
import { certificate, pem } from '../../support/pki.ts'
import { freshTenant, freshToken, soundBody } from '../../support/requests.ts'
import { account, addAccount, addZone, zone } from '../../support/tenants.ts'

/** A hostname outside of the scope's zones: the refusal lists these zones to a credential of the scope. */
const OUTSIDE = 'a.outside.example'
const WORDS = 'access.api.error.invalid_request: domain does not belong to zone'

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeAll(async () => {
  tenant = await freshTenant({ certificateQuota: 100 })
})

const message = async (path: string, authorization: string, hostname = OUTSIDE) => {
  const { status, body } = await post(path, authorization, soundBody({ associated_hostnames: [hostname] }))
  expect(status).toBe(400)
  return body.errors[0]?.message
}

describe('the refusal of a foreign hostname says', () => {
  it('the only zone of the account, or the zone of the path', async () => {
    const { accountPath, zonePath, authorization, domain } = tenant
    expect(await message(accountPath, authorization)).toBe(`${WORDS}: the zone of this account is ${domain}`)
    expect(await message(zonePath, authorization)).toBe(`${WORDS}: this zone is ${domain}`)
  })

  it('the zones of the account by name, ten of them', async () => {
    const { accountId, accountPath, authorization, domain } = await freshTenant()
    const more = Array.from({ length: 12 }, (_, i) => `${String.fromCharCode(97 + i)}.many.${domain}x`)
    for (const one of more.toReversed()) await addZone(accountId, one)
    const all = [domain, ...more].toSorted()
    const listed = `the zones of this account are ${all.slice(0, 10).join(', ')} and 3 more`
    expect(await message(accountPath, authorization)).toBe(`${WORDS}: ${listed}`)
  })

  it('that the account has no zone', async () => {
    const id = await addAccount()
    const path = `/accounts/${id}/access/certificates`
    const words = `${WORDS}: this account has no zone yet (npm run admin -- zone add)`
    expect(await message(path, await freshToken([account(id)]))).toBe(words)
  })

  it('that a more specific zone has the hostname', async () => {
    const other = await freshTenant()
    await addZone(other.accountId, `leased.${tenant.domain}`)
    const words = `${WORDS}: a more specific zone than ${tenant.domain}, in another scope, has this hostname`
    expect(await message(tenant.accountPath, tenant.authorization, `x.LEASED.${tenant.domain}`)).toBe(words)
  })

  it('the same in PUT, in settings, for a mode and for a decision', async () => {
    const { accountId, accountPath, authorization, domain } = tenant
    const here = `the zone of this account is ${domain}`
    const { path } = await add(accountPath, authorization)
    const edge = edgeOf('accounts', accountId)
    const answers = [
      await put(path, authorization, { associated_hostnames: [OUTSIDE] }),
      await get(`${edge}/hostnames/${OUTSIDE}`, authorization),
      await post(`${edge}/verify`, authorization, { hostname: OUTSIDE, certificate: pem(certificate()) }),
    ]
    for (const { body } of answers) expect(body.errors).toMatchObject([{ code: 12130, message: `${WORDS}: ${here}` }])
    const settings = await put(`${accountPath}/settings`, authorization, { settings: [{ hostname: OUTSIDE }] })
    expect(settings.body.errors).toMatchObject([
      { code: 12036, message: `access.api.error.hostnames_must_belong_to_your_domain: ${here}` },
    ])
  })
})

it('a token of one zone is told that zone only, and one without access no zone', async () => {
  const token = await freshToken([zone(tenant.zoneId)])
  await addZone(tenant.accountId, `sibling.${tenant.domain}x`)
  expect(await message(tenant.zonePath, token)).toBe(`${WORDS}: this zone is ${tenant.domain}`)
  for (const authorization of [token, 'Bearer unknown', await freshToken([])]) {
    const answer = await post(tenant.accountPath, authorization, soundBody({ associated_hostnames: [OUTSIDE] }))
    expect([401, 403]).toContain(answer.status)
    expect(answer.text).not.toContain(tenant.domain)
  }
})
