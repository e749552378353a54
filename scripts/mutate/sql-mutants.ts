/** One fault in the SQL that decides on access and ownership. */
export interface SqlMutant {
  readonly file: string
  /** A text that occurs once in the file, and what stands there instead. */
  readonly find: string
  readonly replace: string
  /** The tests that should notice, as globs. */
  readonly tests: readonly string[]
}

/** Edits that no test can notice are not here: docs/mutation.md lists them. */
type Edit = readonly [find: string, replace: string]

const ACCESS = 'src/store/access.ts'
const OWNER = 'src/store/hostname-owner.ts'

const CREDENTIALS = ['test/registry/credentials.test.ts', 'test/registry/denied.test.ts']
const GRANTS = ['test/registry/no-writes.reject.test.ts']
const BY_ACCOUNT = ['test/registry/{modes,settings}/*.test.ts', 'test/registry/access-first.test.ts']
const OWNERSHIP = [
  'test/registry/ownership.test.ts',
  'test/registry/certificates/foreign-hostnames.test.ts',
  'test/registry/access-first.test.ts',
]
const SETTINGS = [...BY_ACCOUNT, 'test/edge/hostname-sql.test.ts']

const ACCESS_EDITS: readonly Edit[] = [
  // scope
  ["WHERE ?4 = 'accounts' AND id = ?5", 'WHERE id = ?5'],
  ["WHERE ?4 = 'accounts' AND id = ?5", "WHERE ?4 = 'accounts'"],
  ["WHERE ?4 = 'zones' AND z.id = ?5", 'WHERE z.id = ?5'],
  ["WHERE ?4 = 'zones' AND z.id = ?5", "WHERE ?4 = 'zones'"],
  ['a.enabled AND z.enabled', 'z.enabled'],
  ['a.enabled AND z.enabled', 'a.enabled'],
  ['AS quota, enabled', 'AS quota, TRUE'],
  ['ON a.id = z.account_id', 'ON TRUE'],
  ['SELECT a.id, z.id,', 'SELECT a.id, NULL,'],
  ['SELECT a.id, z.id,', 'SELECT NULL, z.id,'],
  // access.valid
  ["c.status = 'active'\n        AND (c.not", 'TRUE\n        AND (c.not'],
  ['AND (c.not_before IS NULL OR c.not_before <= ?6)', ''],
  ['c.not_before IS NULL OR ', ''],
  ['c.not_before <= ?6)', 'c.not_before < ?6)'],
  ['AND (c.expires_on IS NULL OR c.expires_on > ?6)', ''],
  ['c.expires_on IS NULL OR ', ''],
  ['c.expires_on > ?6)', 'c.expires_on >= ?6)'],
  // access.permitted
  ['WHERE g.credential_id = c.id\n          AND (', 'WHERE ('],
  ['(g.account_id = s.account_id OR g.zone_id = s.zone_id)\n          AND', 'g.zone_id = s.zone_id\n AND'],
  ['(g.account_id = s.account_id OR g.zone_id = s.zone_id)\n          AND', 'g.account_id = s.account_id\n AND'],
  ['AND (g.account_id = s.account_id OR g.zone_id = s.zone_id)\n          AND', 'AND'],
  ["AND (g.permission = 'write' OR ?7 = 'read')", ''],
  ["(g.permission = 'write' OR ?7 = 'read')", "g.permission = 'write'"],
  ["(g.permission = 'write' OR ?7 = 'read')", "?7 = 'read'"],
  // What a refused client is told
  ["c.status = 'active' AND c.expires_on <= ?6", 'c.expires_on <= ?6'],
  ['c.expires_on <= ?6', 'c.expires_on < ?6'],
  ["CASE WHEN c.status = 'active' AND c.expires_on <= ?6 THEN c.expires_on END", 'c.expires_on'],
  ["c.status = 'active' AND c.not_before > ?6", 'c.not_before > ?6'],
  ["CASE WHEN c.status = 'active' AND c.not_before > ?6 THEN c.not_before END", 'c.not_before'],
  ['WHERE g.credential_id = c.id AND (g.account_id', 'WHERE (g.account_id'],
  ['(g.account_id = s.account_id OR g.zone_id = s.zone_id)\n      )', 'g.zone_id = s.zone_id\n )'],
  ['(g.account_id = s.account_id OR g.zone_id = s.zone_id)\n      )', 'g.account_id = s.account_id\n )'],
  ['AND (g.account_id = s.account_id OR g.zone_id = s.zone_id)\n      )', ')'],
  ['WHERE g.credential_id = c.id AND g.account_id = CASE', 'WHERE g.account_id = CASE'],
  ["WHEN 'zones' THEN ?5 ELSE (SELECT", 'WHEN NULL THEN ?5 ELSE (SELECT'],
  ['ELSE (SELECT account_id FROM zones WHERE id = ?5) END', 'END'],
  ['(SELECT account_id FROM zones WHERE id = ?5)', '(SELECT g.account_id FROM zones LIMIT 1)'],
  ["THEN 'account' ELSE 'zone'", "THEN 'zone' ELSE 'account'"],
  // Whose credential it is
  ['LEFT JOIN scope s ON TRUE', 'JOIN scope s ON TRUE'],
  ['c.secret_sha256 = ?1 AND ', ''],
  [' AND c.email IS ?3', ''],
  ['c.email IS ?3', 'c.email = ?3'],
]

