import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import * as deprovisioning from '../../src/store/deprovisioning.ts'
import * as operatorChanges from '../../src/store/operator-changes.ts'
import * as provisioning from '../../src/store/provisioning.ts'
import { adminStatements } from '../support/admin-statements.ts'
import { everyStatement } from '../support/every-statement.ts'
import { fullScans } from '../support/full-scans.ts'
import { queryPlan } from '../support/metered-db.ts'
import { believe, millionCertificates } from '../support/statistics.ts'

/**
 * No statement scans a table that grows, or sorts more rows than it returns, for any size of the database and any statistics:
 * D1 has no statistics without `PRAGMA optimize`.
 */

interface Sent {
  /** Of the functions that cause the statement. */
  readonly by: readonly string[]
  readonly sql: string
  readonly params: readonly unknown[]
}

/** An exception, with its reason. */
interface Exception {
  /** The table or index that is scanned, or the step of the plan. */
  readonly what: RegExp
  readonly by: RegExp
  /** A part of the statement. */
  readonly sql?: RegExp
  readonly why: string
}

const EXCEPTIONS: readonly Exception[] = [
  // Scanned from end to end.
  { what: /^sqlite_sequence$/, by: /./, why: 'AUTOINCREMENT looks for its table among two' },
  {
    what: /^certificates_by_sequence$/,
    by: /^(?:insertCertificate|selectState)$/,
    why: 'reads the last entry and stops',
  },
  { what: /^d1_migrations$/, by: /^selectState$/, why: 'has a row for each migration' },
  { what: /^crls_loading$/, by: /^sweepLeftovers$/, why: 'has only what is being uploaded now' },
  { what: /^crl_garbage$/, by: /^sweepLeftovers$/, why: 'has only what this very sweep is for' },
  { what: /^refusals_by_day$/, by: /^pruneRefusals$/, why: 'begins at the oldest day and stops at one that is kept' },
  { what: /^client_hostnames_by_sweep$/, by: /^pruneClients$/, why: 'begins at the oldest day and stops at today' },
  { what: /^client_certificates_by_day$/, by: /^pruneClients$/, why: 'the same' },
  { what: /^changes_unsealed$/, by: /^sealSome$/, why: 'has only what waits for its seal' },
  { what: /^crl_fetches_due$/, by: /^selectDue$/, why: 'begins at the longest overdue and stops at 400' },
  {
    what: /^(?:certificates_by_sequence|certificate_chain_by_expiry|crls_by_next_update|crl_fetches_failing|hostname_modes_by_end)$/,
    by: /^selectMetrics$/,
    why: 'each begins at one end, and stops at 10,000, at the present time or at the first',
  },
  { what: /^notice_runs$/, by: /^selectMetrics$/, why: 'has one row' },
  { what: /^accounts$/, by: /^selectAccounts$/, why: 'an administrator asks for all' },
  { what: /^zones$/, by: /^selectZones$/, why: 'an administrator asks for all' },
  { what: /^credentials$/, by: /^selectCredentials$/, why: 'an administrator asks for all' },
  // Sorted, or collected in a temporary b-tree.
  { what: /FOR ORDER BY$/, by: /^select(?:Accounts|Zones|Credentials)$/, why: 'an administrator asks for all' },
  {
    what: /FOR ORDER BY$/,
    by: /^selectSeen(?:Accounts|Zones)$/,
    why: 'what one credential may see: only an operator adds to it',
  },
  {
    what: /FOR GROUP BY$/,
    by: /./,
    sql: /FROM suffixes CROSS JOIN zones/,
    why: 'labels of the hostnames that were sent',
  },
  { what: /FOR GROUP BY$/, by: /./, sql: /FROM lost/, why: 'of 10,000 pairs at most (coverage-sql.ts)' },
  { what: /FOR json_group_array\(ORDER BY\)$/, by: /./, why: "one record's hostnames" },
  {
    what: /FOR ORDER BY$/,
    by: /^(?:selectTrustAnchors|selectHostname)$/,
    why: "one hostname's records, which have a limit",
  },
  { what: /FOR ORDER BY$/, by: /^selectRevocation$/, why: 'CRLs of the CAs of one path' },
  {
    what: /FOR (?:ORDER BY|count\(DISTINCT\))$/,
    by: /^(?:selectRecord|selectLostWithHostnames|delete(?:Crls|Certificate)|tryDeletion)$/,
    why: 'of 10,000 pairs at most',
  },
  {
    what: /^deleted_crls$/,
    by: /^(?:restoreCertificate|restoreCrls)$/,
    sql: /^INSERT INTO crls/,
    why: 'AUTOINCREMENT looks for its table with the cursor that read these rows by their index',
  },
  { what: /^UNION USING TEMP B-TREE$/, by: /^pruneSome$/, why: '20 accounts at most' },
  { what: /FOR ORDER BY$/, by: /^(?:sealSome|pruneSome)$/, why: 'what one round takes' },
  {
    what: /FOR GROUP BY$/,
    by: /^record(?:Credential(?:Deletion)?|Status|Rotation)$/,
    why: "one credential's grants",
  },
  { what: /FOR ORDER BY$/, by: /^select(?:Seen)?Clients$/, why: "one hostname's clients, which have a limit" },
  { what: /FOR DISTINCT$/, by: /^selectCaCertificates$/, why: '64 at most' },
  { what: /FOR ORDER BY$/, by: /^selectExpiry$/, why: 'what one account has' },
  { what: /FOR DISTINCT$/, by: /^(?:insert|try)Certificate$/, why: 'stops at 10 records, with 16 certificates each' },
  { what: /FOR GROUP BY$/, by: /^selectReached$/, why: 'at most 10,000 pairs of a certificate and a hostname' },
  { what: /FOR DISTINCT$/, by: /^tryDeletion$/, why: 'the CAs above the CRLs of one record' },
  { what: /FOR ORDER BY$/, by: /^(?:tryUpdate|selectLeftAlone)$/, why: "one record's hostnames and certificates" },
  { what: /FOR ORDER BY$/, by: /^putHostnameSettings$/, why: 'the settings that were sent' },
]

