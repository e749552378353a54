import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { call } from '../support/api.ts'
import { setUp, T } from '../support/protected.ts'
import { freshId } from '../support/requests.ts'
import { addAccount, addZone } from '../support/tenants.ts'

type Protected = Awaited<ReturnType<typeof setUp>>

const ALLOW = { UNPROTECTED: 'allow' }

async function put({ tenant }: Protected, path: string, body: object) {
  const answer = await call(path, {
    method: 'PUT',
    headers: { authorization: tenant.authorization, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect([answer.status, answer.body.errors]).toEqual([200, []])
}

const dropHostnames = (gateway: Protected) =>
  put(gateway, `${gateway.certificates}/${gateway.id}`, { associated_hostnames: [] })

async function deleteZone({ tenant }: Protected) {
  await env.DB.prepare('DELETE FROM zones WHERE id = ?1').bind(tenant.zoneId).run()
}

/** A time after the age of the cache. */
const LATER = { at: T + 60_000, env: ALLOW }

describe('with UNPROTECTED=allow, a hostname that had certificates stays protected when', () => {
  it.each<[string, (gateway: Protected) => Promise<unknown>]>([
    ['a PUT takes its hostnames away', dropHostnames],
    ['its zone is deleted', deleteZone],
    [
      'its certificate and then its zone are deleted',
      async (gateway) => {
        await dropHostnames(gateway)
        await env.DB.prepare('DELETE FROM certificates WHERE id = ?1').bind(gateway.id).run()
        await deleteZone(gateway)
      },
    ],
    [
      'a nested zone is given to another account',
      async ({ hostname }) => addZone(await addAccount({ id: freshId() }), hostname, { id: freshId() }),
    ],
  ])('%s', async (_, change) => {
    const gateway = await setUp(`${freshId()}.example`)
    expect((await gateway.send({ env: ALLOW })).status).toBe(403)
    await change(gateway)
    expect((await gateway.send(LATER)).status).toBe(403)
    expect(gateway.behind.requests).toEqual([])
  })
})

describe('with UNPROTECTED=allow, a hostname passes', () => {
  it('if its owner opened it, but not after it is required again', async () => {
    const gateway = await setUp(`${freshId()}.example`)
    await dropHostnames(gateway)
    const mode = `/edge/v1/accounts/${gateway.tenant.accountId}/hostnames/${gateway.hostname}`
    await put(gateway, mode, { mode: 'open' })
    expect((await gateway.send({ env: ALLOW })).status).toBe(200)
    await put(gateway, mode, { mode: 'required' })
    expect((await gateway.send(LATER)).status).toBe(403)
  })

  it('only with that value: otherwise it is refused, opened or not', async () => {
    const gateway = await setUp(`${freshId()}.example`)
    await dropHostnames(gateway)
    await put(gateway, `/edge/v1/accounts/${gateway.tenant.accountId}/hostnames/${gateway.hostname}`, { mode: 'open' })
    expect((await gateway.send()).status).toBe(403)
  })

  it('if it never had certificates', async () => {
    const gateway = await setUp(`${freshId()}.example`)
    const url = `https://other.${gateway.tenant.domain}/`
    expect((await gateway.send({ env: ALLOW, url })).status).toBe(200)
  })
})
