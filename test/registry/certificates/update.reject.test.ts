import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  add,
  ELSEWHERE,
  expectNotFound,
  FORBIDDEN,
  faults,
  get,
  NOBODY,
  outcome,
  put,
  SCOPES,
  shown,
  siblingZone,
  type Tenant,
} from '../../support/family.ts'
import { NOW } from '../../support/pki.ts'
import { freshTenant, freshToken } from '../../support/requests.ts'
import { account, zone } from '../../support/tenants.ts'

/** A text that has the form of a private key. */
const KEY = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXNlY3JldC1zZWNyZXQ=\n-----END PRIVATE KEY-----\n'

let tenant: Tenant
let other: Tenant
let records: Awaited<ReturnType<typeof add>>[]
beforeAll(async () => {
  tenant = await freshTenant()
  other = await freshTenant()
  const associated_hostnames = [`B.${tenant.domain}`, `a.${tenant.domain}`]
  records = []
  for (const path of SCOPES) records.push(await add(tenant[path], tenant.authorization, { associated_hostnames }))
})

// A refusal changes nothing, updated_at included.
afterEach(async () => {
  for (const record of records) {
    expect((await get(record.path, tenant.authorization)).body.result).toEqual(shown(record))
  }
})

const send = async (body: unknown) => {
  const answers = []
  for (const { path } of records) answers.push(await put(path, tenant.authorization, body, { now: NOW + 60 }))
  return answers
}

async function expectOneFault(body: unknown, pointer: string, detail: RegExp): Promise<void> {
  for (const answer of await send(body)) expect(faults(answer)).toEqual([[pointer, expect.stringMatching(detail)]])
}

describe('400 12130: a body that is not an object', () => {
  it.each([
    ['null', 'null', /must be a JSON object, not null$/],
    ['a list', '[]', /must be a JSON object, not an array$/],
    ['a string', '"x"', /must be a JSON object, not a string$/],
    ['a number', '1', /must be a JSON object, not a number$/],
    ['false', 'false', /must be a JSON object, not a boolean$/],
  ])('%s', async (_, text, detail) => {
    await expectOneFault(text, '', detail)
  })
})

describe('400 12130: a name', () => {
  it.each<[string, unknown, RegExp]>([
    ['that is empty', '', /^name must have 1 to 350 characters, not 0$/],
    ['of 351 characters', 'n'.repeat(351), /^name must have 1 to 350 characters, not 351$/],
    ['of 351 characters beyond the BMP', '🔐'.repeat(351), /^name must have 1 to 350 characters, not 351$/],
    ['that is a number', 1, /^name must be a string, not a number$/],
    ['that is zero', 0, /^name must be a string, not a number$/],
    ['that is false', false, /^name must be a string, not a boolean$/],
    ['that is a list', ['x'], /^name must be a string, not an array$/],
    ['that is an object', { x: 1 }, /^name must be a string, not an object$/],
    ['with U+0000', 'a\u0000b', /^name has the character U\+0000$/],
  ])('%s', async (_, name, detail) => {
    await expectOneFault({ name }, '/name', detail)
    const associated_hostnames = [`c.${tenant.domain}`]
    await expectOneFault({ name, associated_hostnames }, '/name', detail)
  })

  it('with half of a surrogate pair', async () => {
    await expectOneFault('{"name":"\\ud800x"}', '/name', /^name has half of a surrogate pair/)
  })
})

describe('400 12130: associated_hostnames', () => {
  it.each<[string, unknown]>([
    ['a string', 'a.example'],
    ['a number', 1],
    ['a boolean', true],
    ['an object', { 0: 'a.example', length: 1 }],
  ])('that are %s', async (type, associated_hostnames) => {
    const detail = new RegExp(`^associated_hostnames must be an array of strings, not ${type}$`)
    await expectOneFault({ associated_hostnames }, '/associated_hostnames', detail)
  })

  it('of more than 1000 names', async () => {
    const associated_hostnames = Array.from({ length: 1001 }, (_, i) => `h${i}.${tenant.domain}`)
    await expectOneFault(
      { associated_hostnames },
      '/associated_hostnames',
      /must have at most 1000 hostnames, not 1001$/,
    )
  })

  it.each<[string, unknown, RegExp]>([
    ['null', null, /must be a string, not null$/],
    ['a number', 7, /must be a string, not a number$/],
    ['an empty string', '', /not an empty string$/],
    ['a scheme', 'https://§', /without a scheme/],
    ['a path', 'a.§/x', /without a path/],
    ['a port', 'a.§:443', /without a port/],
    ['a wildcard', '*.§', /without a wildcard/],
    ['an address', '192.0.2.1', /not an IP address$/],
    ['an underscore', '_a.§', /underscore/],
    ['a final dot', 'a.§.', /dot at its end/],
    ['an empty label', 'a..§', /without empty labels/],
    ['one label', 'localhost', /two labels/],
    ['a name that is too long', `${'l'.repeat(63)}.`.repeat(4).concat('§'), /at most 253 bytes/],
    ['an unknown domain', 'a.nobody.example', /^domain does not belong to zone: \w/],
    ['a name that only ends like the domain', 'x§', /^domain does not belong to zone: \w/],
  ])('with %s', async (_, name, detail) => {
    const faulty = typeof name === 'string' ? name.replaceAll('§', tenant.domain) : name
    const associated_hostnames = [`c.${tenant.domain}`, faulty]
    await expectOneFault({ name: 'x', associated_hostnames }, '/associated_hostnames/1', detail)
  })

  it("with another account's domain", async () => {
    const associated_hostnames = [`a.${other.domain}`]
    await expectOneFault({ associated_hostnames }, '/associated_hostnames/0', /^domain does not belong to zone: \w/)
  })

  it("in a zone, with a hostname of another of the account's zones", async () => {
    const { domain } = await siblingZone(tenant)
    const record = await add(tenant.zonePath, tenant.authorization)
    const answer = await put(record.path, tenant.authorization, { associated_hostnames: [`a.${domain}`] })
    expect(faults(answer)).toEqual([
      ['/associated_hostnames/0', expect.stringMatching(/^domain does not belong to zone: \w/)],
    ])
  })
})

