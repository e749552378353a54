import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, post } from '../support/api.ts'
import { bare, certificatesOf, freshId, freshToken, soundBody, storedRows } from '../support/requests.ts'
import { account, addAccount, addZone } from '../support/tenants.ts'

/**
 * A hostname may be named in the scope of the zone whose domain is its longest suffix (docs/differences.md, Hostnames).
 *
 *   ours:   example.com, shop.example.com (nested), xn--bcher-kva.example
 *   theirs: theirs.example, leased.example.com (nested in ours), deep.er.example.com
 */
interface Scopes {
  readonly account: string
  readonly zones: Readonly<Record<string, string>>
  readonly authorization: string
}

async function addScopes(domains: readonly string[]): Promise<Scopes> {
  const id = await addAccount({ id: freshId(), certificateQuota: 1000 })
  const zones: Record<string, string> = {}
  for (const domain of domains) {
    zones[domain] = certificatesOf('zones', await addZone(id, domain, { id: freshId() }))
  }
  return { account: certificatesOf('accounts', id), zones, authorization: await freshToken([account(id)]) }
}

let ours: Scopes
let theirs: Scopes
beforeAll(async () => {
  ours = await addScopes(['example.com', 'shop.example.com', 'xn--bcher-kva.example'])
  theirs = await addScopes(['theirs.example', 'leased.example.com', 'deep.er.example.com'])
})

const send = (scopes: Scopes, path: string | undefined, names: readonly string[]): Promise<Answer> =>
  post(path ?? 'no such zone', scopes.authorization, soundBody({ associated_hostnames: names }))

async function expectTaken(scopes: Scopes, path: string | undefined, name: string): Promise<void> {
  const answer = await send(scopes, path, [name])
  expect(answer).toMatchObject({ status: 201, body: { result: { associated_hostnames: [name] } } })
}

async function expectForeign(scopes: Scopes, path: string | undefined, name: string): Promise<void> {
  const before = await storedRows()
  const { status, body } = await send(scopes, path, [name])
  expect(status).toBe(400)
  expect(bare(body).errors).toEqual([
    {
      code: 12130,
      message: expect.stringMatching(/^access\.api\.error\.invalid_request: .*domain does not belong to zone: \w/),
      source: { pointer: '/associated_hostnames/0' },
    },
  ])
  expect(await storedRows()).toEqual(before)
}

const DEEP = `${'d.'.repeat(30)}example.com`

describe('a zone and its account may name', () => {
  it.each([
    ['the domain itself', 'example.com'],
    ['a name under it', 'admin.example.com'],
    ['a name far under it', 'a.b.c.d.e.example.com'],
    ['a name of as many labels as there may be', DEEP],
    ['the domain in another case', 'EXAMPLE.Com'],
    ['a name in another case', 'Admin.EXAMPLE.com'],
    ['a U-label under it', 'bücher.example.com'],
    ['a name with ideographic full stops', 'a。example。com'],
    ['a name whose first label repeats the domain', 'example.com.example.com'],
    ['a name that ends in a nested domain without the dot', 'xshop.example.com'],
    ['a name that ends in a leased domain without the dot', 'notleased.example.com'],
    ['the parent of a leased domain', 'er.example.com'],
  ])('%s', async (_, name) => {
    await expectTaken(ours, ours.zones['example.com'], name)
    await expectTaken(ours, ours.account, name)
  })
})

