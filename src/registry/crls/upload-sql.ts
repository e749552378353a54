import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import type { CertificateId, Hex, UnixSeconds } from '../../core/units.ts'
import { accessParams, moreParams } from '../../store/access.ts'
import { recordChange } from '../../store/changes.ts'
import { runBatch, text, truth } from '../../store/d1.ts'
import { hasRoomSql, QUOTAS_SQL, type Quotas, quotasFrom } from '../../store/quotas.ts'
import { type OfRecord, situationSql, TARGET_SQL, whenFound } from '../../store/record-target.ts'
import type { ScopedParams, Statement } from '../../store/statement.ts'
import { IN_USE_SQL } from './coverage-sql.ts'
import { CRL_JSON_SQL } from './deleted-sql.ts'
import { SWEPT_ENTRIES, sweepBrokenOff, sweepGarbage } from './leftovers-sql.ts'
import { CRL_COLUMNS_SQL, type CrlRecord, CURRENT_CRLS_SQL, crlFrom } from './sql.ts'

/** A CRL that was checked, without its entries. */
export interface NewCrl extends Omit<CrlRecord, 'uploadedAt'> {
  /** A UUID of its own. */
  readonly uploadId: string
  /** name_key of the CA that signed it. */
  readonly issuerKey: Hex
  /** The DER of the CA's certificate and of those above it up to the record's, concatenated. */
  readonly caPath: Uint8Array
  /** The ca_keys of the CAs on whose paths it can count. */
  readonly authorities: readonly string[]
}

/** An entry of a CRL: serial number (lower-case hexadecimal), revocationDate in Unix seconds UTC, CRLReason. */
export type EntryTuple = readonly [serial: Hex, revokedAt: UnixSeconds, reason: number]

/** A CRL of an upload. */
export interface CrlOfUpload {
  readonly row: NewCrl
  readonly entries: Iterable<EntryTuple>
}

/** The outcome of an upload. */
export interface UploadOutcome {
  /** The current CRLs of the record after it: either all of the upload's are among them, or none. */
  readonly crls: readonly CrlRecord[]
  /** The content SHA-256 of the CRLs that it stored and whose CA is on no path of a hostname of the account. */
  readonly unused: ReadonlySet<string>
  /** The quotas of the account after it. */
  readonly quotas: Quotas
}

/**
 * Most characters of the JSON that carries entries to D1. D1 binds texts of up to 2,000,000 bytes. Half of that is some 19,000
 * entries, which take 30 ms (measured in workerd): so long an upload keeps decisions waiting at a time.
 */
const CHUNK_CHARACTERS = 1_000_000

/** Most entries of a batch: half of what it deletes, so that an account never has more rows than its quota has entries. */
const BATCH_ENTRIES = SWEPT_ENTRIES / 2

/**
 * Stores CRLs as the current ones of their CAs, coverages and parts: all, or none. That needs the claim to hold, the record to
 * exist, the quotas to have room, and each CRL to be newer than the current one (RFC 5280 5.2.3; crlConflict): neither its
 * thisUpdate nor its number is less, and one of them is greater. A CRL that is current already is no obstacle.
 *
 * The entries are sent in batches while the CRLs are `loading`. The last batch makes all these checks and the switch in one
 * transaction: readers see the old CRLs or the new ones, and of two uploads at once the newer one stays. If the first batch finds
 * no room for the entries, no more are sent. Every batch is a sign of life, and deletes some of what the account's earlier CRLs
 * left behind.
 *
 * @param clock the current time in Unix seconds, UTC, which goes on during the upload
 */
export async function uploadCrls(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  crls: readonly CrlOfUpload[],
  clock: () => UnixSeconds,
): Promise<OfRecord<UploadOutcome>> {
  const params = accessParams(claim, certificateId)
  const uploadIds = JSON.stringify(crls.map(({ row }) => row.uploadId))
  let statements = [sweepBrokenOff(claim, clock()), ...insertCrls(params, crls, clock())]
  let characters = 0
  let entries = 0
  for (const { row, chunk } of chunksOf(crls)) {
    const isFull = characters + chunk.json.length > CHUNK_CHARACTERS || entries + chunk.entries > BATCH_ENTRIES
    // The last entries go with the switch, so small CRLs take one round trip.
    if (characters > 0 && isFull) {
      const batch = await runBatch(db, [...statements, goesOn(uploadIds, clock()), ...sweepGarbage(claim)])
      statements = []
      characters = 0
      entries = 0
      const loading = batch.at(-3)?.length
      if (loading === 0) break
    }
    statements.push(insertEntries(row, chunk.json))
    characters += chunk.json.length
    entries += chunk.entries
  }
  const batch = await runBatch(db, [
    ...statements,
    ...makeCurrent(claim, certificateId, params, uploadIds),
    ...sweepGarbage(claim),
    { sql: situationSql(QUOTAS_SQL), params },
    {
      sql: `WITH ${TARGET_SQL}
        SELECT ${CRL_COLUMNS_SQL},
          crls.upload_id IN (SELECT value FROM json_each(?9)) AND NOT ${IN_USE_SQL} AS unused
        ${CURRENT_CRLS_SQL}`,
      params: moreParams(params, uploadIds),
    },
  ])
  const current = batch.at(-1) ?? []
  const unused = current.filter((row) => truth(row, 'unused')).map((row) => text(row, 'content_sha256'))
  return whenFound(claim, batch.at(-2)?.[0], (row) => ({
    crls: current.map(crlFrom),
    unused: new Set(unused),
    quotas: quotasFrom(row),
  }))
}

