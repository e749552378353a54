import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { time } from '../../../src/testing/der.ts'
import { name, nameOf } from '../../../src/testing/extensions.ts'
import { edgePath } from '../../support/edge-routes.ts'
import { add, get, items, resultInfo, SCOPES, shown, type Tenant } from '../../support/family.ts'
import { fill } from '../../support/fill.ts'
import { meteredD1 } from '../../support/metered-db.ts'
import { certificate, pem, spkiRsa } from '../../support/pki.ts'
import { freshTenant } from '../../support/requests.ts'

/** The list of records with the facts of their certificates, and its filters. */

/** Two certificates in the first record, one in the others. The ids of the records are in their order. */
interface Records extends Tenant {
  readonly path: string
  readonly ids: readonly string[]
  readonly first: Readonly<Record<string, unknown>>
}

const SUBJECTS = {
  alpha: certificate({ subject: name('Alpha Root'), notAfter: time('2031-01-01T00:00:00Z') }),
  beta: certificate({ subject: name('Beta 100% _ CA'), notAfter: time('2027-01-01T00:00:00Z'), spki: spkiRsa(2048) }),
  gamma: certificate({ subject: nameOf(['2.5.4.10', 'Straße'], ['2.5.4.3', 'Gamma\u202e\n']) }),
  delta: certificate({ subject: name('Delta'), notAfter: time('2027-01-01T00:00:01Z') }),
}

let records: Readonly<Record<(typeof SCOPES)[number], Records>>
beforeAll(async () => {
  const made = await Promise.all(
    SCOPES.map(async (scope) => {
      const tenant = await freshTenant()
      const path = tenant[scope]
      const { alpha, beta, gamma, delta } = SUBJECTS
      const one = await add(path, tenant.authorization, {
        certificate: pem(alpha) + pem(beta),
        associated_hostnames: [`A.${tenant.domain}`, `b.${tenant.domain}`],
      })
      const two = await add(path, tenant.authorization, {
        certificate: pem(gamma),
        associated_hostnames: [`a.${tenant.domain}`],
      })
      const three = await add(path, tenant.authorization, { certificate: pem(delta) })
      // The other scope's are not listed.
      await add(scope === 'accountPath' ? tenant.zonePath : tenant.accountPath, tenant.authorization)
      return [scope, { ...tenant, path: edgePath(path), ids: [one.id, two.id, three.id], first: shown(one) }] as const
    }),
  )
  records = Object.fromEntries(made) as unknown as typeof records
})

const hex = async (algorithm: string, octets: Uint8Array) =>
  new Uint8Array(await crypto.subtle.digest(algorithm, octets.slice())).toHex()