describe('neither a zone nor its account may name', () => {
  it.each([
    ['a name that ends in the domain without the dot', 'notexample.com'],
    ['such a name with a hyphen', 'not-example.com'],
    ['a name under such a name', 'a.notexample.com'],
    ['the domain with something after it', 'example.com.evil.example'],
    ['the domain in another place', 'example.com.com'],
    ['the parent of the domain', 'co.com'],
    ['a sibling of the domain', 'example.net'],
    ['an unknown domain', 'nobody.example'],
    ["another account's domain", 'theirs.example'],
    ["a name under another account's domain", 'a.theirs.example'],
    ['a look-alike of the domain', 'ex\u0430mple.com'],
    ['a nested domain leased to another account', 'leased.example.com'],
    ['a name under a leased domain', 'a.b.leased.example.com'],
    ['a leased domain in another case', 'A.LEASED.example.com'],
    ['a domain leased two levels down', 'deep.er.example.com'],
    ['a name under it', 'x.deep.er.example.com'],
  ])('%s', async (_, name) => {
    await expectForeign(ours, ours.zones['example.com'], name)
    await expectForeign(ours, ours.account, name)
  })
})

describe('the account that leased a nested domain', () => {
  it.each([
    ['may name it', 'leased.example.com'],
    ['may name hostnames under it', 'a.b.leased.example.com'],
  ])('%s', async (_, name) => {
    await expectTaken(theirs, theirs.zones['leased.example.com'], name)
    await expectTaken(theirs, theirs.account, name)
  })

  it.each([
    ['may not name the domain around it', 'example.com'],
    ['may not name a sibling in it', 'admin.example.com'],
    ['may not name a hostname that only ends with the same letters', 'notleased.example.com'],
    ['may not name the domain between', 'er.example.com'],
  ])('%s', async (_, name) => {
    await expectForeign(theirs, theirs.zones['leased.example.com'], name)
    await expectForeign(theirs, theirs.account, name)
  })
})

describe('with two nested zones of one account', () => {
  it.each(['shop.example.com', 'a.shop.example.com'])(
    'only the inner zone and the account may name %s',
    async (name) => {
      await expectTaken(ours, ours.zones['shop.example.com'], name)
      await expectForeign(ours, ours.zones['example.com'], name)
      await expectTaken(ours, ours.account, name)
    },
  )

  it.each(['example.com', 'a.example.com', 'xshop.example.com'])(
    'only the outer zone and the account may name %s',
    async (name) => {
      await expectTaken(ours, ours.zones['example.com'], name)
      await expectForeign(ours, ours.zones['shop.example.com'], name)
      await expectTaken(ours, ours.account, name)
    },
  )

  it('the account may name both in one certificate', async () => {
    const names = ['a.example.com', 'a.shop.example.com', 'bücher.example']
    expect(await send(ours, ours.account, names)).toMatchObject({ status: 201 })
  })
})

describe('a zone with an internationalized domain', () => {
  it.each([
    ['as U-label', 'a.bücher.example'],
    ['as A-label', 'a.xn--bcher-kva.example'],
    ['in upper case', 'A.BÜCHER.example'],
    ['decomposed', 'a.bu\u0308cher.example'],
    ['the domain itself', 'bücher.example'],
  ])('owns its names: %s', async (_, name) => {
    await expectTaken(ours, ours.zones['xn--bcher-kva.example'], name)
  })

  it('does not own the name without its umlaut', async () => {
    await expectForeign(ours, ours.zones['xn--bcher-kva.example'], 'a.bucher.example')
  })
})

it('each foreign hostname of a request is named by its index in the request', async () => {
  const names = [
    'a.example.com',
    'a.example.com',
    'x.nobody.example',
    'A.example.com',
    'a.leased.example.com',
    'b.example.com',
  ]
  const { status, body } = await send(ours, ours.account, names)
  expect(status).toBe(400)
  expect(body.errors.map(({ source }) => source?.pointer).toSorted()).toEqual([
    '/associated_hostnames/2',
    '/associated_hostnames/4',
  ])
})

it('a zone owns its names also if Access is not enabled for it', async () => {
  const outer = await addScopes(['around.example'])
  const id = await addAccount({ id: freshId() })
  await addZone(id, 'off.around.example', { id: freshId(), enabled: false })
  await expectForeign(outer, outer.account, 'a.off.around.example')
  await expectTaken(outer, outer.account, 'a.around.example')
})
