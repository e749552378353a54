import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { LogEntry } from '../../../src/core/log.ts'
import { runJobs } from '../../../src/jobs/index.ts'
import { sealOf } from '../../../src/registry/changes/chain.ts'
import { RETENTION_SECONDS, sealChanges } from '../../../src/registry/changes/keep.ts'
import { changesOf, headOf, revert, verify } from '../../support/changes.ts'
import { crlTenant, putCrl } from '../../support/crl.ts'
import { edgeOf } from '../../support/edge-routes.ts'
import { add, get, put, remove } from '../../support/family.ts'
import { jobAmbient } from '../../support/jobs.ts'
import { meteredDatabase } from '../../support/metered-db.ts'
import { NOW } from '../../support/pki.ts'
import { freshTenant } from '../../support/requests.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** The record of changes is a chain of hashes: it is sealed and pruned, and only ever added to. */

/** What the cron trigger does; returns the seals that it logs. */
async function jobs(now = NOW): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const log: LogEntry[] = []
  await runJobs(env, jobAmbient(now, { log: (entry) => log.push(entry) }))
  expect(log.filter(({ level }) => level === 'error')).toEqual([])
  return log.filter(({ event }) => event === 'changes_sealed')
}

/** As often as it takes for all accounts of this file. */
async function jobsUntilAllIsPruned(now: number): Promise<void> {
  for (let i = 0; i < 8; i += 1) await jobs(now)
}

const run = (sql: string, ...params: readonly unknown[]) =>
  env.DB.prepare(sql)
    .bind(...params)
    .run()

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeEach(async () => {
  await jobs()
  tenant = await freshTenant()
  for (let i = 0; i < 3; i += 1) await add(tenant.accountPath, tenant.authorization)
})

describe('a seal', () => {
  it('is the hash of the change and the seal before it, and is logged', async () => {
    const log = await jobs()
    const changes = (await changesOf(tenant)).toReversed()
    let previous = ''
    for (const { id, sha256, certificate_id, after } of changes) {
      previous = await sealOf(previous, {
        accountId: tenant.accountId,
        position: id,
        at: NOW,
        zoneId: null,
        actor: 'token',
        actorId: changes[0]?.actor.id ?? '',
        actorName: 'test',
        address: null,
        operation: 'add_certificate',
        certificateId: certificate_id,
        before: null,
        after: JSON.stringify(after),
        hostnames: '[]',
        reverts: null,
      })
      expect(sha256).toBe(previous)
    }
    expect(log).toMatchObject([{ scope: `accounts/${tenant.accountId}`, position: 3, sha256: previous }])
  })

  it('goes on from the last one, and takes nothing where nothing waits', async () => {
    await jobs()
    expect(await jobs()).toEqual([])
    await add(tenant.accountPath, tenant.authorization)
    expect(await jobs()).toMatchObject([{ position: 4 }])
    expect(await verify(tenant.accountId)).toEqual({
      changes: 4,
      unsealed: 0,
      head: expect.any(String),
      faults: [],
    })
    const { db, carried } = meteredDatabase()
    await sealChanges(db)
    expect(carried).toHaveLength(1)
    expect(carried[0]?.rowsRead).toBeLessThanOrEqual(3)
  })

  it('is made 1,000 at a time, each account for itself', async () => {
    const other = await freshTenant()
    await run(
      `INSERT INTO changes (account_id, position, at, actor, actor_name, operation, after)
        WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < 1500)
        SELECT ?1, value, ?2, 'operator', 'test', 'set_quotas', '{}' FROM n`,
      other.accountId,
      NOW,
    )
    await jobs()
    expect(await verify(other.accountId)).toMatchObject({ changes: 1_500, unsealed: 0, faults: [] })
    expect(await verify(tenant.accountId)).toMatchObject({ changes: 3, unsealed: 0, faults: [] })
  })
})

