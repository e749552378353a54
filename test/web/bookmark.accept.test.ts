import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { post } from '../support/api.ts'
import { add, expectNotFound, get, items, put, remove, SCOPES, shown } from '../support/family.ts'
import { addedId, freshTenant, soundBody } from '../support/requests.ts'

const HEADER = 'x-d1-bookmark'
const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/

/** The header that sends a bookmark back. */
const from = (bookmark: string | null) => ({ headers: { [HEADER]: bookmark ?? expect.fail('no bookmark') } })

/** A database that records the start of its sessions. */
function watchedDatabase() {
  const starts: unknown[] = []
  const db = new Proxy(env.DB, {
    get: (target, property) => {
      const method: unknown = Reflect.get(target, property)
      if (typeof method !== 'function') return method
      return (...given: unknown[]) => {
        if (property === 'withSession') starts.push(given[0])
        return Reflect.apply(method, target, given)
      }
    },
  })
  return { db, starts }
}

describe.each(SCOPES)('a bookmark in %s', (path) => {
  it('comes with every answer of the family, in the form of D1', async () => {
    const { [path]: own, authorization, domain } = await freshTenant()
    const created = await post(own, authorization, soundBody({ associated_hostnames: [domain] }))
    const one = `${own}/${addedId(created)}`
    const answers = [
      created,
      await get(own, authorization),
      await get(one, authorization),
      await remove(one, authorization),
      await put(one, authorization, {}),
      await remove(one, authorization),
      await get(one, authorization),
      await get(`${own}/settings`, authorization),
      await put(`${own}/settings`, authorization, {}),
      await get(`${own}?page=x`, authorization),
      await post(own, authorization, {}),
      await get('/client/v4/user/tokens/verify', authorization),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 409, 200, 200, 404, 200, 202, 400, 400, 200])
    for (const { headers } of answers) expect(headers.get(HEADER)).toMatch(BOOKMARK)
  })

  it('of each write shows that write to the next read', async () => {
    const { [path]: own, authorization, domain } = await freshTenant()
    const created = await post(own, authorization, soundBody({ associated_hostnames: [domain] }))
    const one = `${own}/${addedId(created)}`
    const afterCreate = from(created.headers.get(HEADER))
    expect((await get(one, authorization, afterCreate)).body.result).toEqual(created.body.result)
    expect(items(await get(own, authorization, afterCreate))).toEqual([created.body.result])

    const updated = await put(one, authorization, { name: 'new' }, afterCreate)
    const afterUpdate = from(updated.headers.get(HEADER))
    expect((await get(one, authorization, afterUpdate)).body.result).toEqual(updated.body.result)

    const settings = [{ hostname: domain, china_network: false, client_certificate_forwarding: true }]
    const set = await put(`${own}/settings`, authorization, { settings }, afterUpdate)
    expect(items(await get(`${own}/settings`, authorization, from(set.headers.get(HEADER))))).toEqual(settings)

    const removed = await remove(one, authorization, from(set.headers.get(HEADER)))
    expect(removed.status).toBe(200)
    const afterRemove = from(removed.headers.get(HEADER))
    expectNotFound(await get(one, authorization, afterRemove))
    expect(items(await get(own, authorization, afterRemove))).toEqual([])
  })

  it('that is old is accepted, and the read sees later writes', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const old = from((await get(own, authorization)).headers.get(HEADER))
    const record = await add(own, authorization)
    expect((await get(record.path, authorization, old)).body.result).toEqual(shown(record))
  })

  it('from D1 is the start of the session; without one, the session starts at the primary', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const { db, starts } = watchedDatabase()
    const first = await get(own, authorization, { env: { DB: db } })
    const given = from(first.headers.get(HEADER))
    await get(own, authorization, { ...given, env: { DB: db } })
    expect(starts).toEqual(['first-primary', given.headers[HEADER]])
  })
})

describe('the header is ignored if it is', () => {
  const good = '00000085-00000002-00004f5e-c8b2b6e2d7c1a09f3e4d5c6b7a8f9e0d'

  it.each([
    ['nothing', ''],
    ['a word', 'x'],
    ['a constraint of D1 that may read old data', 'first-unconstrained'],
    ['a constraint of D1', 'first-primary'],
    ['null', 'null'],
    ['a number', '0'],
    ['SQL', "'; DROP TABLE certificates; --"],
    ['a bookmark in upper case', good.toUpperCase()],
    ['a bookmark cut short', good.slice(0, -1)],
    ['a bookmark with one digit more', `${good}0`],
    ['a bookmark in quotes', `"${good}"`],
    ['two bookmarks', `${good}, ${good}`],
    ['a bookmark and more', `${good};x=1`],
    ['a bookmark with a letter beyond f', good.replace('f', 'g')],
    ['a bookmark without hyphens', good.replaceAll('-', '')],
    ['thousands of characters', 'a'.repeat(8000)],
  ])('%s', async (_, bookmark) => {
    const { accountPath, authorization } = await freshTenant()
    const record = await add(accountPath, authorization)
    const { db, starts } = watchedDatabase()
    const headers = { [HEADER]: bookmark }
    const answer = await get(record.path, authorization, { headers, env: { DB: db } })
    expect(answer.status).toBe(200)
    expect(answer.body.result).toEqual(shown(record))
    expect(answer.headers.get(HEADER)).toMatch(BOOKMARK)
    expect(starts).toEqual(['first-primary'])
  })
})
