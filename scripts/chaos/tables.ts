import { toHex } from '../../src/core/bytes.ts'
import { manySerial } from '../../src/testing/crl.ts'
import type { Copy } from './copy.ts'
import { LONG_SERIAL, sha256Of } from './pki.ts'
import { type ChangeState, NO_POLICY, type Outcome, type RecordState } from './state.ts'
import type { Author } from './tenants.ts'

/** What the tables say of an author. */
export interface Found extends Outcome {
  /** Ids of records that are there or were, by the SHA-256 of their first certificates. */
  readonly ids: ReadonlyMap<string, string>
  /** What is wrong with a record by itself. */
  readonly findings: readonly string[]
}

/** Reads what an author has, and the changes of the author after a position. @param known ids of records that were there */
export function readTables(copy: Copy, author: Author, since: number, known: ReadonlyMap<string, string>): Found {
  const findings: string[] = []
  const records = readRecords(copy, author, findings)
  const ids = new Map([...known, ...Object.entries(records).map(([key, { id }]) => [key, id] as const)])
  const ending = `%.${author.domain}`
  const modes = copy.rows('SELECT hostname_ascii, mode, until FROM hostname_modes WHERE hostname_ascii LIKE ?', ending)
  const settings = copy.rows('SELECT * FROM hostname_settings WHERE hostname_ascii LIKE ?', ending)
  return {
    ids,
    findings,
    changes: readChanges(copy, author, since, ids),
    state: {
      records,
      modes: Object.fromEntries(
        modes.map(({ hostname_ascii: name, mode, until }) => [
          name,
          mode === 'open' ? 'open' : `report until ${until}`,
        ]),
      ),
      settings: Object.fromEntries(
        settings.map(({ hostname_ascii: name, china_network: china, client_certificate_forwarding: forwarding }) => [
          name,
          `${china === 1 ? 'china ' : ''}${forwarding === 1 ? 'forwarding' : ''}`.trim(),
        ]),
      ),
    },
  }
}

/** The author's records: those whose first certificate bears the author's domain. */
function readRecords(copy: Copy, author: Author, findings: string[]): Readonly<Record<string, RecordState>> {
  const rows = copy.rows(
    `SELECT c.id, c.name, c.content_sha256, p.stale_crl, p.uncovered FROM certificates c
      LEFT JOIN revocation_policies p ON p.certificate_id = c.id
      WHERE c.account_id = ? AND EXISTS (
        SELECT 1 FROM certificate_chain ch WHERE ch.certificate_id = c.id AND ch.subject LIKE ?)`,
    author.accountId,
    `%${author.domain}%`,
  )
  return Object.fromEntries(
    rows.map(({ id: given, name, stale_crl: stale, uncovered }) => {
      const id = String(given)
      const links = copy.rows(
        'SELECT position, der, fingerprint_sha256 FROM certificate_chain WHERE certificate_id = ? ORDER BY position',
        id,
      )
      const chain = links.map(({ der, fingerprint_sha256: said }, i) => {
        const sha256 = der instanceof Uint8Array ? sha256Of(der) : ''
        if (sha256 !== said || links[i]?.['position'] !== i)
          findings.push(`certificate ${i} of ${id} is not what its row says`)
        return sha256
      })
      const names = copy.rows(
        'SELECT hostname FROM certificate_hostnames WHERE certificate_id = ? ORDER BY position',
        id,
      )
      const blocked = copy.rows('SELECT serial FROM blocked_serials WHERE certificate_id = ? ORDER BY serial', id)
      const record: RecordState = {
        id,
        name: String(name),
        hostnames: names.map(({ hostname }) => String(hostname)),
        chain,
        crl: readCrl(copy, id, findings),
        blocked: blocked.map(({ serial }) => String(serial)),
        policy: stale === null ? NO_POLICY : `${stale}, ${uncovered}`,
      }
      return [chain[0] ?? id, record]
    }),
  )
}

/** The current CRL of a record, which must have all of its entries. */
function readCrl(copy: Copy, certificateId: string, findings: string[]): RecordState['crl'] {
  const [crl, ...more] = copy.rows("SELECT * FROM crls WHERE certificate_id = ? AND state = 'current'", certificateId)
  if (crl === undefined) return null
  if (more.length > 0) findings.push(`${certificateId} has ${more.length + 1} current CRLs of one CA`)
  const entries = Number(crl['entries'])
  const stored = copy.count('SELECT count(*) AS n FROM crl_entries WHERE crl_id = ?', crl['id'])
  const sample = [0, Math.floor(entries / 2), entries - 1].map((index) => toHex(manySerial(index, LONG_SERIAL)))
  const missing = sample.filter(
    (serial) =>
      copy.count('SELECT count(*) AS n FROM crl_entries WHERE crl_id = ? AND serial = ?', crl['id'], serial) !== 1,
  )
  const authorities = copy.count('SELECT count(*) AS n FROM crl_authorities WHERE crl_id = ?', crl['id'])
  if (stored !== entries || missing.length > 0 || authorities === 0) {
    findings.push(
      `a CRL of ${certificateId} has ${stored} of ${entries} entries, ${authorities} authorities, and lacks ${missing}`,
    )
  }
  const number = String(crl['crl_number']).replace(/^0+(?=.)/, '')
  return { number, entries, sha256: String(crl['content_sha256']) }
}

function readChanges(
  copy: Copy,
  { accountId, credentialId }: Author,
  since: number,
  ids: ReadonlyMap<string, string>,
): readonly ChangeState[] {
  const keys = new Map([...ids].map(([key, id]) => [id, key]))
  return copy
    .rows(
      `SELECT operation, certificate_id, reverts, after FROM changes
        WHERE account_id = ? AND actor_id = ? AND position > ? ORDER BY position`,
      accountId,
      credentialId,
      since,
    )
    .map(({ operation, certificate_id: id, reverts }) => ({
      operation: String(operation),
      record: id === null ? null : (keys.get(String(id)) ?? String(id)),
      isRevert: reverts !== null,
    }))
}
