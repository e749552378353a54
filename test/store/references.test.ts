import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshId } from '../support/requests.ts'
import { accountRow, certificateRow, credentialRow, hostnameRow, insertRow, linkRow, zoneRow } from '../support/rows.ts'

/** Foreign keys and the quota trigger, in raw SQL. */

const foreignKey = /FOREIGN KEY constraint failed/

async function addAccount(more = {}): Promise<string> {
  const row = accountRow(more)
  await insertRow('accounts', row)
  return String(row['id'])
}

async function addZone(accountId: string): Promise<string> {
  const row = zoneRow(accountId)
  await insertRow('zones', row)
  return String(row['id'])
}

async function addCertificate(accountId: string, more = {}): Promise<string> {
  const row = certificateRow(accountId, more)
  await insertRow('certificates', row)
  return String(row['id'])
}

const remove = (table: string, id: string) => env.DB.prepare(`DELETE FROM ${table} WHERE id = ?1`).bind(id).run()

const count = (table: string, certificateId: string) =>
  env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE certificate_id = ?1`).bind(certificateId).first('n')

let accountId: string
let zoneId: string
beforeEach(async () => {
  accountId = await addAccount()
  zoneId = await addZone(accountId)
})

describe('a foreign key refuses', () => {
  it('a zone without an account', async () => {
    await expect(insertRow('zones', zoneRow(freshId()))).rejects.toThrow(foreignKey)
  })

  it('a certificate in an unknown zone', async () => {
    await expect(addCertificate(accountId, { zone_id: freshId() })).rejects.toThrow(foreignKey)
  })

  it("a certificate in another account's zone", async () => {
    const other = await addZone(await addAccount())
    await expect(addCertificate(accountId, { zone_id: other })).rejects.toThrow(foreignKey)
  })

  it("a certificate that moves into another account's zone", async () => {
    const id = await addCertificate(accountId, { zone_id: zoneId })
    const other = await addZone(await addAccount())
    const move = env.DB.prepare('UPDATE certificates SET zone_id = ?2 WHERE id = ?1').bind(id, other)
    await expect(move.run()).rejects.toThrow(foreignKey)
  })

  it('a zone with certificates that moves to another account', async () => {
    await addCertificate(accountId, { zone_id: zoneId })
    const other = await addAccount()
    const move = env.DB.prepare('UPDATE zones SET account_id = ?2 WHERE id = ?1').bind(zoneId, other)
    await expect(move.run()).rejects.toThrow(foreignKey)
  })

  it('a certificate without an account', async () => {
    await expect(addCertificate(freshId())).rejects.toThrow(foreignKey)
  })

  it.each([
    ['certificate_chain', linkRow],
    ['certificate_hostnames', hostnameRow],
  ])('a row of %s on no certificate', async (table, row) => {
    await expect(insertRow(table, row(`${freshId()}0000`))).rejects.toThrow(foreignKey)
  })

  it.each([
    ['an account with a zone', () => remove('accounts', accountId)],
    [
      'a zone with a certificate',
      async () => {
        await addCertificate(accountId, { zone_id: zoneId })
        await remove('zones', zoneId)
      },
    ],
  ])('to delete %s', async (_, deletion) => {
    await expect(deletion()).rejects.toThrow(foreignKey)
  })

  it('to delete a certificate until its hostnames are deleted', async () => {
    const id = await addCertificate(accountId)
    await insertRow('certificate_chain', linkRow(id))
    await insertRow('certificate_hostnames', hostnameRow(id))
    await expect(remove('certificates', id)).rejects.toThrow(foreignKey)
    expect([await count('certificate_chain', id), await count('certificate_hostnames', id)]).toEqual([1, 1])
    await env.DB.prepare('DELETE FROM certificate_hostnames WHERE certificate_id = ?1').bind(id).run()
    await remove('certificates', id)
    expect(await count('certificate_chain', id)).toBe(0)
  })
})

describe('a deletion also deletes', () => {
  it('the chain of the certificate, and no other', async () => {
    const [gone, kept] = [await addCertificate(accountId), await addCertificate(accountId)]
    for (const id of [gone, kept]) {
      await insertRow('certificate_chain', linkRow(id))
      await insertRow('certificate_chain', linkRow(id, { position: 1 }))
    }
    await remove('certificates', gone)
    expect([await count('certificate_chain', gone), await count('certificate_chain', kept)]).toEqual([0, 2])
  })

  it('the grants of the credential, and no other', async () => {
    const [gone, kept] = [credentialRow(), credentialRow()]
    for (const credential of [gone, kept]) {
      await insertRow('credentials', credential)
      await insertRow('grants', { credential_id: String(credential['id']), account_id: accountId, permission: 'write' })
    }
    await remove('credentials', String(gone['id']))
    const left = await env.DB.prepare('SELECT credential_id FROM grants WHERE account_id = ?1').bind(accountId).all()
    expect(left.results).toEqual([{ credential_id: kept['id'] }])
  })
})

describe('a grant', () => {
  const grantRow = async (more: Readonly<Record<string, string | null>>) => {
    const credential = credentialRow()
    await insertRow('credentials', credential)
    const row = {
      credential_id: String(credential['id']),
      account_id: null,
      zone_id: null,
      permission: 'read',
      ...more,
    }
    await insertRow('grants', row)
  }

  it('is on an account or on a zone', async () => {
    await grantRow({ account_id: accountId })
    await grantRow({ zone_id: zoneId, permission: 'write' })
  })

  it.each([
    ['on both', () => ({ account_id: accountId, zone_id: zoneId }), /CHECK/],
    ['on neither', () => ({}), /CHECK/],
    ['of another permission', () => ({ account_id: accountId, permission: 'admin' }), /CHECK/],
    ['on no account', () => ({ account_id: freshId() }), foreignKey],
    ['on no zone', () => ({ zone_id: freshId() }), foreignKey],
    ['of no credential', () => ({ account_id: accountId, credential_id: freshId() }), foreignKey],
  ])('is never %s', async (_, more, refusal) => {
    await expect(grantRow(more())).rejects.toThrow(refusal)
  })
})

describe('the quota trigger', () => {
  const reached = /certificate quota reached/

  it('refuses one more than the quota, in the account and in its zones', async () => {
    const id = await addAccount({ certificate_quota: 2 })
    const zone = await addZone(id)
    await addCertificate(id)
    await addCertificate(id, { zone_id: zone })
    await expect(addCertificate(id)).rejects.toThrow(reached)
    await expect(addCertificate(id, { zone_id: zone })).rejects.toThrow(reached)
  })

  it('refuses any certificate if the quota is 0', async () => {
    await expect(addCertificate(await addAccount({ certificate_quota: 0 }))).rejects.toThrow(reached)
  })

  it('refuses a whole statement of many rows that exceeds the quota', async () => {
    const id = await addAccount({ certificate_quota: 3 })
    const insertMany = env.DB.prepare(
      `INSERT INTO certificates (id, account_id, name, content_sha256, created_at, updated_at)
        SELECT printf('%036d', value) , ?1, 'many', printf('%064d', value), 0, 0 FROM json_each('[901,902,903,904]')`,
    ).bind(id)
    await expect(insertMany.run()).rejects.toThrow(reached)
    const left = env.DB.prepare('SELECT count(*) AS n FROM certificates WHERE account_id = ?1').bind(id)
    expect(await left.first('n')).toBe(0)
  })

  it('counts neither other accounts nor deleted certificates', async () => {
    const id = await addAccount({ certificate_quota: 1 })
    await addCertificate(accountId)
    await remove('certificates', await addCertificate(id))
    await addCertificate(id)
  })

  it('keeps existing certificates when the quota is lowered, and refuses more', async () => {
    const id = await addAccount({ certificate_quota: 2 })
    await addCertificate(id)
    await addCertificate(id)
    await env.DB.prepare('UPDATE accounts SET certificate_quota = 1 WHERE id = ?1').bind(id).run()
    await expect(addCertificate(id)).rejects.toThrow(reached)
    const rename = env.DB.prepare("UPDATE certificates SET name = 'renamed' WHERE account_id = ?1 RETURNING id").bind(
      id,
    )
    expect((await rename.run()).results).toHaveLength(2)
  })
})
