import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { runBatch } from '../../src/store/d1.ts'
import { deleteUnused } from '../../src/store/deprovisioning.ts'
import * as changes from '../../src/store/operator-changes.ts'
import {
  deleteCredential,
  insertAccount,
  insertCredential,
  insertZone,
  rotateCredential,
  setCredentialStatus,
  setEnabled,
  setQuotas,
} from '../../src/store/provisioning.ts'
import type { Statement } from '../../src/store/statement.ts'
import { NOW } from '../support/pki.ts'
import { freshId } from '../support/requests.ts'
import { account, addAccount, addZone, zone } from '../support/tenants.ts'

/** What `npm run admin` changes is on record too, in each account that it is of. */

const me = { name: 'me', now: NOW }
const run = (...statements: readonly Statement[]) => runBatch(env.DB, statements)

/** The changes of an account, the newest first: operation, before and after. */
async function recorded(accountId: string) {
  const sql = 'SELECT * FROM changes WHERE account_id = ?1 ORDER BY position DESC'
  const { results } = await env.DB.prepare(sql).bind(accountId).all<Record<string, string | null>>()
  for (const { actor, actor_id, actor_name, at, address } of results) {
    expect({ actor, actor_id, actor_name, at, address }).toEqual({
      actor: 'operator',
      actor_id: null,
      actor_name: 'me',
      at: NOW,
      address: null,
    })
  }
  return results.map(({ operation, before, after }) => [
    operation,
    JSON.parse(before ?? 'null'),
    JSON.parse(after ?? 'null'),
  ])
}

const SECRET = 'a'.repeat(64)
const token = (id: string) => ({
  id,
  kind: 'token' as const,
  name: 'deploy',
  email: null,
  secretSha256: SECRET.slice(32) + id,
  notBefore: null,
  expiresOn: NOW + 60,
})
const shownToken = (id: string, grants: readonly object[], status = 'active') => ({
  credential_id: id,
  kind: 'token',
  name: 'deploy',
  status,
  expires_on: '2026-06-01T00:01:00Z',
  grants,
})

describe('an operator', () => {
  it('adds an account and a zone, switches them off and on, and deletes them', async () => {
    const [id, zoneId] = [freshId(), freshId()]
    await run(
      insertAccount({ id, name: 'n', enabled: true, certificateQuota: 7 }, NOW),
      changes.recordAdded(me, 'accounts', id),
    )
    await run(
      insertZone({ id: zoneId, accountId: id, domain: `${zoneId}.example`, enabled: true }, NOW),
      changes.recordAdded(me, 'zones', zoneId),
    )
    for (const enabled of [true, false, false, true]) {
      await run(changes.recordEnabled(me, 'zones', zoneId, enabled), setEnabled('zones', zoneId, enabled))
    }
    // An account with a zone is not deleted, and that is not recorded.
    const remove = (table: 'accounts' | 'zones', one: string) =>
      run(changes.recordDeletion(me, table, one), deleteUnused(table, one))
    await remove('accounts', id)
    await remove('zones', zoneId)
    await remove('accounts', id)
    const [anAccount, aZone] = [
      { name: 'n', enabled: true, quota: 7 },
      { domain: `${zoneId}.example`, enabled: true },
    ]
    expect(await recorded(id)).toEqual([
      ['delete_account', anAccount, null],
      ['delete_zone', aZone, null],
      ['enable_zone', { enabled: false }, { enabled: true }],
      ['disable_zone', { enabled: true }, { enabled: false }],
      ['add_zone', null, aZone],
      ['add_account', null, anAccount],
    ])
  })

  it('sets quotas', async () => {
    const id = await addAccount({ id: freshId(), certificateQuota: 50 })
    const limits = { certificates: 9, blockedSerials: 20 }
    await run(changes.recordQuotas(me, id, limits), setQuotas(id, limits))
    expect(await recorded(id)).toEqual([
      ['set_quotas', { certificates: 50, blocked_serials: 10_000 }, { certificates: 9, blocked_serials: 20 }],
    ])
  })

  it('makes, switches, rotates and deletes a credential: each account sees its own grants, and no secret', async () => {
    const [one, two] = [await addAccount({ id: freshId() }), await addAccount({ id: freshId() })]
    const zoneId = await addZone(two, `${freshId()}.example`, { id: freshId() })
    const id = freshId()
    await run(
      ...insertCredential(token(id), [account(one, 'read'), zone(zoneId, 'write')], NOW),
      changes.recordCredential(me, id, 'token'),
    )
    await run(changes.recordStatus(me, id, 'token', 'disabled'), setCredentialStatus(id, 'token', 'disabled'))
    // It is disabled already.
    await run(changes.recordStatus(me, id, 'token', 'disabled'), setCredentialStatus(id, 'token', 'disabled'))
    const secret = 'b'.repeat(32) + id
    await run(rotateCredential(id, 'token', secret, undefined, NOW), changes.recordRotation(me, id, 'token', secret))
    // One that has expired is not rotated.
    const late = 'c'.repeat(32) + id
    await run(rotateCredential(id, 'token', late, undefined, NOW + 61), changes.recordRotation(me, id, 'token', late))
    await run(changes.recordCredentialDeletion(me, id, 'token'), deleteCredential(id, 'token'))
    const expected = (grants: readonly object[]) => [
      ['delete_credential', shownToken(id, grants, 'disabled'), null],
      ['rotate_credential', null, shownToken(id, grants, 'disabled')],
      ['disable_credential', shownToken(id, grants), shownToken(id, grants, 'disabled')],
      ['add_credential', null, shownToken(id, grants)],
    ]
    expect(await recorded(one)).toEqual(expected([{ zone_id: null, permission: 'read' }]))
    expect(await recorded(two)).toEqual(expected([{ zone_id: zoneId, permission: 'write' }]))
    const all = await env.DB.prepare('SELECT * FROM changes WHERE account_id IN (?1, ?2)').bind(one, two).all()
    for (const hash of [secret, late, token(id).secretSha256]) expect(JSON.stringify(all.results)).not.toContain(hash)
  })

  it('changes nothing that is not there, and that leaves nothing', async () => {
    const id = freshId()
    await run(
      changes.recordAdded(me, 'accounts', id),
      changes.recordEnabled(me, 'accounts', id, false),
      changes.recordQuotas(me, id, { crls: 1 }),
      changes.recordCredential(me, id, 'token'),
      changes.recordCredentialDeletion(me, id, 'key'),
    )
    expect(await recorded(id)).toEqual([])
  })
})
