import { beforeAll, describe, expect, it } from 'vitest'
import { handleRequest } from '../../src/api/router.ts'
import { ROUTES } from '../../src/api/routes.ts'
import { SCOPE_ID } from '../../src/web/operation.ts'
import { call } from '../support/api.ts'
import { edgeOf } from '../support/edge-routes.ts'
import { add, faults, get, items, NOBODY, type Tenant } from '../support/family.ts'
import { certificatesOf, freshTenant, freshToken } from '../support/requests.ts'

/** A base URL that ends in a slash leads to doubled slashes. In a path, they count as one (docs/differences.md, Requests). */

let tenant: Tenant
let stranger: string
beforeAll(async () => {
  tenant = await freshTenant()
  stranger = await freshToken([])
})

/** Each position of a slash in a path. */
const slashes = (path: string) => [...path.matchAll(/\//g)].map(({ index }) => index)

const OPERATIONS = ROUTES.flatMap(({ method, path, namespace }) =>
  (namespace === 'edge' ? ['/edge/v1'] : ['/client/v4', '']).map((prefix) => {
    const named = path.replace(/\(\?<scope>([a-z]+)(?:\|[a-z]+)?\)/, '$1').replace(SCOPE_ID, '/:account_id')
    return [method, `${prefix}${named}`] as const
  }),
)

it.each(OPERATIONS)('%s %s is answered the same with any of its slashes doubled', async (method, path) => {
  const concrete = path
    .replace(':account_id', tenant.accountId)
    .replace(':certificate_id', NOBODY)
    .replace(':hostname', tenant.domain)
    .replace(':serial', '0a')
  // A stranger's token: the answer shows whether the route exists, and nothing is changed.
  const ask = (asked: string) => call(asked, { method, headers: { authorization: stranger } })
  const plain = await ask(concrete)
  expect(plain.body.errors.map(({ code }) => code)).not.toContain(7000)
  const doubled = slashes(concrete).map((at) => `${concrete.slice(0, at)}/${concrete.slice(at)}`)
  const all = concrete.replaceAll('/', '///')
  for (const path of [...doubled, all]) {
    const answer = await ask(path)
    expect([path, answer.status, answer.text]).toEqual([path, plain.status, plain.text])
  }
})

it.each(['/openapi.json', '/docs/errors'])('%s, which anyone may read', async (page) => {
  const ambient = { now: 0, clock: () => 0, clockMs: () => 0, newId: () => '', log: () => undefined }
  for (const path of slashes(page).map((at) => `${page.slice(0, at)}/${page.slice(at)}`)) {
    expect((await handleRequest(new Request(`https://api.example${path}`), {}, ambient)).status).toBe(200)
  }
})

it('slashes in the query stay as they are', async () => {
  const { id } = await add(tenant.accountPath, tenant.authorization)
  const path = certificatesOf('accounts', `/${tenant.accountId}`)
  const listed = await get(`${path}?per_page=1&x=//&page=1`, tenant.authorization)
  expect(items(listed).map((one) => one['id'])).toEqual([id])
})

describe('percent-encoded slashes are not joined', () => {
  it.each(['a%2F%2Fb', '%2F%2Fa.example'])('in a hostname: %s', async (hostname) => {
    const path = `${edgeOf('accounts', tenant.accountId)}/hostnames/${hostname}`
    const [[, detail]] = faults(await get(path, tenant.authorization)) as [[string, string]]
    expect(detail).toBe('hostname must be a hostname without a path, query, fragment or user')
  })

  it('in a serial number', async () => {
    const { id } = await add(tenant.accountPath, tenant.authorization)
    const path = `${edgeOf('accounts', tenant.accountId)}/certificates/${id}/blocked_serials/0f%2F%2Fab`
    const answer = await call(path, { method: 'PUT', headers: { authorization: tenant.authorization } })
    expect(faults(answer)).toEqual([[undefined, expect.stringMatching(/^serial must be a serial number/)]])
  })
})