describe.each(SCOPES)('the list of %s', (scope) => {
  /** Positions of the records that a query finds. */
  async function found(query: string): Promise<readonly number[]> {
    const { path, authorization, ids } = records[scope]
    const answer = await get(`${path}?${query}`, authorization)
    const list = items(answer)
    expect(resultInfo(answer)).toMatchObject({ count: list.length, total_count: list.length })
    return list.map(({ id }) => ids.indexOf(String(id)) + 1)
  }

  it('has the records of the scope in the order in which they were added, with their certificates', async () => {
    const { path, authorization, first } = records[scope]
    expect(await found('')).toEqual([1, 2, 3])
    const answer = await get(path, authorization)
    const [one, two] = items(answer)
    const { alpha } = SUBJECTS
    expect(one).toEqual({ ...first, certificates: [expect.anything(), expect.objectContaining({ position: 2 })] })
    expect(one?.['certificates']).toHaveProperty('0', {
      position: 1,
      subject: 'CN=Alpha Root',
      issuer: 'CN=Alpha Root',
      serial_number: expect.stringMatching(/^[0-9a-f]+$/),
      fingerprint_sha256: await hex('SHA-256', alpha),
      fingerprint_md5: await hex('MD5', alpha),
      key_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      public_key: 'EC P-256',
      signature_algorithm: 'ecdsa-with-SHA256',
      not_before: '2025-01-01T00:00:00Z',
      not_after: '2031-01-01T00:00:00Z',
    })
    // What would change a terminal or the direction of text is shown as octets.
    expect(two).toMatchObject({ certificates: [{ subject: 'O=Straße, CN=Gamma\\e2\\80\\ae\\0a' }] })
  })

  it('comes in pages', async () => {
    const { path, authorization, ids } = records[scope]
    const answer = await get(`${path}?per_page=2&page=2`, authorization)
    expect(items(answer).map(({ id }) => id)).toEqual(ids.slice(2))
    expect(resultInfo(answer)).toEqual({ count: 1, page: 2, per_page: 2, total_count: 3, total_pages: 2 })
    const filtered = await get(`${path}?per_page=1&page=2&hostname=a.${records[scope].domain}`, authorization)
    expect(items(filtered).map(({ id }) => id)).toEqual(ids.slice(1, 2))
    expect(resultInfo(filtered)).toEqual({ count: 1, page: 2, per_page: 1, total_count: 2, total_pages: 2 })
  })

  it('by hostname, whatever its case', async () => {
    const { domain } = records[scope]
    expect(await found(`hostname=a.${domain}`)).toEqual([1, 2])
    expect(await found(`hostname=B.${domain.toUpperCase()}`)).toEqual([1])
    expect(await found(`hostname=${domain}`)).toEqual([])
  })

  it('by fingerprint of any of its certificates, or of a key', async () => {
    const [md5, sha256] = [await hex('MD5', SUBJECTS.beta), await hex('SHA-256', SUBJECTS.beta)]
    const colons = (digits: string) => digits.toUpperCase().replace(/..(?!$)/g, '$&:')
    for (const value of [md5, sha256, colons(md5), colons(sha256), sha256.toUpperCase()]) {
      expect(await found(`fingerprint=${value}`), value).toEqual([1])
    }
    expect(await found(`fingerprint=${encodeURIComponent(`MD5 Fingerprint=${colons(md5)}`)}`)).toEqual([1])
    expect(await found(`fingerprint=${encodeURIComponent(`sha256 Fingerprint=${colons(sha256)}`)}`)).toEqual([1])
    const { path, authorization } = records[scope]
    const list = JSON.parse((await get(path, authorization)).text).result
    expect(await found(`fingerprint=${list[0].certificates[1].key_sha256}`)).toEqual([1])
    // The other three have the same key.
    expect(await found(`fingerprint=${list[0].certificates[0].key_sha256}`)).toEqual([1, 2, 3])
    expect(await found(`fingerprint=${'0'.repeat(64)}`)).toEqual([])
  })

  it('by a part of a subject, which has no wildcards', async () => {
    expect(await found('subject=alpha%20ROOT')).toEqual([1])
    expect(await found('subject=CN%3Dbeta%20100%25%20_')).toEqual([1])
    expect(await found('subject=%25')).toEqual([1])
    expect(await found('subject=_')).toEqual([1])
    expect(await found(`subject=${encodeURIComponent('Straße')}`)).toEqual([2])
    expect(await found('subject=cn')).toEqual([1, 2, 3])
    expect(await found("subject=')")).toEqual([])
  })

  it('by certificates that expire before a moment', async () => {
    expect(await found('expires_before=2027-01-01T00:00:00Z')).toEqual([])
    expect(await found('expires_before=2027-01-01T00:00:01Z')).toEqual([1])
    expect(await found('expires_before=2027-01-01T01:00:02%2B01:00')).toEqual([1, 3])
    expect(await found('expires_before=2099-01-01T00:00:00Z')).toEqual([1, 2, 3])
  })

  it('by all of them at once: one certificate must meet those that are about certificates', async () => {
    const { domain } = records[scope]
    expect(await found(`hostname=a.${domain}&subject=beta&expires_before=2028-01-01T00:00:00Z`)).toEqual([1])
    expect(await found('subject=alpha&expires_before=2028-01-01T00:00:00Z')).toEqual([])
  })

  it.each([
    ['hostname=', 'hostname must be a hostname, given once'],
    ['hostname=*.example.com', 'hostname must be a hostname, given once'],
    ['hostname=a.example&hostname=a.example', 'hostname must be a hostname, given once'],
    ['fingerprint=', 'fingerprint must be an MD5 or SHA-256 in hexadecimal, with or without colons, given once'],
    ['fingerprint=abc', 'fingerprint must be an MD5 or SHA-256 in hexadecimal, with or without colons, given once'],
    [
      `fingerprint=${'a'.repeat(40)}`,
      'fingerprint must be an MD5 or SHA-256 in hexadecimal, with or without colons, given once',
    ],
    ['subject=', 'subject must be a part of a subject, of 1 to 256 characters, given once'],
    [`subject=${'x'.repeat(257)}`, 'subject must be a part of a subject, of 1 to 256 characters, given once'],
    ['subject=%00', 'subject must be a part of a subject, of 1 to 256 characters, given once'],
    ['expires_before=2027-01-01', 'expires_before must be a time such as 2027-01-31T00:00:00Z, given once'],
    ['per_page=1001', 'per_page must be a whole number from 1 to 1000, given once'],
  ])('refuses %s', async (query, detail) => {
    const { path, authorization } = records[scope]
    const answer = await get(`${path}?${query}`, authorization)
    expect(answer.status).toBe(400)
    expect(answer.body.errors).toMatchObject([{ code: 12130, message: `access.api.error.invalid_request: ${detail}` }])
    expect((await get(`${path}?${query}`, (await freshTenant()).authorization)).status).toBe(403)
  })
})

