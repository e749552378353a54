import type { Database } from '../../core/config.ts'
import type { Hex, UnixSeconds } from '../../core/units.ts'
import { number, type Row, runBatch, text } from '../../store/d1.ts'
import type { Statement } from '../../store/statement.ts'
import { sealOf } from './chain.ts'
import { CHANGE_COLUMNS_SQL, changeFrom } from './sql.ts'

/**
 * The chain of an account's changes: a cron trigger seals what came since its last run, and prunes what is old. A change is written
 * in one round trip, before its hash can be known: D1 has no SHA-256.
 */

/** How many changes, and characters of them, one round reads. A Worker has 128 MB. */
const ROUND_CHANGES = 1_000
const ROUND_CHARACTERS = 4_000_000

/**
 * How many accounts one run prunes for either reason, and how many changes of each: every 5 minutes more than a credential makes
 * in that time. 1,000 with a hostname each take some 20 ms in workerd; D1 gives a statement 30 s.
 */
const PRUNED_ACCOUNTS = 10
const PRUNED_CHANGES = 1_200

/** Characters that an account's changes keep, as in `change_chains_by_size`. Then the oldest go before their time. */
const MAX_KEPT_CHARACTERS = 67_108_864

const charactersSql = (row: string) =>
  `(coalesce(length(${row}.before), 0) + coalesce(length(${row}.after), 0) + length(${row}.hostnames))`

/**
 * Seals some changes of all accounts, in their order.
 * @returns the newest seal of each account that got one, for the log, and whether there are more
 */
export async function sealSome(
  db: Database,
): Promise<{ readonly heads: readonly SealedHead[]; readonly more: boolean }> {
  const [rows = []] = await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `SELECT ${CHANGE_COLUMNS_SQL}, coalesce(before_it.sha256, chain.pruned_sha256) AS previous
        FROM (
          SELECT u.account_id, u.position, sum(${charactersSql('u')}) OVER (
            ORDER BY u.account_id, u.position ROWS UNBOUNDED PRECEDING) - ${charactersSql('u')} AS characters_before
          FROM (SELECT * FROM changes WHERE sha256 IS NULL ORDER BY account_id, position LIMIT ?1) u
        ) w
          CROSS JOIN changes c ON c.account_id = w.account_id AND c.position = w.position
          CROSS JOIN change_chains chain ON chain.account_id = c.account_id
          LEFT JOIN changes before_it ON before_it.account_id = c.account_id AND before_it.position = c.position - 1
        WHERE w.characters_before < ?2 ORDER BY w.account_id, w.position`,
      params: [ROUND_CHANGES, ROUND_CHARACTERS],
    },
  ])
  if (rows.length === 0) return { heads: [], more: false }
  const heads = new Map<string, SealedHead>()
  const seals: (readonly [string, number, Hex])[] = []
  for (const row of rows) {
    const change = changeFrom(row)
    const { accountId, position } = change
    const sha256 = await sealOf(heads.get(accountId)?.sha256 ?? text(row, 'previous'), change)
    heads.set(accountId, { accountId, position, sha256 })
    seals.push([accountId, position, sha256])
  }
  await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `UPDATE changes SET sha256 = seal.value ->> 2 FROM json_each(?1) seal
        WHERE changes.account_id = seal.value ->> 0 AND changes.position = seal.value ->> 1 AND changes.sha256 IS NULL`,
      params: [JSON.stringify(seals)],
    },
  ])
  return { heads: [...heads.values()], more: true }
}

/** The newest sealed change of an account. */
export interface SealedHead {
  readonly accountId: string
  readonly position: number
  readonly sha256: Hex
}

/**
 * Prunes some sealed changes: those older than `before`, and the oldest of accounts that keep too much. What a run does not get to
 * is for the next.
 */
export async function pruneSome(db: Database, before: UnixSeconds): Promise<void> {
  const [oldest = []] = await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `SELECT c.account_id, c.position, c.at, c.sha256, chain.bytes, ${charactersSql('c')} + coalesce(
          (SELECT length(d.chain) + length(d.blocked_serials) FROM deleted_records d
            WHERE d.account_id = c.account_id AND d.position = c.position), 0) AS characters
        FROM (
          SELECT account_id FROM (SELECT account_id FROM change_chains WHERE bytes > ${MAX_KEPT_CHARACTERS} LIMIT ${PRUNED_ACCOUNTS})
          UNION
          SELECT account_id FROM (
            SELECT account_id FROM change_chains WHERE oldest_at IS NOT NULL AND oldest_at < ?1
            ORDER BY oldest_at LIMIT ${PRUNED_ACCOUNTS})
        ) a CROSS JOIN change_chains chain ON chain.account_id = a.account_id
          CROSS JOIN changes c ON c.account_id = chain.account_id
            AND c.position BETWEEN chain.pruned_position + 1 AND chain.pruned_position + ${PRUNED_CHANGES + 1}
        ORDER BY c.account_id, c.position`,
      params: [before],
    },
  ])
  const accounts = Map.groupBy(oldest, (row) => text(row, 'account_id'))
  const pruned = [...accounts].flatMap(([account, changes]) => {
    const [last, next] = lastToPrune(changes, before)
    if (last === undefined) return []
    return [[account, number(last, 'position'), text(last, 'sha256'), next === undefined ? null : number(next, 'at')]]
  })
  if (pruned.length > 0) await runBatch(db, pruneStatements(JSON.stringify(pruned)))
}

/** The last change of an account's oldest that may go, and the first that stays. */
function lastToPrune(oldest: readonly Row[], before: UnixSeconds): readonly (Row | undefined)[] {
  let kept = number(oldest[0] ?? {}, 'bytes')
  let index = 0
  for (const row of oldest.slice(0, PRUNED_CHANGES)) {
    const goes = (number(row, 'at') < before || kept > MAX_KEPT_CHARACTERS) && row['sha256'] !== null
    if (!goes) break
    kept -= number(row, 'characters')
    index += 1
  }
  return [oldest[index - 1], oldest[index]]
}

/** @param pruned JSON array of [account, position, hash, time of the oldest that stays or null] */
function pruneStatements(pruned: string): readonly Statement[] {
  return [
    {
      unscoped: 'operator',
      sql: `UPDATE change_chains
        SET pruned_position = p.value ->> 1, pruned_sha256 = p.value ->> 2, oldest_at = p.value ->> 3
        FROM json_each(?1) p WHERE change_chains.account_id = p.value ->> 0 AND pruned_position < p.value ->> 1`,
      params: [pruned],
    },
    {
      unscoped: 'operator',
      sql: `DELETE FROM changes WHERE rowid IN (
          SELECT c.rowid FROM json_each(?1) p CROSS JOIN changes c ON c.account_id = p.value ->> 0 AND c.position <= p.value ->> 1)`,
      params: [pruned],
    },
  ]
}
