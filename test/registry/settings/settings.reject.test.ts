import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, call } from '../../support/api.ts'
import {
  FORBIDDEN,
  faults,
  get,
  type Item,
  items,
  outcome,
  put,
  SCOPES,
  siblingZone,
  type Tenant,
} from '../../support/family.ts'
import { bare, freshTenant, freshToken } from '../../support/requests.ts'
import { account, zone } from '../../support/tenants.ts'

const KEY = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXNlY3JldC1zZWNyZXQ=\n-----END PRIVATE KEY-----\n'

let tenant: Tenant
let other: Tenant
let kept: Item
beforeAll(async () => {
  tenant = await freshTenant()
  other = await freshTenant()
  kept = { hostname: `Kept.${tenant.domain}`, china_network: false, client_certificate_forwarding: true }
  expect((await put(`${tenant.accountPath}/settings`, tenant.authorization, { settings: [kept] })).status).toBe(202)
})

// A refusal changes nothing.
afterEach(async () => {
  for (const path of SCOPES) {
    expect(items(await get(`${tenant[path]}/settings`, tenant.authorization))).toEqual([kept])
  }
})

/** The same request to both scopes. § is the tenant's domain. */
async function send(body: unknown): Promise<readonly Answer[]> {
  const text = (typeof body === 'string' ? body : JSON.stringify(body)).replaceAll('§', tenant.domain)
  const answers: Answer[] = []
  for (const path of SCOPES) answers.push(await put(`${tenant[path]}/settings`, tenant.authorization, text))
  return answers
}

async function expectOneFault(body: unknown, pointer: string, detail: RegExp): Promise<void> {
  for (const answer of await send(body)) expect(faults(answer)).toEqual([[pointer, expect.stringMatching(detail)]])
}

const OWN = { hostname: 'own.§', client_certificate_forwarding: true }

describe('400 12130: a body', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['that is null', 'null', '', /must be a JSON object, not null$/],
    ['that is a list', '[]', '', /must be a JSON object, not an array$/],
    ['that is a list of settings', [OWN], '', /must be a JSON object, not an array$/],
    ['that is a string', '"x"', '', /must be a JSON object, not a string$/],
    ['whose settings are an object', { settings: OWN }, '/settings', /must be an array of objects, not an object$/],
    ['whose settings are a string', { settings: 'own.§' }, '/settings', /must be an array of objects, not a string$/],
    ['whose settings are false', { settings: false }, '/settings', /must be an array of objects, not a boolean$/],
    ['with a setting that is null', { settings: [OWN, null] }, '/settings/1', /must be a JSON object, not null$/],
    ['with a setting that is text', { settings: [OWN, 'a.§'] }, '/settings/1', /must be a JSON object, not a string$/],
    ['with a setting that is a number', { settings: [1] }, '/settings/0', /must be a JSON object, not a number$/],
    [
      'with 1001 settings',
      { settings: Array.from({ length: 1001 }, (_, i) => ({ ...OWN, hostname: `h${i}.§` })) },
      '/settings',
      /must have at most 1000 entries, not 1001$/,
    ],
  ])('%s', async (_, body, pointer, detail) => {
    await expectOneFault(body, pointer, detail)
  })

  it('with a setting that is a list', async () => {
    for (const answer of await send({ settings: [OWN, ['own.§']] })) {
      const [fault, ...more] = faults(answer)
      expect(more).toEqual([])
      expect(fault?.[0]).toMatch(/^\/settings\/1\b/)
    }
  })
})

describe('400 12130: a flag', () => {
  const flags = ['china_network', 'client_certificate_forwarding'].flatMap((flag) =>
    (
      [
        ['a string', 'true'],
        ['a number', 1],
        ['zero', 0],
        ['an object', {}],
        ['an array', [true]],
      ] as const
    ).map(([type, value]) => [flag, type, value] as const),
  )
  it.each(flags)('%s that is %s', async (flag, type, value) => {
    const detail = new RegExp(`must be true or false, not ${type === 'zero' ? 'a number' : type}$`)
    await expectOneFault({ settings: [OWN, { hostname: 'b.§', [flag]: value }] }, `/settings/1/${flag}`, detail)
  })

  it.each([
    ['alone', {}],
    ['with forwarding', { client_certificate_forwarding: true }],
    ['without forwarding', { client_certificate_forwarding: false }],
  ])('china_network that is true: %s', async (_, more) => {
    const settings = [OWN, { hostname: 'b.§', china_network: true, ...more }]
    await expectOneFault({ settings }, '/settings/1/china_network', /must be false: the China network is not available/)
  })
})