describe('whoever has the database', () => {
  beforeEach(() => jobs())

  it.each([
    [
      'alter a change',
      "UPDATE changes SET actor_name = 'nobody' WHERE account_id = ?1 AND position = 2",
      'a change stays',
    ],
    [
      'alter one that is not sealed',
      "UPDATE changes SET after = '{}' WHERE account_id = ?1 AND position = 4",
      'a change stays',
    ],
    ['take a seal away', 'UPDATE changes SET sha256 = NULL WHERE account_id = ?1 AND position = 2', 'a change stays'],
    ['delete a change', 'DELETE FROM changes WHERE account_id = ?1 AND position = 3', 'a change is kept'],
    ['delete the first one', 'DELETE FROM changes WHERE account_id = ?1 AND position = 1', 'a change is kept'],
    [
      'leave a gap',
      "UPDATE change_chains SET head = 9 WHERE account_id = ?1; INSERT INTO changes (account_id, position, at, actor, actor_name, operation) VALUES (?1, 11, 0, 'operator', 'x', 'x')",
      'a change follows',
    ],
    [
      'prune with another hash',
      `UPDATE change_chains SET pruned_position = 2, pruned_sha256 = '${'0'.repeat(64)}' WHERE account_id = ?1`,
      'a chain is pruned',
    ],
    ['delete the chain', 'DELETE FROM change_chains WHERE account_id = ?1', 'a chain outlives'],
  ])('cannot just %s', async (_, statements, refusal) => {
    await add(tenant.accountPath, tenant.authorization)
    const attempt = async () => {
      for (const sql of statements.split('; ')) await run(sql, tenant.accountId)
    }
    await expect(attempt()).rejects.toThrow(refusal)
  })

  it.each([
    [
      'alters a change',
      "UPDATE changes SET address = '192.0.2.1' WHERE account_id = ?1 AND position = 2",
      'change 2 is not what was sealed',
    ],
    ['removes a change', 'DELETE FROM changes WHERE account_id = ?1 AND position = 2', 'change 2 is missing'],
    ['removes the newest one', 'DELETE FROM changes WHERE account_id = ?1 AND position = 3', 'change 3 is missing'],
    [
      'removes the first ones',
      'DELETE FROM changes WHERE account_id = ?1 AND position < 3',
      'changes 1 to 2 are missing',
    ],
  ])('and drops the triggers, and %s, is found', async (_, sql, fault) => {
    const triggers = (
      await env.DB.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'changes'").all<{
        name: string
        sql: string
      }>()
    ).results
    for (const { name } of triggers) await run(`DROP TRIGGER ${name}`)
    try {
      await run(sql, tenant.accountId)
      expect((await verify(tenant.accountId)).faults[0]).toBe(fault)
    } finally {
      for (const trigger of triggers) await run(trigger.sql)
    }
  })

  it('and makes the chain anew is found by a seal that was kept elsewhere', async () => {
    const { head } = await verify(tenant.accountId)
    expect(await verify(tenant.accountId, head)).toMatchObject({ faults: [] })
    expect((await verify(tenant.accountId, '0'.repeat(64))).faults).toEqual(['no change has the seal that was given'])
  })
})

