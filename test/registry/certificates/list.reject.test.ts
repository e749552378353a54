import { beforeAll, describe, expect, it } from 'vitest'
import { add, FORBIDDEN, faults, get, outcome, SCOPES, type Tenant } from '../../support/family.ts'
import { freshTenant, freshToken } from '../../support/requests.ts'
import { account, zone } from '../../support/tenants.ts'

let tenant: Tenant
beforeAll(async () => {
  tenant = await freshTenant()
  for (const path of SCOPES) await add(tenant[path], tenant.authorization)
})

/** Query values that are not whole numbers from 1 on. */
const BAD_NUMBERS: readonly (readonly [string, string])[] = [
  ['zeros', '000'],
  ['a negative number', '-1'],
  ['negative zero', '-0'],
  ['a fraction', '1.5'],
  ['a whole number with a fraction', '1.0'],
  ['nothing', ''],
  ['a blank', '%20'],
  ['a number after a blank', '%201'],
  ['a number before a blank', '1%20'],
  ['a number before a newline', '1%0A'],
  ['a number before a NUL', '1%00'],
  ['a letter', 'x'],
  ['a number and a letter', '1x'],
  ['a sign', '%2B1'],
  ['an exponent', '1e1'],
  ['hexadecimal', '0x1'],
  ['a separator', '1_0'],
  ['two numbers', '1,2'],
  ['infinity', 'Infinity'],
  ['no number', 'NaN'],
  ['null', 'null'],
  ['full-width digits', '%EF%BC%91'],
  ['arabic digits', '%D9%A1'],
  ['SQL', '1;DROP%20TABLE%20certificates'],
  ['2^53', '9007199254740992'],
  ['2^64', '18446744073709551616'],
  ['thirty digits', '9'.repeat(30)],
  ['four hundred digits', '9'.repeat(400)],
]

async function expectRefused(path: string, query: string, parameter: string): Promise<void> {
  const answer = await get(path + query, tenant.authorization)
  const [fault, ...more] = faults(answer)
  expect(more).toEqual([])
  expect(fault?.[1]).toMatch(new RegExp(`^${parameter} `))
  expect(answer.text).not.toContain('result_info')
}

describe.each(SCOPES)('400 12130 in %s', (path) => {
  describe.each(['page', 'per_page'])('for a %s that is', (parameter) => {
    it.each(BAD_NUMBERS)('%s', async (_, value) => {
      await expectRefused(tenant[path], `?${parameter}=${value}`, parameter)
    })

    it.each([
      ['there twice', `?${parameter}=1&${parameter}=2`],
      ['there twice, the same', `?${parameter}=1&${parameter}=1`],
      ['there twice, once zero', `?${parameter}=0&${parameter}=1`],
      ['there twice, both zero', `?${parameter}=0&${parameter}=0`],
      ['there twice, once empty', `?${parameter}=1&${parameter}=`],
      ['there without a value', `?${parameter}`],
      ['there twice, once percent-encoded', `?${parameter}=1&${parameter.replace('p', '%70')}=1`],
    ])('%s', async (_, query) => {
      await expectRefused(tenant[path], query, parameter)
    })
  })

  it.each(['1001', '1000000', '999999999999999'])('for a per_page of %s', async (value) => {
    await expectRefused(tenant[path], `?per_page=${value}`, 'per_page')
  })

  it('for a bad page with a good per_page, and the other way round', async () => {
    await expectRefused(tenant[path], '?page=-1&per_page=25', 'page')
    await expectRefused(tenant[path], '?page=1&per_page=1001', 'per_page')
  })
})

describe('a list is not shown', () => {
  it.each<[string, (t: Tenant, other: Tenant) => Promise<string> | string, readonly unknown[]]>([
    ['to a token without a grant', () => freshToken([]), FORBIDDEN],
    ["to another account's token", (_, other) => other.authorization, FORBIDDEN],
    ['to an unknown token', () => 'Bearer unknown', [401, 10000]],
    ['to an expired token', (t) => freshToken([account(t.accountId)], { expiresOn: 1 }), [401, 10000]],
  ])('%s', async (_, authorizationFor, expected) => {
    const authorization = await authorizationFor(tenant, await freshTenant())
    for (const path of SCOPES) {
      const answer = await get(tenant[path], authorization)
      expect(outcome(answer)).toEqual(expected)
      expect(answer.body.result).toBeNull()
    }
  })

  it('to a grant on a zone, for the list of its account', async () => {
    const authorization = await freshToken([zone(tenant.zoneId)])
    expect(outcome(await get(tenant.accountPath, authorization))).toEqual(FORBIDDEN)
  })

  it.each(SCOPES)('if Access is not enabled: %s', async (path) => {
    const off = await freshTenant({ enabled: false })
    expect(outcome(await get(off[path], off.authorization))).toEqual([403, 9999])
  })
})

describe('before a bad page', () => {
  it.each<[string, (t: Tenant) => Promise<readonly [string, string]>, readonly unknown[]]>([
    ['the credential is checked', async (t) => [t.accountPath, 'Bearer unknown'], [401, 10000]],
    ['the permission is checked', async (t) => [t.accountPath, await freshToken([])], FORBIDDEN],
    [
      'Access enabled is checked',
      async () => {
        const { zonePath, authorization } = await freshTenant({ enabled: false })
        return [zonePath, authorization]
      },
      [403, 9999],
    ],
  ])('%s', async (_, request, expected) => {
    const [path, authorization] = await request(tenant)
    expect(outcome(await get(`${path}?page=-1`, authorization))).toEqual(expected)
  })
})