describe('400 12130: a hostname', () => {
  it.each<[string, Item, RegExp]>([
    ['that is missing', { client_certificate_forwarding: true }, /is required$/],
    ['that is null', { hostname: null }, /must be a string, not null$/],
    ['that is a number', { hostname: 1 }, /must be a string, not a number$/],
    ['that is a list', { hostname: ['a.§'] }, /must be a string, not an array$/],
    ['that is empty', { hostname: '' }, /not an empty string$/],
    ['with a scheme', { hostname: 'https://a.§' }, /without a scheme/],
    ['with a path', { hostname: 'a.§/' }, /without a path/],
    ['with a port', { hostname: 'a.§:443' }, /without a port/],
    ['with a wildcard', { hostname: '*.§' }, /without a wildcard/],
    ['that is IPv4', { hostname: '192.0.2.1' }, /not an IP address$/],
    ['that is IPv6', { hostname: '[2001:db8::1]' }, /not an IP address$/],
    ['with an underscore', { hostname: '_a.§' }, /underscore/],
    ['with a final dot', { hostname: 'a.§.' }, /dot at its end/],
    ['with an empty label', { hostname: '.§' }, /without empty labels/],
    ['of one label', { hostname: 'localhost' }, /two labels/],
    ['with a blank', { hostname: ' a.§' }, /each label has 1 to 63/],
    ['that is too long', { hostname: `${`${'l'.repeat(63)}.`.repeat(4)}§` }, /at most 253 bytes/],
    ['that was named before', { hostname: 'own.§' }, /same hostname as in settings\[0\]: send each hostname once$/],
    [
      'that was named before in another case',
      { hostname: 'OWN.§' },
      /same hostname as in settings\[0\]: send each hostname once$/,
    ],
    ['that was named before, to be removed now', { ...OWN, client_certificate_forwarding: false }, /same hostname/],
  ])('%s', async (_, setting, detail) => {
    await expectOneFault({ settings: [OWN, setting] }, '/settings/1/hostname', detail)
  })
})

describe('400 12036: a hostname', () => {
  const foreign = (pointer: string) => ({
    code: 12036,
    message: expect.stringMatching(/^access\.api\.error\.hostnames_must_belong_to_your_domain: \w/),
    source: { pointer },
  })

  it.each<[string, (t: { domain: string }, other: { domain: string }) => string]>([
    ['in no zone', () => 'a.nobody.example'],
    ["of another account's zone", (_, o) => o.domain],
    ["under another account's zone", (_, o) => `a.${o.domain}`],
    ['that only ends like the domain', (t) => `x${t.domain}`],
    ['that the domain is under', (t) => t.domain.slice(t.domain.indexOf('.') + 1).concat('.example')],
  ])('%s, whether it is set or removed', async (_, hostnameFor) => {
    const hostname = hostnameFor(tenant, other)
    for (const client_certificate_forwarding of [true, false]) {
      for (const answer of await send({ settings: [OWN, { hostname, client_certificate_forwarding }] })) {
        expect(answer.status).toBe(400)
        const errors = [foreign('/settings/1/hostname')]
        expect(bare(answer.body)).toStrictEqual({ result: null, success: false, errors, messages: [] })
      }
    }
  })

  it("of another of the account's zones, in a zone; the account accepts it", async () => {
    const own = await freshTenant()
    const { domain } = await siblingZone(own)
    const body = { settings: [{ hostname: domain, client_certificate_forwarding: true }] }
    const answer = await put(`${own.zonePath}/settings`, own.authorization, body)
    expect(bare(answer.body).errors).toEqual([foreign('/settings/0/hostname')])
    expect((await put(`${own.accountPath}/settings`, own.authorization, body)).status).toBe(202)
  })

  it('each of several, by its index, together with all other faults of the body', async () => {
    const settings = [
      { hostname: 'a.nobody.example' },
      OWN,
      { hostname: '*.§' },
      { hostname: other.domain, china_network: true },
      { hostname: 'OWN.§', client_certificate_forwarding: 'yes' },
      7,
    ]
    for (const { status, body } of await send({ settings, x: KEY })) {
      expect(status).toBe(400)
      expect(body.errors.map(({ code, source }) => [source?.pointer, code]).toSorted()).toEqual([
        ['/settings/0/hostname', 12036],
        ['/settings/2/hostname', 12130],
        ['/settings/3/china_network', 12130],
        ['/settings/3/hostname', 12036],
        ['/settings/4/client_certificate_forwarding', 12130],
        ['/settings/4/hostname', 12130],
        ['/settings/5', 12130],
        ['/x', 12130],
      ])
    }
  })
})