/** Entries as a JSON array, and how many there are. */
interface Chunk {
  readonly json: string
  readonly entries: number
}

/** The entries of CRLs in chunks of bounded size. */
function* chunksOf(crls: readonly CrlOfUpload[]) {
  for (const { row, entries } of crls) for (const chunk of chunks(entries)) yield { row, chunk }
}

function* chunks(entries: Iterable<EntryTuple>): Generator<Chunk, void, undefined> {
  let list = ''
  let count = 0
  for (const [serial, revokedAt, reason] of entries) {
    // The values are hexadecimal and whole numbers. JSON.stringify writes the same in twice the time.
    const next = `["${serial}",${revokedAt},${reason}]`
    if (list.length + next.length + 2 > CHUNK_CHARACTERS || count === BATCH_ENTRIES) {
      yield { json: `[${list}]`, entries: count }
      list = ''
      count = 0
    }
    list += list === '' ? next : `,${next}`
    count += 1
  }
  if (list !== '') yield { json: `[${list}]`, entries: count }
}

/**
 * Inserts the CRLs of an upload, all or none. Each is inserted if there is room for its entries and those of the CRLs after it; the
 * entries of those before it are counted already, so the condition is the same for all.
 */
function insertCrls(params: ScopedParams, crls: readonly CrlOfUpload[], clock: number): readonly Statement[] {
  const all = entriesFrom(crls, 0)
  return crls.flatMap(({ row }, index) => [
    insertCrl(params, row, clock, { all, left: entriesFrom(crls, index) }),
    insertAuthorities(row),
  ])
}

function entriesFrom(crls: readonly CrlOfUpload[], index: number): number {
  return crls.slice(index).reduce((sum, { row }) => sum + row.entries, 0)
}

/** @param clock Unix seconds, UTC. While a CRL is loading, `uploaded_at` is the time of its last sign of life. */
function insertCrl(
  params: ScopedParams,
  crl: NewCrl,
  clock: number,
  entries: { readonly all: number; readonly left: number },
): Statement {
  return {
    sql: `WITH ${TARGET_SQL} INSERT INTO crls (upload_id, account_id, certificate_id, ca_fingerprint_sha256,
        content_sha256, crl_number, this_update, next_update, covers, part, entries, issuer_key, ca_key, issuer, ca_path,
        uploaded_at, state)
      SELECT ?9, access.account_id, target.id, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, 'loading'
      FROM target, access WHERE ?23 = 0 OR ${hasRoomSql('crlEntries', '?24')}`,
    params: moreParams(
      params,
      crl.uploadId,
      crl.caFingerprintSha256,
      crl.contentSha256,
      crl.number,
      crl.thisUpdate,
      crl.nextUpdate,
      crl.covers,
      crl.part,
      crl.entries,
      crl.issuerKey,
      crl.caKey,
      crl.issuer,
      crl.caPath,
      clock,
      entries.all,
      entries.left,
    ),
  }
}

function insertAuthorities({ uploadId, authorities }: NewCrl): Statement {
  return {
    unscoped: 'follows',
    sql: `INSERT INTO crl_authorities (crl_id, ca_key)
      SELECT crls.id, a.value FROM crls CROSS JOIN json_each(?2) a WHERE crls.upload_id = ?1`,
    params: [uploadId, JSON.stringify(authorities)],
  }
}

/**
 * Inserts nothing where the CRL was deleted meanwhile, with its record for example: the entries would stay for ever. For a serial
 * number that is listed twice, the earliest date holds, and the first reason that is not `unspecified` (0).
 */
