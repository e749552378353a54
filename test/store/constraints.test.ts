import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshId } from '../support/requests.ts'
import {
  accountRow,
  type Columns,
  certificateRow,
  credentialRow,
  hostnameRow,
  insertRow,
  linkRow,
  zoneRow,
} from '../support/rows.ts'

/** What the database itself refuses: these tests write in raw SQL. */

let accountId: string
let zoneId: string
let certificateId: string
beforeEach(async () => {
  const account = accountRow()
  accountId = String(account['id'])
  await insertRow('accounts', account)
  const zone = zoneRow(accountId)
  zoneId = String(zone['id'])
  await insertRow('zones', zone)
  const certificate = certificateRow(accountId)
  certificateId = String(certificate['id'])
  await insertRow('certificates', certificate)
})

const soundRows: Readonly<Record<string, (more?: Columns) => Columns>> = {
  accounts: accountRow,
  zones: (more) => zoneRow(accountId, more),
  credentials: credentialRow,
  certificates: (more) => certificateRow(accountId, more),
  certificate_chain: (more) => linkRow(certificateId, more),
  certificate_hostnames: (more) => hostnameRow(certificateId, more),
}

const soundRow = (table: string, more: Columns = {}): Columns => soundRows[table]?.(more) ?? {}
const ID = 'f'.repeat(32)

it.each(Object.keys(soundRows))('a sound row goes into %s', async (table) => {
  await insertRow(table, soundRow(table))
})

/** Each is a sound row with one column replaced. */
describe('a CHECK refuses', () => {
  it.each<[string, string, Columns]>([
    ['an id of 31 digits', 'accounts', { id: ID.slice(1) }],
    ['an id of 33 digits', 'accounts', { id: `${ID}f` }],
    ['an id in upper case', 'accounts', { id: ID.toUpperCase() }],
    ['an id with a letter beyond f', 'zones', { id: ID.replace('f', 'g') }],
    ['an id with a hyphen', 'credentials', { id: ID.replace('f', '-') }],
    ['an account without a name', 'accounts', { name: '' }],
    ['a name of 351 characters', 'accounts', { name: 'n'.repeat(351) }],
    ['enabled that is neither 0 nor 1', 'accounts', { enabled: 2 }],
    ['a negative quota', 'accounts', { certificate_quota: -1 }],
    ['a domain in upper case', 'zones', { domain: 'Example.com' }],
    ['a domain with a U-label', 'zones', { domain: 'bücher.example' }],
    ['a domain with a wildcard', 'zones', { domain: '*.example.com' }],
    ['a domain with an underscore', 'zones', { domain: '_x.example.com' }],
    ['an empty domain', 'zones', { domain: '' }],
    ['a domain of 254 characters', 'zones', { domain: 'd'.repeat(254) }],
    ['enabled of a zone that is neither 0 nor 1', 'zones', { enabled: -1 }],
    ['another kind of credential', 'credentials', { kind: 'cookie' }],
    ['a token with an email', 'credentials', { email: 'a@example.com' }],
    ['a key without an email', 'credentials', { kind: 'key' }],
    ['a secret that is not a SHA-256', 'credentials', { secret_sha256: 'hunter2' }],
    ['a SHA-256 in upper case', 'credentials', { secret_sha256: 'A'.repeat(64) }],
    ['another status', 'credentials', { status: 'revoked' }],
    ['a certificate whose id is not a UUID', 'certificates', { id: ID }],
    ['a certificate without a name', 'certificates', { name: '' }],
    ['a certificate name of 351 characters', 'certificates', { name: '🔐'.repeat(351) }],
    ['content that is not a SHA-256', 'certificates', { content_sha256: 'x' }],
    ['a record updated before it was created', 'certificates', { updated_at: 0 }],
    ['a negative position', 'certificate_chain', { position: -1 }],
    ['a fingerprint that is not an MD5', 'certificate_chain', { fingerprint_md5: 'x' }],
    ['a fingerprint that is not a SHA-256', 'certificate_chain', { fingerprint_sha256: 'x' }],
    ['notAfter before notBefore', 'certificate_chain', { not_after: 0 }],
    ['self_issued that is neither 0 nor 1', 'certificate_chain', { self_issued: 2 }],
    ['a negative position of a hostname', 'certificate_hostnames', { position: -1 }],
    ['a compared hostname in upper case', 'certificate_hostnames', { hostname_ascii: 'A.example.com' }],
    ['a compared hostname as U-label', 'certificate_hostnames', { hostname_ascii: 'bücher.example' }],
    ['a compared hostname with a wildcard', 'certificate_hostnames', { hostname_ascii: '*.example.com' }],
    ['a compared hostname of 254 characters', 'certificate_hostnames', { hostname_ascii: 'h'.repeat(254) }],
  ])('%s', async (_, table, broken) => {
    await expect(insertRow(table, soundRow(table, broken))).rejects.toThrow(/CHECK constraint failed/)
  })
})