describe('400 12130: a private key', () => {
  it.each<[string, unknown, string]>([
    ['as a hostname', { settings: [{ hostname: KEY }] }, '/settings/0/hostname'],
    ['in an unknown member of a setting', { settings: [{ ...OWN, x: KEY }] }, '/settings/0/x'],
    ['in an unknown field', { x: [KEY] }, '/x/0'],
    ['as the settings', { settings: KEY }, '/settings'],
  ])('%s', async (_, body, pointer) => {
    for (const answer of await send(body)) {
      const found = faults(answer).filter(([, detail]) => /holds a private key: never send one/.test(detail))
      expect(found.map(([at]) => at)).toEqual([pointer])
      expect(answer.text).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY|c2VjcmV0/)
    }
  })
})

describe('settings are refused to', () => {
  const body = JSON.stringify({ settings: [{ hostname: 'a.nobody.example' }] })
  const ask = (path: string, authorization: string, method: string) =>
    call(`${path}/settings`, { method, headers: { authorization }, ...(method === 'GET' ? {} : { body }) })

  it.each<[string, (t: Tenant) => Promise<string> | string, readonly string[], readonly unknown[]]>([
    ['a read grant', (t) => freshToken([account(t.accountId, 'read'), zone(t.zoneId, 'read')]), ['PUT'], FORBIDDEN],
    ['no grant', () => freshToken([]), ['GET', 'PUT'], FORBIDDEN],
    ["another account's token", () => other.authorization, ['GET', 'PUT'], FORBIDDEN],
    ['an unknown token', () => 'Bearer unknown', ['GET', 'PUT'], [401, 10000]],
  ])('%s, with any body', async (_, authorizationFor, methods, expected) => {
    const authorization = await authorizationFor(tenant)
    for (const method of methods) {
      for (const path of SCOPES) expect(outcome(await ask(tenant[path], authorization, method))).toEqual(expected)
    }
  })

  it.each(['GET', 'PUT'])('everyone if Access is not enabled: %s', async (method) => {
    const off = await freshTenant({ enabled: false })
    for (const path of SCOPES) expect(outcome(await ask(off[path], off.authorization, method))).toEqual([403, 9999])
  })
})

describe('a settings body', () => {
  it.each<[string, BodyInit, string, readonly unknown[]]>([
    ['that is malformed', '{"settings":[', 'application/json', [400, 6007]],
    ['that is empty', '', 'application/json', [400, 6007]],
    ['that is too large', JSON.stringify({ x: 'x'.repeat(256 * 1024) }), 'application/json', [413, 6008]],
    ['of another type', '{}', 'text/plain', [400, 6003]],
  ])('%s', async (_, body, type, expected) => {
    const headers = { authorization: tenant.authorization, 'content-type': type }
    for (const path of SCOPES) {
      const answer = await call(`${tenant[path]}/settings`, { method: 'PUT', headers, body })
      expect(outcome(answer)).toEqual(expected)
    }
  })
})