describe('400 12130: a private key', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['as certificate, which is ignored otherwise', { certificate: KEY }, ['/certificate']],
    ['in an unknown field', { x: { y: [KEY] } }, ['/x/y/0']],
    ['as the name', { name: KEY }, ['/name']],
    ['among the hostnames', { associated_hostnames: [KEY] }, ['/associated_hostnames/0']],
    ['as a member name', { [KEY]: 1 }, ['']],
    ['as the body', JSON.stringify(KEY), ['']],
  ])('%s', async (_, body, pointers) => {
    for (const answer of await send(body)) {
      const found = faults(answer).filter(([, detail]) => /holds a private key: never send one/.test(detail))
      expect(found.map(([pointer]) => pointer)).toEqual(pointers)
      expect(answer.text).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY|c2VjcmV0/)
    }
  })
})

it('400 12130: every fault of the body is listed', async () => {
  const associated_hostnames = ['a.nobody.example', `c.${tenant.domain}`, '*.x', 7, `a.${other.domain}`]
  for (const answer of await send({ name: '', associated_hostnames, x: KEY })) {
    expect(faults(answer).toSorted()).toEqual([
      ['/associated_hostnames/0', expect.stringMatching(/^domain does not belong to zone: \w/)],
      ['/associated_hostnames/2', expect.stringMatching(/^associated_hostnames\[2\].*wildcard/)],
      ['/associated_hostnames/3', expect.stringMatching(/^associated_hostnames\[3\].*a string/)],
      ['/associated_hostnames/4', expect.stringMatching(/^domain does not belong to zone: \w/)],
      ['/name', expect.stringMatching(/1 to 350/)],
      ['/x', expect.stringMatching(/private key/)],
    ])
  }
})

describe('404 12135: a certificate that', () => {
  it.each(ELSEWHERE)('%s', async (_, pathFor) => {
    expectNotFound(await put(await pathFor(tenant, other), tenant.authorization, { name: 'stolen' }))
  })

  it("is another tenant's, which does not change", async () => {
    const theirs = await add(other.accountPath, other.authorization, { associated_hostnames: [other.domain] })
    for (const path of SCOPES) expectNotFound(await put(`${tenant[path]}/${theirs.id}`, tenant.authorization, {}))
    expect((await get(theirs.path, other.authorization)).body.result).toEqual(shown(theirs))
  })
})

describe('an update is refused to', () => {
  it.each<[string, (t: Tenant) => Promise<string> | string, readonly unknown[]]>([
    ['a read grant', (t) => freshToken([account(t.accountId, 'read'), zone(t.zoneId, 'read')]), FORBIDDEN],
    ['no grant', () => freshToken([]), FORBIDDEN],
    ["another account's token", () => other.authorization, FORBIDDEN],
    ['an unknown token', () => 'Bearer unknown', [401, 10000]],
    ['an expired token', (t) => freshToken([account(t.accountId)], { expiresOn: 1 }), [401, 10000]],
  ])('%s', async (_, authorizationFor, expected) => {
    const authorization = await authorizationFor(tenant)
    for (const { path } of records) expect(outcome(await put(path, authorization, {}))).toEqual(expected)
  })

  it('everyone if Access is not enabled', async () => {
    const off = await freshTenant({ enabled: false })
    for (const path of SCOPES) {
      expect(outcome(await put(`${off[path]}/${NOBODY}`, off.authorization, {}))).toEqual([403, 9999])
    }
  })
})