function insertEntries({ uploadId }: NewCrl, chunk: string): Statement {
  return {
    unscoped: 'follows',
    sql: `INSERT INTO crl_entries AS e (crl_id, serial, revoked_at, reason)
      SELECT crls.id, new.value ->> 0, new.value ->> 1, new.value ->> 2
      FROM crls CROSS JOIN json_each(?2) new WHERE crls.upload_id = ?1 AND crls.state = 'loading'
      ON CONFLICT (crl_id, serial) DO UPDATE SET revoked_at = min(e.revoked_at, excluded.revoked_at),
        reason = iif(e.reason = 0, excluded.reason, e.reason)`,
    params: [uploadId, chunk],
  }
}

/** Gives a sign of life of an upload. Returns its CRLs that are still loading. */
function goesOn(uploadIds: string, clock: number): Statement {
  return {
    unscoped: 'follows',
    sql: `UPDATE crls SET uploaded_at = ?2
      WHERE upload_id IN (SELECT value FROM json_each(?1)) AND state = 'loading' RETURNING id`,
    params: [uploadIds, clock],
  }
}

/**
 * ?9 is a JSON array of the upload's ids. `mine`: its CRLs. `rival`: the current CRLs of the same CA, coverage and part; rows older
 * than migration 0007 have the CA's fingerprint as ca_key. `added`: how many of `mine` replace none. `free`: has a row if there is
 * no obstacle.
 */
const SWITCH_SQL = `WITH ${TARGET_SQL},
  mine AS (
    SELECT crls.* FROM target CROSS JOIN json_each(?9) u CROSS JOIN crls
      ON crls.upload_id = u.value AND crls.certificate_id = target.id AND crls.state = 'loading'
  ),
  rival AS (
    SELECT crls.id, mine.id AS mine_id, crls.content_sha256 = mine.content_sha256 AS same,
      mine.this_update >= crls.this_update AND (mine.crl_number < crls.crl_number) IS NOT TRUE
        AND (mine.this_update > crls.this_update OR mine.crl_number > crls.crl_number) AS older
    FROM mine JOIN crls
      ON crls.certificate_id = mine.certificate_id AND crls.ca_key IN (mine.ca_key, mine.ca_fingerprint_sha256)
        AND crls.covers = mine.covers AND crls.part = mine.part AND crls.state = 'current'
  ),
  added AS (SELECT count(*) AS crls FROM mine WHERE id NOT IN (SELECT mine_id FROM rival)),
  free AS (
    SELECT 1 FROM access, added WHERE (SELECT count(*) FROM mine) = json_array_length(?9)
      AND NOT EXISTS (SELECT 1 FROM rival WHERE (older OR same) IS NOT TRUE)
      AND (added.crls = 0 OR ${hasRoomSql('crls', 'added.crls')})
  )`

/**
 * Decides which CRLs of the upload become current, and notes it. Deletes the ones that they replace, makes them current, and
 * deletes those that could not become current.
 */
function makeCurrent(
  claim: Claim,
  certificateId: CertificateId,
  params: ScopedParams,
  uploadIds: string,
): readonly Statement[] {
  const own = moreParams(params, uploadIds)
  return [
    {
      sql: `${SWITCH_SQL} UPDATE crls SET replaces = id IN (SELECT mine_id FROM rival)
        WHERE id IN (SELECT id FROM mine WHERE id NOT IN (SELECT mine_id FROM rival WHERE same)) AND EXISTS (SELECT 1 FROM free)`,
      params: own,
    },
    recordChange(claim, own, {
      operation: 'upload_crls',
      certificateId,
      context: SWITCH_SQL,
      where: 'EXISTS (SELECT 1 FROM mine WHERE replaces IS NOT NULL)',
      before: `(SELECT nullif(json_group_array(${CRL_JSON_SQL} ORDER BY k.id), '[]') FROM crls k WHERE k.id IN (
        SELECT rival.id FROM mine CROSS JOIN rival ON rival.mine_id = mine.id WHERE mine.replaces))`,
      after: `(SELECT json_group_array(${CRL_JSON_SQL} ORDER BY k.id) FROM mine k WHERE k.replaces IS NOT NULL)`,
    }),
    {
      sql: `${SWITCH_SQL} DELETE FROM crls
        WHERE id IN (SELECT rival.id FROM mine JOIN rival ON rival.mine_id = mine.id WHERE mine.replaces)`,
      params: own,
    },
    {
      unscoped: 'follows',
      sql: `UPDATE crls SET state = 'current', uploaded_at = ?2
        WHERE upload_id IN (SELECT value FROM json_each(?1)) AND state = 'loading' AND replaces IS NOT NULL`,
      params: [uploadIds, claim.now],
    },
    {
      unscoped: 'follows',
      sql: "DELETE FROM crls WHERE upload_id IN (SELECT value FROM json_each(?1)) AND state = 'loading'",
      params: [uploadIds],
    },
  ]
}
