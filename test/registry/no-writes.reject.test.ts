import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/api/routes.ts'
import { SCOPE, SCOPE_ID } from '../../src/web/operation.ts'
import { call } from '../support/api.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { type CrlTenant, crlTenant, putCrl } from '../support/crl.ts'
import { add, put } from '../support/family.ts'
import { NOW } from '../support/pki.ts'
import { freshTenant, freshToken, soundBody } from '../support/requests.ts'
import { isLookup } from '../support/route-requests.ts'
import { blockedRow, insertCrl, insertRow, modeRow, settingRow } from '../support/rows.ts'
import { account } from '../support/tenants.ts'
import { issueCrl } from '../support/x509/make-crl.ts'

/** A request without write permission writes nothing: neither what it asks for, nor anything on the side. */

/** A tenant with some of everything, and with leftovers of CRLs that a sweep would delete. */
async function fullTenant(scope: 'accounts' | 'zones') {
  const tenant = await crlTenant(1, scope === 'accounts' ? 'accountPath' : 'zonePath')
  await add(tenant.zonePath, tenant.authorization, { associated_hostnames: [tenant.domain] })
  expect((await putCrl(tenant, await issueCrl(tenant.ca))).status).toBe(200)
  expect((await put(tenant.record, tenant.authorization, { name: 'renamed' })).status).toBe(200)
  await insertRow('blocked_serials', blockedRow(tenant.id))
  const { accountId, zoneId, domain } = tenant
  await insertRow('hostname_modes', modeRow(accountId, zoneId, domain))
  await insertRow('hostname_settings', settingRow(accountId, zoneId, domain))
  await insertCrl(tenant.id, ['0a', '0b'], { state: 'loading', uploaded_at: NOW - 86_400 })
  const gone = await insertCrl(tenant.id, ['0a', '0b'], { ca_key: 'f'.repeat(64) })
  await env.DB.prepare('DELETE FROM crls WHERE id = ?1').bind(gone).run()
  return tenant
}

/** Bodies that would be stored, by operation; other requests have none. */
async function bodyOf(what: string, { domain, ca }: CrlTenant): Promise<BodyInit | undefined> {
  switch (what) {
    case 'Add an mTLS certificate':
      return JSON.stringify(soundBody({ associated_hostnames: [`new.${domain}`] }))
    case 'Update an mTLS certificate':
      return JSON.stringify({ name: 'new', associated_hostnames: [domain] })
    case 'Update mTLS hostname settings':
      return JSON.stringify({ settings: [{ hostname: `new.${domain}`, client_certificate_forwarding: true }] })
    case 'Set the mode and identity rules of a hostname':
      return JSON.stringify({ mode: 'required' })
    case 'Upload CRLs':
      return issueCrl(ca, { number: 2, revoked: [{ serial: 7 }] })
    case 'Set the revocation policy of a certificate':
      return JSON.stringify({ stale_policy: 'soft' })
    case 'Decide on a client certificate':
      return JSON.stringify({ hostname: domain, certificate: soundBody()['certificate'] })
    default:
      return undefined
  }
}

/** Every route in each of its scopes: the operation, and its path for a tenant. */
const REQUESTS = ROUTES.flatMap((route) => {
  const prefix = route.namespace === 'edge' ? '/edge/v1' : '/client/v4'
  return (['accounts', 'zones'] as const).flatMap((scope) => {
    const [, only = 'accounts'] = /\?<scope>([a-z|]+)\)/.exec(route.path) ?? []
    if (!only.split('|').includes(scope)) return []
    const path = ({ accountId, zoneId, id, domain }: CrlTenant) => {
      const scopePath = `/${scope}/${scope === 'accounts' ? accountId : zoneId}`
      const filled = route.path
        .replace(SCOPE, scopePath)
        .replace(`/(?<scope>${scope})${SCOPE_ID}`, scopePath)
        .replace(':certificate_id', id)
        .replace(':hostname', domain)
        // The one that renamed the record (fullTenant).
        .replace(':change_id', '4')
        // PUT blocks another number than the blocked one; DELETE unblocks that one.
        .replace(':serial', route.method === 'PUT' ? '0b' : '0a')
      return prefix + filled
    }
    return [
      {
        ...route,
        permission: route.permission ?? 'read',
        isToken: route.permission === undefined,
        what: route.summary,
        pattern: route.path,
        scope,
        path,
      },
    ]
  })
})

describe.each(REQUESTS)('$method: $what, in $scope', ({ method, what, path, pattern, permission, isToken, scope }) => {
  // The grants of a token matter only under an account.
  const isUsersToken = isToken && !pattern.includes('?<scope>') && what !== 'Get the user'
  const unknown = isLookup(what) ? 403 : 401

  async function send(tenant: CrlTenant, authorization: string) {
    const { db, calls, written } = countingDatabase(env.DB)
    const body = await bodyOf(what, tenant)
    const answer = await call(path(tenant), {
      method,
      headers: {
        authorization,
        'content-type': what === 'Upload CRLs' ? 'application/pkix-crl' : 'application/json',
      },
      ...(body === undefined ? {} : { body }),
      env: { DB: db },
    })
    expect(new Set(calls)).toEqual(new Set(['batch']))
    return { status: answer.status, written }
  }

  const foreign = isUsersToken ? 200 : 403
  it.each<[string, (tenant: CrlTenant) => Promise<string>, number]>([
    ['an unknown token', async () => 'Bearer nobody', unknown],
    ['a token that has expired', ({ accountId }) => freshToken([account(accountId)], { expiresOn: NOW }), unknown],
    ['a token of another account', async () => (await freshTenant()).authorization, foreign],
    ['a token without a grant', () => freshToken([]), foreign],
    [
      'a token that may read',
      ({ accountId }) => freshToken([account(accountId, 'read')]),
      permission === 'read' && what !== 'Get the user' ? 200 : 403,
    ],
    [
      'a token that may write, where Access is off',
      async ({ accountId, authorization }) => {
        await env.DB.prepare('UPDATE accounts SET enabled = 0 WHERE id = ?1').bind(accountId).run()
        return authorization
      },
      // Look-ups answer all the same; a token is no user.
      what !== 'Get the user' && (isToken || what === 'Get an account' || what === 'Get a zone') ? 200 : 403,
    ],
  ])('writes nothing with %s', async (_, tokenOf, expected) => {
    const tenant = await fullTenant(scope)
    const { status, written } = await send(tenant, await tokenOf(tenant))
    expect([status, new Set(written)]).toEqual([expected, new Set([0])])
  })

  if (permission === 'read') return
  it('writes with a token that may write', async () => {
    const tenant = await fullTenant(scope)
    const { status, written } = await send(tenant, tenant.authorization)
    expect([200, 201, 202]).toContain(status)
    expect(Math.max(...written)).toBeGreaterThan(0)
  })
})

it('every route is among them', () => {
  expect(new Set(REQUESTS.map(({ what }) => what)).size).toBe(ROUTES.length)
})