describe('the cost', () => {
  /** Rows that a query reads, statement by statement. */
  async function rows(tenant: Tenant, query: string): Promise<readonly number[]> {
    const { db, carried } = meteredD1()
    const path = edgePath(tenant.accountPath)
    const options = { env: { ...env, DB: db } }
    expect((await get(`${path}?per_page=10${query}`, tenant.authorization, options)).status).toBe(200)
    return carried.map(({ rowsRead }) => rowsRead)
  }

  it('without filters is that of the page', async () => {
    const [few, many] = [await freshTenant(), await freshTenant()]
    await fill(few.accountId, null, 20)
    await fill(many.accountId, null, 2_000)
    expect(await rows(many, '')).toEqual(await rows(few, ''))
  })

  it.each([
    `&fingerprint=${'0'.repeat(64)}`,
    `&fingerprint=${'0'.repeat(32)}`,
    '&subject=cn',
    '&expires_before=2000-01-01T00:00:00Z',
  ])('with %s does not depend on other accounts that have the same certificates', async (query) => {
    const tenant = await freshTenant()
    await fill(tenant.accountId, null, 20)
    const alone = await rows(tenant, query)
    const other = await freshTenant()
    await fill(other.accountId, null, 2_000)
    // The end of a range is read too, where another account begins.
    for (const [i, read] of (await rows(tenant, query)).entries()) expect(read - (alone[i] ?? 0)).toBeLessThan(5)
    // Of each of the 20 records: entries of two indexes, the row, and what the page shows, twice for the total.
    expect(alone.reduce((sum, one) => sum + one, 0)).toBeLessThan(20 * 12 + 200)
  })

  it('is one batch, with filters or without', async () => {
    const { db, carried } = meteredD1()
    const { path, authorization } = records.accountPath
    for (const query of ['', '?subject=a']) await get(`${path}${query}`, authorization, { env: { ...env, DB: db } })
    expect(carried).toHaveLength(4)
  })
})

it('a name of more than 1,024 characters is cut in the list, and whole in the record', async () => {
  const tenant = await freshTenant()
  const long = `${'x'.repeat(3_000)}`
  const { path } = await add(tenant.accountPath, tenant.authorization, {
    certificate: pem(certificate({ subject: name(long) })),
  })
  const subject = (text: string) => JSON.parse(text).result
  const list = subject((await get(edgePath(tenant.accountPath), tenant.authorization)).text)
  expect(list[0].certificates[0].subject).toBe(`CN=${long}`.slice(0, 1_024))
  const one = subject((await get(edgePath(path), tenant.authorization)).text)
  expect(one.certificates[0].issuer).toBe(`CN=${long}`)
})
