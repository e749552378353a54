import { sealOf } from '../../src/registry/changes/chain.ts'
import { changeFrom } from '../../src/registry/changes/sql.ts'
import type { Copy } from './copy.ts'
import { COUNTERS, MORE_COUNTERS, wrongCounterSql } from './counters.ts'

/** What must hold of the whole database after any writes. */

const CHARACTERS_SQL = `coalesce(length(c.before), 0) + coalesce(length(c.after), 0) + length(c.hostnames) + coalesce(
  (SELECT length(d.chain) + length(d.blocked_serials) FROM deleted_records d
    WHERE d.account_id = c.account_id AND d.position = c.position), 0)`

/** [what is wrong, a query for the rows that are]. */
const RULES: readonly (readonly [what: string, sql: string])[] = [
  ...[...COUNTERS, ...MORE_COUNTERS].map((counter) => ['a counter is wrong', wrongCounterSql(counter)] as const),
  [
    'certificates of a hostname are counted wrong',
    `SELECT h.* FROM hostnames h WHERE (h.certificates, h.bytes) IS NOT (
      SELECT coalesce(sum(c.chain_certificates), 0), coalesce(sum(c.chain_bytes), 0) FROM certificate_hostnames n
      JOIN certificates c ON c.id = n.certificate_id WHERE n.hostname_ascii = h.hostname_ascii AND c.account_id = h.account_id)`,
  ],
  [
    'a record has no certificate',
    'SELECT id FROM certificates WHERE id NOT IN (SELECT certificate_id FROM certificate_chain)',
  ],
  [
    'hostnames of a record have a gap',
    'SELECT certificate_id FROM certificate_hostnames GROUP BY certificate_id HAVING max(position) <> count(*) - 1',
  ],
  [
    'positions of changes have a gap',
    `SELECT account_id, count(*), max(position) FROM changes GROUP BY account_id
      HAVING min(position) <> 1 OR max(position) <> count(*)`,
  ],
  [
    'the head of a chain is not its newest change',
    `SELECT ch.* FROM change_chains ch WHERE (head, head_at, bytes) IS NOT (
      SELECT max(position), max(at), sum(${CHARACTERS_SQL}) FROM changes c WHERE c.account_id = ch.account_id)`,
  ],
  [
    'what is not sealed is counted wrong',
    `SELECT ch.* FROM change_chains ch WHERE unsealed_bytes <> (SELECT coalesce(sum(${CHARACTERS_SQL}), 0)
      FROM changes c WHERE c.account_id = ch.account_id AND c.sha256 IS NULL)`,
  ],
  [
    'hostnames of a change cannot be found by',
    `SELECT account_id, position FROM changes c WHERE
      (SELECT count(DISTINCT value) FROM json_each(c.hostnames))
        <> (SELECT count(*) FROM change_hostnames h WHERE h.account_id = c.account_id AND h.position = c.position)`,
  ],
  [
    'what a deletion keeps has no change',
    `SELECT d.account_id, d.position FROM (SELECT account_id, position FROM deleted_records UNION ALL
        SELECT account_id, position FROM deleted_crls) d
      LEFT JOIN changes c ON c.account_id = d.account_id AND c.position = d.position
      WHERE c.operation IS NULL OR c.operation NOT IN ('delete_certificate', 'delete_crls')`,
  ],
  [
    'entries belong to nothing',
    `SELECT crl_id, count(*) FROM crl_entries WHERE crl_id NOT IN (
      SELECT id FROM crls UNION ALL SELECT id FROM deleted_crls UNION ALL SELECT crl_id FROM crl_garbage) GROUP BY crl_id`,
  ],
  [
    'a deleted CRL that is kept has lost entries',
    'SELECT d.id FROM deleted_crls d WHERE d.entries <> (SELECT count(*) FROM crl_entries e WHERE e.crl_id = d.id)',
  ],
]

/** What an upload that broke off left, and entries that nobody can ask for. All of it goes with a sweep. */
export const LEFTOVERS_SQL = `SELECT (SELECT count(*) FROM crls WHERE state = 'loading') AS loading,
  (SELECT count(*) FROM crl_garbage) AS garbage,
  (SELECT count(*) FROM crl_entries WHERE crl_id NOT IN (SELECT id FROM crls UNION ALL SELECT id FROM deleted_crls)) AS entries`

/** Where the chain of an account was found sound up to. */
export type Sealed = Map<string, { readonly position: number; readonly sha256: string; readonly isSealed: boolean }>

/** Everything that is wrong with a database. */
export async function findUnsound(copy: Copy, sealed: Sealed): Promise<readonly string[]> {
  const integrity = copy.rows('PRAGMA integrity_check').map((row) => Object.values(row)[0])
  const references = copy.rows('PRAGMA foreign_key_check')
  return [
    ...(integrity.length === 1 && integrity[0] === 'ok'
      ? []
      : [`integrity_check: ${integrity.slice(0, 5).join('; ')}`]),
    ...(references.length === 0 ? [] : [`foreign_key_check: ${JSON.stringify(references.slice(0, 5))}`]),
    ...RULES.flatMap(([what, sql]) => {
      const rows = copy.rows(sql)
      return rows.length === 0 ? [] : [`${what}: ${JSON.stringify(rows.slice(0, 3))}`]
    }),
    ...(await brokenChains(copy, sealed)),
  ]
}

/** Changes whose seal is not the hash of what they are, or that are sealed behind one that is not. */
async function brokenChains(copy: Copy, sealed: Sealed): Promise<readonly string[]> {
  const findings: string[] = []
  for (const { account_id: given } of copy.rows('SELECT account_id FROM change_chains')) {
    const accountId = String(given)
    let last = sealed.get(accountId) ?? { position: 0, sha256: '', isSealed: true }
    const rows = copy.rows(
      'SELECT * FROM changes WHERE account_id = ? AND position > ? ORDER BY position',
      accountId,
      last.position,
    )
    for (const row of rows) {
      const { sha256, ...change } = changeFrom(row)
      const isRight = sha256 === null || (last.isSealed && sha256 === (await sealOf(last.sha256, change)))
      if (!isRight) findings.push(`the seal of change ${change.position} of ${accountId} is wrong`)
      last = { position: change.position, sha256: sha256 ?? '', isSealed: sha256 !== null }
      if (sha256 !== null) sealed.set(accountId, last)
    }
  }
  return findings
}