let sent: readonly Sent[]
beforeAll(async () => {
  const requested = await everyStatement()
  sent = [
    ...requested.map(({ sql, params, functions }) => ({ sql, params, by: [...functions] })),
    ...adminStatements().map(([{ name }, { sql, params }]) => ({ sql, params, by: [name] })),
  ]
})

/** Functions of these modules that reach the database. */
const reaching = (modules: readonly Readonly<Record<string, unknown>>[]) =>
  modules
    .flatMap((module) => Object.entries(module))
    .filter(([, exported]) => typeof exported === 'function' && /\brunBatch\b/.test(String(exported)))
    .map(([name]) => name)

it('the sent statements come from all functions that reach the database', () => {
  const modules = import.meta.glob<Readonly<Record<string, unknown>>>(
    // What runs on laptops only is never deployed, and the dashboard runs in browsers.
    ['../../src/**/*.ts', '!../../src/*.ts', '!../../src/{local,dashboard}/**', '!**/d1.ts'],
    { eager: true },
  )
  const names = reaching(Object.values(modules))
  const spoken = new Set(sent.flatMap(({ by }) => by))
  expect(names.length).toBeGreaterThan(20)
  expect(names.filter((name) => !spoken.has(name))).toEqual([])
  const makers = [provisioning, deprovisioning, operatorChanges].flatMap((module) => Object.keys(module))
  const isMaker = (name: string) => !name.endsWith('Sql')
  expect(makers.filter((name) => isMaker(name) && !spoken.has(name))).toEqual([])
})

const used = new Set<Exception>()

function isAllowed({ what, by, sql = /^/ }: Exception, found: string, one: Sent): boolean {
  return what.test(found) && one.by.some((name) => by.test(name)) && sql.test(one.sql)
}

/** Scans and sorts of all statements, without the exceptions. */
async function findings(): Promise<readonly string[]> {
  const found: string[] = []
  for (const one of sent) {
    const sorts = (await queryPlan(one)).filter((step) => step.includes('TEMP B-TREE'))
    for (const what of [...(await fullScans(one)), ...sorts]) {
      const exception = EXCEPTIONS.find((allowed) => isAllowed(allowed, what, one))
      if (exception === undefined) found.push(`${one.by.join(' < ')}: ${what}\n${one.sql}`)
      else used.add(exception)
    }
  }
  return found
}

describe('no statement scans a table that grows, or sorts it', () => {
  it('without statistics', async () => {
    expect(await findings()).toEqual([])
  })

  it.each([10_000, 10])('with the statistics of a million certificates in %d accounts', async (accounts) => {
    expect(await believe(millionCertificates(accounts))).toEqual([])
    expect(await findings()).toEqual([])
  })

  it('except for the listed ones, which all occur', () => {
    expect(EXCEPTIONS.filter((exception) => !used.has(exception))).toEqual([])
  })

  it('and a statement that does is found', async () => {
    const scans = (sql: string) => fullScans({ sql, params: [] })
    expect(await scans("SELECT 1 FROM certificates WHERE name = 'x'")).toEqual(['certificates'])
    expect(await scans('SELECT sequence FROM certificates')).toEqual(['certificates_by_sequence'])
    expect(await scans("SELECT 1 FROM certificates WHERE id = 'x'")).toEqual([])
    await env.DB.prepare('DROP INDEX grants_of_account').run()
    // For the foreign key.
    expect(await scans("DELETE FROM accounts WHERE id = 'x'")).toEqual(['grants_on_accounts'])
  })
})
