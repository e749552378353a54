import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshId } from '../support/requests.ts'
import {
  accountRow,
  blockedRow,
  type Columns,
  certificateRow,
  crlRow,
  insertCrl,
  insertRow,
  linkRow,
  modeRow,
  zoneRow,
} from '../support/rows.ts'

/** What the database itself refuses and deletes of revocation: these tests write in raw SQL. */

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
  await insertRow('certificate_chain', linkRow(certificateId))
})

const modeOf = (more: Columns = {}): Columns => modeRow(accountId, zoneId, 'a.example.com', more)
const policyRow = (more: Columns = {}): Columns => ({ certificate_id: certificateId, stale_crl: 'soft', ...more })

const soundRows: Readonly<Record<string, (more?: Columns) => Columns>> = {
  crls: (more) => crlRow(accountId, certificateId, more),
  blocked_serials: (more) => blockedRow(certificateId, more),
  revocation_policies: policyRow,
  hostname_modes: modeOf,
}
const soundRow = (table: string, more: Columns = {}): Columns => soundRows[table]?.(more) ?? {}

it.each(Object.keys(soundRows))('a sound row goes into %s', async (table) => {
  await insertRow(table, soundRow(table))
})

describe('a CHECK refuses', () => {
  it.each<[string, string, Columns]>([
    ['an upload whose id is not a UUID', 'crls', { upload_id: 'x' }],
    ['a CA that is not a SHA-256', 'crls', { ca_fingerprint_sha256: 'x' }],
    ['content that is not a SHA-256', 'crls', { content_sha256: 'x' }],
    ['a number that is not padded', 'crls', { crl_number: '1' }],
    ['a number of 41 digits', 'crls', { crl_number: '0'.repeat(41) }],
    ['a number in upper case', 'crls', { crl_number: 'A'.repeat(40) }],
    ['a number that is negative', 'crls', { crl_number: `-${'0'.repeat(39)}` }],
    ['dates that are the same', 'crls', { next_update: 5, this_update: 5 }],
    ['another coverage', 'crls', { covers: 'attribute' }],
    ['less than no entries', 'crls', { entries: -1 }],
    ['another state', 'crls', { state: 'old' }],
    ['a blocked serial of nothing', 'blocked_serials', { serial: '' }],
    ['a blocked serial of half an octet', 'blocked_serials', { serial: 'abc' }],
    ['a blocked serial in upper case', 'blocked_serials', { serial: 'AB' }],
    ['a blocked serial of 41 octets', 'blocked_serials', { serial: '00'.repeat(41) }],
    ['another policy', 'revocation_policies', { stale_crl: 'off' }],
    ['another mode', 'hostname_modes', { mode: 'off' }],
    ['the mode that is the default', 'hostname_modes', { mode: 'required' }],
    ['report mode without an end', 'hostname_modes', { until: null }],
    ['another mode with one', 'hostname_modes', { mode: 'open' }],
    ['identity rules that are no list', 'hostname_modes', { identities: '{}' }],
    ['no identity rules', 'hostname_modes', { identities: '[]' }],
    ['more than 100 of them', 'hostname_modes', { identities: JSON.stringify(Array(101).fill({})) }],
    ['more than 16,384 characters of them', 'hostname_modes', { identities: JSON.stringify(['x'.repeat(16_381)]) }],
    ['a hostname as U-label', 'hostname_modes', { hostname_ascii: 'bücher.example' }],
  ])('%s', async (_, table, wrong) => {
    await expect(insertRow(table, soundRow(table, wrong))).rejects.toThrow(/CHECK constraint failed/)
  })
})

describe('a foreign key refuses', () => {
  it.each([
    ['a CRL', 'crls'],
    ['a blocked serial', 'blocked_serials'],
    ['a policy', 'revocation_policies'],
  ])('%s of no certificate', async (_, table) => {
    const wrong = soundRow(table, { certificate_id: `${freshId()}0000` })
    await expect(insertRow(table, wrong)).rejects.toThrow(/FOREIGN KEY/)
  })

  it('a CRL of another account than its certificate', async () => {
    const other = accountRow()
    await insertRow('accounts', other)
    const wrong = soundRow('crls', { account_id: String(other['id']) })
    await expect(insertRow('crls', wrong)).rejects.toThrow(/FOREIGN KEY: a CRL is of the account of its certificate/)
  })

  it('a mode of no account', async () => {
    await expect(insertRow('hostname_modes', modeOf({ account_id: freshId() }))).rejects.toThrow(/FOREIGN KEY/)
  })
})

describe('there is only one', () => {
  const twice = async (first: Columns, second: Columns) => {
    await insertRow('crls', crlRow(accountId, certificateId, first))
    await insertRow('crls', crlRow(accountId, certificateId, second))
  }

  it('current CRL of a CA and a coverage', async () => {
    await expect(twice({}, { crl_number: '2'.padStart(40, '0') })).rejects.toThrow(/UNIQUE/)
  })

  it.each<[string, Columns, Columns]>([
    ['another CA', {}, { ca_fingerprint_sha256: '1'.repeat(64) }],
    ['another coverage', { covers: 'user' }, { covers: 'ca' }],
    ['one that is loading', {}, { state: 'loading' }],
    ['two that are loading', { state: 'loading' }, { state: 'loading' }],
  ])('but there may also be %s', async (_, first, second) => {
    await twice(first, second)
  })

  it('upload of an id', async () => {
    const upload_id = `${freshId()}0000`
    await expect(twice({ upload_id, state: 'loading' }, { upload_id, state: 'loading' })).rejects.toThrow(/UNIQUE/)
  })

  it.each(['blocked_serials', 'revocation_policies', 'hostname_modes'])('row of its key in %s', async (table) => {
    await insertRow(table, soundRow(table))
    await expect(insertRow(table, soundRow(table))).rejects.toThrow(/UNIQUE/)
  })
})

describe('when a certificate is deleted', () => {
  const count = (sql: string, ...params: readonly (string | number)[]) =>
    env.DB.prepare(`SELECT count(*) AS n FROM ${sql}`)
      .bind(...params)
      .first('n')

  it('all that depends on it is deleted, and the entries of its CRLs are noted as garbage', async () => {
    const current = await insertCrl(certificateId, ['0a'])
    const loading = await insertCrl(certificateId, ['0b'], { state: 'loading' })
    for (const table of ['blocked_serials', 'revocation_policies']) await insertRow(table, soundRow(table))
    await env.DB.prepare('DELETE FROM certificates WHERE id = ?1').bind(certificateId).run()
    for (const table of ['crls', 'blocked_serials', 'revocation_policies']) {
      expect(await count(`${table} WHERE certificate_id = ?1`, certificateId)).toBe(0)
    }
    expect(await count('crl_garbage WHERE crl_id IN (?1, ?2)', current, loading)).toBe(2)
    expect(await count('crl_entries WHERE crl_id IN (?1, ?2)', current, loading)).toBe(2)
  })

  it('the number of its CRL is never used again', async () => {
    const first = await insertCrl(certificateId, ['0a'])
    await env.DB.prepare('DELETE FROM crls WHERE id = ?1').bind(first).run()
    expect(await insertCrl(certificateId, [])).toBeGreaterThan(first)
  })
})
