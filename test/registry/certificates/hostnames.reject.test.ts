import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { post } from '../../support/api.ts'
import { bare, freshTenant, soundBody, storedRows } from '../../support/requests.ts'

/** `§` is the tenant's domain. Without the fault, the tenant would own each name. */
const FAULTY: readonly (readonly [rule: string, hostname: string, detail: RegExp])[] = [
  ['an empty string', '', /not an empty string$/],
  ['a blank', ' ', /letters, digits and inner hyphens$/],
  ['a blank before', ' a.§', /letters, digits/],
  ['a blank after', 'a.§ ', /letters, digits/],
  ['a blank inside', 'a b.§', /letters, digits/],
  ['a newline after', 'a.§\n', /letters, digits/],
  ['a NUL after', 'a.§\u0000', /each label has 1 to 63/],
  ['a tab inside', 'a\tb.§', /letters, digits/],
  ['a NUL after an internationalized name', 'bücher.§\u0000', /an internationalized domain name cannot have/],
  ['a control character after an internationalized name', 'bücher.§\u0001', /internationalized/],
  ['a control character after an A-label', 'xn--bcher-kva.§\u001f', /internationalized/],
  ['a comma', 'a.§,b.§', /letters, digits/],
  ['a quote', "a'b.§", /letters, digits/],
  ['a percent sign', 'a%2eb.§', /letters, digits/],
  ['a scheme', 'https://a.§', /without a scheme/],
  ['another scheme', 'ftp://a.§', /without a scheme/],
  ['a scheme and all that follows', 'https://u:p@a.§:8443/x?y#z', /without a scheme/],
  ['a port', 'a.§:443', /without a port$/],
  ['an empty port', 'a.§:', /without a port$/],
  ['a path', 'a.§/', /without a path/],
  ['a longer path', 'a.§/admin', /without a path/],
  ['a query', 'a.§?x', /without a path, query/],
  ['a fragment', 'a.§#x', /without a path, query, fragment/],
  ['a user', 'u@a.§', /without a path, query, fragment or user$/],
  ['a backslash', 'a.§\\x', /without a path/],
  ['a wildcard', '*.§', /without a wildcard/],
  ['a wildcard inside', 'a.*.§', /without a wildcard/],
  ['a wildcard alone', '*', /without a wildcard/],
  ['an underscore', 'a_b.§', /underscore/],
  ['an underscore label, as of DNS records', '_acme-challenge.§', /underscore/],
  ['a dot at its end', 'a.§.', /without a dot at its end$/],
  ['a dot alone', '.', /dot at its end/],
  ['a dot at its start', '.a.§', /without empty labels$/],
  ['two dots', 'a..§', /without empty labels$/],
  ['a single label', 'localhost', /at least two labels$/],
  ['a hyphen at the start of a label', '-a.§', /inner hyphens$/],
  ['a hyphen at the end of a label', 'a-.§', /inner hyphens$/],
  ['a label of 64 characters', `${'l'.repeat(64)}.§`, /1 to 63/],
  ['a character that no IDN has', 'a\u2488b.§', /internationalized/],
  ['IPv4', '192.0.2.1', /not an IP address$/],
  ['IPv4 with a port', '192.0.2.1:443', /not an IP address$/],
  ['IPv4 as one number', '3221225985.0', /not an IP address$/],
  ['IPv6', '2001:db8::1', /not an IP address$/],
  ['IPv6 in brackets', '[2001:db8::1]', /not an IP address$/],
  ['IPv6 in brackets with a port', '[::1]:443', /not an IP address$/],
  ['IPv4 in IPv6', '::ffff:192.0.2.1', /not an IP address$/],
  ['a network', '192.0.2.0/24', /without a path/],
  ['another zone', 'a.nobody.example', /domain does not belong to zone: \w/],
  ['the parent of the zone', 'example.example', /domain does not belong to zone: \w/],
  ['the zone as a prefix', '§.nobody.example', /domain does not belong to zone: \w/],
  ['the zone after a hyphen', 'a-§', /domain does not belong to zone: \w/],
]

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeAll(async () => {
  tenant = await freshTenant()
})

let before: unknown
beforeEach(async () => {
  before = await storedRows()
})
afterEach(async () => {
  expect(await storedRows()).toEqual(before)
})

describe.each(['accountPath', 'zonePath'] as const)('a hostname is refused in %s with', (path) => {
  const send = (name: string) =>
    post(tenant[path], tenant.authorization, soundBody({ associated_hostnames: [`ok.${tenant.domain}`, name] }))

  it.each(FAULTY)('%s', async (_, hostname, detail) => {
    const { status, body } = await send(hostname.replaceAll('§', tenant.domain))
    expect(status).toBe(400)
    expect(bare(body).errors).toEqual([
      {
        code: 12130,
        message: expect.stringMatching(
          /^access\.api\.error\.invalid_request: (?:associated_hostnames\[1\] |domain does not belong to zone: \w)/,
        ),
        source: { pointer: '/associated_hostnames/1' },
      },
    ])
    expect(body.errors[0]?.message).toMatch(detail)
  })

  it.each([254, 255, 300])('%i characters', async (length) => {
    const labels = `${'l'.repeat(49)}.`.repeat(6)
    const hostname = `${labels.slice(0, length - tenant.domain.length - 2)}x.${tenant.domain}`
    expect(hostname).toHaveLength(length)
    const { status, body } = await send(hostname)
    expect(status).toBe(400)
    expect(body.errors).toHaveLength(1)
    expect(body.errors[0]?.message).toMatch(new RegExp(`at most 253 bytes in A-label form, not ${length}$`))
  })

  it('254 characters in A-label form only', async () => {
    const label = 'é'.repeat(22)
    const hostname = `${Array<string>(9).fill(label).join('.')}.${tenant.domain}`
    expect(hostname.length).toBeLessThan(254)
    const { status, body } = await send(hostname)
    expect(status).toBe(400)
    expect(body.errors).toHaveLength(1)
    expect(body.errors[0]?.message).toMatch(/at most 253 bytes in A-label form, not 2[6-9]\d$/)
  })
})

it('a request with one foreign hostname stores none of the others', async () => {
  const own = `only-here.${tenant.domain}`
  const answer = await post(
    tenant.accountPath,
    tenant.authorization,
    soundBody({ associated_hostnames: [own, 'a.nobody.example', tenant.domain] }),
  )
  expect(answer.status).toBe(400)
  const kept = await env.DB.prepare('SELECT * FROM certificate_hostnames WHERE hostname = ?1').bind(own).all()
  expect(kept.results).toEqual([])
})