describe('STRICT refuses', () => {
  it.each<[string, string, Columns]>([
    ['text as a time', 'accounts', { created_at: '2026-06-01' }],
    ['text as a quota', 'accounts', { certificate_quota: 'fifty' }],
    ['a broken number as a time', 'credentials', { expires_on: 1.5 }],
    ['octets as a name', 'certificates', { name: Uint8Array.of(1) }],
    ['text as DER', 'certificate_chain', { der: 'MII' }],
    ['text as a position', 'certificate_hostnames', { position: 'first' }],
  ])('%s', async (_, table, broken) => {
    await expect(insertRow(table, soundRow(table, broken))).rejects.toThrow(/cannot store \w+ value in \w+ column/)
  })
})

describe('NOT NULL refuses', () => {
  it.each([
    ['accounts', 'name'],
    ['zones', 'account_id'],
    ['zones', 'domain'],
    ['credentials', 'kind'],
    ['credentials', 'secret_sha256'],
    ['certificates', 'account_id'],
    ['certificates', 'content_sha256'],
    ['certificate_chain', 'der'],
    ['certificate_hostnames', 'hostname'],
    ['certificate_hostnames', 'hostname_ascii'],
  ])('%s without %s', async (table, column) => {
    await expect(insertRow(table, soundRow(table, { [column]: null }))).rejects.toThrow(/NOT NULL constraint failed/)
  })
})

describe('UNIQUE', () => {
  const unique = /UNIQUE constraint failed/

  it.each(['accounts', 'zones', 'credentials', 'certificates'])('allows one row for each id in %s', async (table) => {
    const row = soundRow(table)
    await insertRow(table, row)
    await expect(insertRow(table, soundRow(table, { id: row['id'] ?? null }))).rejects.toThrow(unique)
  })

  it('allows a domain in one zone only, also across accounts', async () => {
    const other = accountRow()
    await insertRow('accounts', other)
    const domain = `${freshId()}.example`
    await insertRow('zones', zoneRow(accountId, { domain }))
    await expect(insertRow('zones', zoneRow(accountId, { domain }))).rejects.toThrow(unique)
    await expect(insertRow('zones', zoneRow(String(other['id']), { domain }))).rejects.toThrow(unique)
  })

  it('allows a secret in one credential only, of any kind', async () => {
    const secret = freshId().repeat(2)
    await insertRow('credentials', credentialRow({ secret_sha256: secret }))
    const key = credentialRow({ secret_sha256: secret, kind: 'key', email: 'a@example.com' })
    await expect(insertRow('credentials', key)).rejects.toThrow(unique)
  })

  it.each([
    ['account, then account', false, false],
    ['account, then zone', false, true],
    ['zone, then account', true, false],
    ['zone, then zone', true, true],
  ])('has content once in an account: %s', async (_, firstInZone, secondInZone) => {
    const content = freshId().repeat(2)
    const row = (inZone: boolean) =>
      certificateRow(accountId, { content_sha256: content, zone_id: inZone ? zoneId : null })
    await insertRow('certificates', row(firstInZone))
    await expect(insertRow('certificates', row(secondInZone))).rejects.toThrow(unique)
  })

  it('allows the same content in two accounts', async () => {
    const other = accountRow()
    await insertRow('accounts', other)
    const content = { content_sha256: freshId().repeat(2) }
    await insertRow('certificates', certificateRow(accountId, content))
    await insertRow('certificates', certificateRow(String(other['id']), content))
  })

  it('allows one link and one hostname at each position of a certificate', async () => {
    await insertRow('certificate_chain', linkRow(certificateId))
    await insertRow('certificate_chain', linkRow(certificateId, { position: 1 }))
    await expect(insertRow('certificate_chain', linkRow(certificateId))).rejects.toThrow(unique)
    await insertRow('certificate_hostnames', hostnameRow(certificateId))
    const elsewhere = hostnameRow(certificateId, { hostname_ascii: 'b.example.com' })
    await expect(insertRow('certificate_hostnames', elsewhere)).rejects.toThrow(unique)
  })

  it('allows a hostname once on a certificate, in any spelling', async () => {
    await insertRow('certificate_hostnames', hostnameRow(certificateId))
    const again = hostnameRow(certificateId, { position: 1, hostname: 'a.EXAMPLE.com' })
    await expect(insertRow('certificate_hostnames', again)).rejects.toThrow(unique)
    await insertRow('certificate_hostnames', { ...again, hostname_ascii: 'b.example.com' })
  })

  it('allows one grant of a credential on an account, and one on a zone', async () => {
    const credential = credentialRow()
    await insertRow('credentials', credential)
    const grant = { credential_id: credential['id'] ?? null, account_id: null, zone_id: null, permission: 'read' }
    for (const scope of [{ account_id: accountId }, { zone_id: zoneId }]) {
      await insertRow('grants', { ...grant, ...scope })
      const wider = { ...grant, ...scope, permission: 'write' }
      await expect(insertRow('grants', wider)).rejects.toThrow(unique)
    }
  })
})

it('a refused row rolls back the whole batch', async () => {
  const statement = (id: string, name: string) =>
    env.DB.prepare('INSERT INTO accounts (id, name, created_at) VALUES (?1, ?2, 0)').bind(id, name)
  const [good, bad] = [freshId(), freshId()]
  await expect(env.DB.batch([statement(good, 'good'), statement(bad, '')])).rejects.toThrow(/CHECK/)
  expect(await env.DB.prepare('SELECT * FROM accounts WHERE id = ?1').bind(good).first()).toBeNull()
})