const GRANTED_EDITS: readonly Edit[] = [
  ["'access.valid AND access.permitted AND access.enabled'", "'access.permitted AND access.enabled'"],
  ["'access.valid AND access.permitted AND access.enabled'", "'access.valid AND access.enabled'"],
  ["'access.valid AND access.permitted AND access.enabled'", "'access.valid AND access.permitted'"],
]

const BY_ACCOUNT_EDITS: readonly Edit[] = [
  ['g.credential_id = access.credential_id AND ', ''],
  ['g.account_id = access.account_id AND ', ''],
  [" AND g.permission = 'write'\n  )`", '\n  )`'],
]

const OWNERSHIP_EDITS: readonly Edit[] = [
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
  [' FROM access WHERE ${GRANTED_SQL})`', ' FROM access)`'],
  ['max(length(z.domain))', 'min(length(z.domain))'],
  [' GROUP BY position', ''],
  ['ON z.domain = suffix', "ON suffix LIKE '%' || z.domain"],
  ['ON z.domain = suffix', 'ON z.domain >= suffix'],
  ["WHERE instr(suffix, '.') > 0", 'WHERE FALSE'],
  ["WHERE instr(suffix, '.') > 0", "WHERE instr(suffix, '.') > 2"],
  ["instr(suffix, '.') + 1)", "instr(suffix, '.') + 2)"],
  ['o.account_id = access.account_id AND (access', '(access'],
  ['AND (access.zone_id IS NULL OR o.zone_id = access.zone_id)) IS', ') IS'],
  ['(access.zone_id IS NULL OR o.zone_id = access.zone_id)) IS', 'o.zone_id = access.zone_id) IS'],
  ['access.zone_id IS NULL OR o.zone_id = access.zone_id)) IS', 'access.zone_id IS NULL)) IS'],
  ['IS NOT TRUE', 'IS FALSE'],
  ['LEFT JOIN owners', 'JOIN owners'],
  ['ON o.position = h.key', 'ON TRUE'],
  // What a refused client is told
  ['z.account_id = access.account_id AND (access', '(access'],
  [' AND (access.zone_id IS NULL OR z.id = access.zone_id)', ''],
  ['(access.zone_id IS NULL OR z.id = access.zone_id)', 'z.id = access.zone_id'],
  ['MAX_DOMAINS = 10', 'MAX_DOMAINS = 11'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
  ['CASE WHEN ${condition} THEN', 'CASE WHEN TRUE THEN'],
]

const SETTINGS_EDITS: readonly Edit[] = [
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
  ['(SELECT account_id FROM access WHERE ${GRANTED_SQL})', '(SELECT account_id FROM access)'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
  ['${row}.account_id = (SELECT account_id FROM access WHERE ${GRANTED_SQL})', 'TRUE'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
  ['AND ${row}.zone_id = (SELECT zone_id FROM access)', ''],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
  [' AND ${countsSql(row)}`', '`'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
  ['(${row}.by_account OR NOT ${', '(NOT ${'],
  ['.by_account OR NOT ${', '.by_account OR ${'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
  [' OR NOT ${hasAccountCertificateSql(row)}', ''],
  ['ON c.id = h.certificate_id', 'ON TRUE'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
  ['h.hostname_ascii = ${row}.hostname_ascii AND ', ''],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
  ['c.account_id = ${row}.account_id AND ', ''],
  [' AND c.zone_id IS NULL', ''],
]

const mutantsOf = (file: string, edits: readonly Edit[], tests: readonly string[]): readonly SqlMutant[] =>
  edits.map(([find, replace]) => ({ file, find, replace, tests }))

export const sqlMutants: readonly SqlMutant[] = [
  ...mutantsOf(ACCESS, ACCESS_EDITS, CREDENTIALS),
  ...mutantsOf(ACCESS, GRANTED_EDITS, GRANTS),
  ...mutantsOf(ACCESS, BY_ACCOUNT_EDITS, BY_ACCOUNT),
  ...mutantsOf(OWNER, OWNERSHIP_EDITS, OWNERSHIP),
  ...mutantsOf(OWNER, SETTINGS_EDITS, SETTINGS),
]

/** The source with the mutant. Throws where it does not occur just once: then the table is older than the source. */
export function withMutant(source: string, { file, find, replace }: SqlMutant): string {
  const [before, after, ...more] = source.split(find)
  if (before === undefined || after === undefined || more.length > 0) throw new Error(`not once in ${file}: ${find}`)
  return before + replace + after
}