describe('changes go', () => {
  it('after 400 days, and leave a chain that can be verified', async () => {
    await jobs()
    await add(tenant.accountPath, tenant.authorization, {}, { now: NOW + 10 })
    await jobsUntilAllIsPruned(NOW + RETENTION_SECONDS)
    expect(await changesOf(tenant)).toHaveLength(4)
    await jobsUntilAllIsPruned(NOW + RETENTION_SECONDS + 1)
    expect(await changesOf(tenant)).toMatchObject([{ id: 4 }])
    expect(await verify(tenant.accountId)).toMatchObject({ changes: 1, faults: [] })
    await jobsUntilAllIsPruned(NOW + RETENTION_SECONDS + 11)
    expect(await changesOf(tenant)).toEqual([])
    expect(await verify(tenant.accountId)).toMatchObject({ changes: 0, faults: [] })
    await add(tenant.accountPath, tenant.authorization, {}, { now: NOW + RETENTION_SECONDS + 12 })
    await jobsUntilAllIsPruned(NOW + RETENTION_SECONDS + 13)
    expect(await verify(tenant.accountId)).toMatchObject({ changes: 1, faults: [] })
  })

  it('with what they kept: a record, CRLs and their entries', async () => {
    const owner = await crlTenant()
    await putCrl(owner, await issueCrl(owner.ca, { revoked: [{ serial: 7 }] }))
    expect((await remove(owner.record, owner.authorization)).status).toBe(200)
    const kept = async () =>
      Promise.all(
        ['deleted_records', 'deleted_crls', 'change_hostnames'].map(async (table) =>
          env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE account_id = ?1`)
            .bind(owner.accountId)
            .first<number>('n'),
        ),
      )
    expect(await kept()).toEqual([1, 1, 0])
    await jobs()
    await jobsUntilAllIsPruned(NOW + RETENTION_SECONDS + 1)
    expect(await kept()).toEqual([0, 0, 0])
    const entries = 'SELECT count(*) AS n FROM crl_entries WHERE crl_id NOT IN (SELECT id FROM crls)'
    expect(await env.DB.prepare(entries).first<number>('n')).toBe(0)
    expect((await revert(edgeOf('accounts', owner.accountId), 3, owner.authorization)).status).toBe(404)
  })

  it('before their time where an account has more than 64 MiB of them', async () => {
    await jobs()
    await run('UPDATE change_chains SET bytes = 67108864 + 1 WHERE account_id = ?1', tenant.accountId)
    await jobs()
    expect(await changesOf(tenant)).toMatchObject([{ id: 3 }, { id: 2 }])
    expect(await verify(tenant.accountId)).toMatchObject({ changes: 2, faults: [] })
  })

  it('deleted records count with them, until they come back', async () => {
    const owner = await crlTenant()
    const counted = () =>
      env.DB.prepare('SELECT bytes, unsealed_bytes FROM change_chains WHERE account_id = ?1')
        .bind(owner.accountId)
        .first<{ bytes: number; unsealed_bytes: number }>()
    const texts = `SELECT sum(coalesce(length(before), 0) + coalesce(length(after), 0) + length(hostnames)) AS n
      FROM changes WHERE account_id = ?1`
    const ofChanges = () => env.DB.prepare(texts).bind(owner.accountId).first<number>('n')
    const kept = 'SELECT sum(length(chain) + length(blocked_serials)) AS n FROM deleted_records WHERE account_id = ?1'
    await remove(owner.record, owner.authorization)
    const ofRecord = (await env.DB.prepare(kept).bind(owner.accountId).first<number>('n')) ?? 0
    expect(ofRecord).toBeGreaterThan(owner.ca.der.length * 2)
    const all = ((await ofChanges()) ?? 0) + ofRecord
    expect(await counted()).toEqual({ bytes: all, unsealed_bytes: all })
    // Once before the seal, once after it.
    await revert(edgeOf('accounts', owner.accountId), 2, owner.authorization)
    const both = await ofChanges()
    expect(await counted()).toEqual({ bytes: both, unsealed_bytes: both })
    await remove(owner.record, owner.authorization)
    await jobs()
    expect(await counted()).toEqual({ bytes: ((await ofChanges()) ?? 0) + ofRecord, unsealed_bytes: 0 })
    await revert(edgeOf('accounts', owner.accountId), 4, owner.authorization)
    await jobs()
    expect(await counted()).toEqual({ bytes: await ofChanges(), unsealed_bytes: 0 })
  })

  it('not with the account: its id goes on counting', async () => {
    const { accountId } = await freshTenant()
    expect(await headOf(accountId)).toBe(0)
    await run(
      "INSERT INTO changes (account_id, position, at, actor, actor_name, operation) VALUES (?1, 1, 0, 'operator', 'x', 'x')",
      accountId,
    )
    await run('DELETE FROM grants WHERE account_id = ?1', accountId)
    await run('DELETE FROM zones WHERE account_id = ?1', accountId)
    await run('DELETE FROM accounts WHERE id = ?1', accountId)
    expect(await headOf(accountId)).toBe(1)
  })
})

it('the time of a change is never before that of the one before', async () => {
  const [{ id } = { id: '' }] = JSON.parse((await get(tenant.accountPath, tenant.authorization)).text).result
  await put(`${tenant.accountPath}/${id}`, tenant.authorization, { name: 'earlier' }, { now: NOW - 60 })
  expect((await changesOf(tenant, '?per_page=1'))[0]).toMatchObject({
    operation: 'update_certificate',
    at: '2026-06-01T00:00:00Z',
  })
})
