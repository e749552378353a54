import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readD1Migrations } from '@cloudflare/vitest-pool-workers'
import type { D1Database } from '@cloudflare/workers-types'
import { COMPATIBILITY_DATE, startMiniflare } from '../wrangler/bundle.ts'
import { PROJECT } from '../wrangler/wrangler.ts'
import { bundleWorker } from './bundle.ts'
import { type Compared, type Figure, figureOf } from './figure.ts'
import type { GrownAccount, GrowthJob } from './job.ts'
import type { Rounds } from './rounds.ts'

/** How far databases grow. */
export interface Growth extends Rounds {
  /** Certificates of a database in all, one database after the other. */
  readonly sizes: readonly number[]
}

/** Of an account that is like most. */
const USUAL_CERTIFICATES = 100
/** Of the account that stands alone in the small database. It has a full page, so that pages have the same work. */
const SMALL_CERTIFICATES = 50
/** Share of all certificates that are one account's. */
const LARGE_SHARE = 0.1

/** Statements in databases that have grown, against the same in one with a single account. */
export async function growthFigures(growth: Growth, say: (what: string) => void): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const certificates of growth.sizes) figures.push(...(await figuresOf(certificates, growth, say)))
  return figures
}

async function figuresOf(
  certificates: number,
  rounds: Rounds,
  say: (what: string) => void,
): Promise<readonly Figure[]> {
  const folder = await folderOf(certificates)
  const ready = join(folder, 'ready')
  const { script } = await bundleWorker('scripts/bench/worker/growth.ts')
  const { miniflare } = await startMiniflare({
    resourcePersistencePath: folder,
    workers: [
      {
        name: 'growth',
        modules: true,
        script,
        compatibilityDate: COMPATIBILITY_DATE,
        d1Databases: { SMALL: 'small', LARGE: 'large' },
        unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      },
    ],
  })
  try {
    await miniflare.ready
    const sizes = sizesOf(certificates)
    if (!existsSync(ready)) {
      say(`${certificates.toLocaleString('en')} certificates being added, this once`)
      await fill(await miniflare.getD1Database('SMALL', 'growth'), [SMALL_CERTIFICATES])
      await fill(await miniflare.getD1Database('LARGE', 'growth'), sizes)
      writeFileSync(ready, '')
    }
    const job: GrowthJob = {
      ...rounds,
      certificates,
      small: accountAt(0, SMALL_CERTIFICATES),
      grown: [1, 0].map((index) => accountAt(index, sizes[index] ?? 0)),
    }
    const url = await miniflare.unsafeGetDirectURL('growth')
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(job) })
    if (!answer.ok) throw new Error(`the Worker for growth answered ${answer.status}: ${await answer.text()}`)
    return ((await answer.json()) as readonly Compared[]).map(figureOf)
  } finally {
    await miniflare.dispose()
  }
}

/** Certificates of each account: the large one first. */
function sizesOf(certificates: number): readonly number[] {
  const large = Math.max(USUAL_CERTIFICATES, certificates * LARGE_SHARE)
  const others = Math.floor((certificates - large) / USUAL_CERTIFICATES)
  return [large, ...Array.from({ length: others }, () => USUAL_CERTIFICATES)]
}

/** Where a database of that size is kept from run to run. Those of another schema are of no use any more. */
async function folderOf(certificates: number): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(await readD1Migrations(`${PROJECT}/migrations`)))
  const schema = hash.digest('hex').slice(0, 16)
  const all = join(PROJECT, '.wrangler', 'bench')
  const folder = join(all, `${schema}-${certificates}`)
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(all)) if (!name.startsWith(schema)) rmSync(join(all, name), { recursive: true })
  return folder
}

const ID = "printf('%032x', a.key + 1)"
const CERTIFICATE_ID = "printf('%08x-0000-4000-8000-%012x', a.key + 1, n.i)"
/** Hexadecimal of the token of every account, and what is stored of it. */
const tokenHash = (index: number) => createHash('sha256').update(`token ${index}`).digest('hex')

/** The account at an index, and its last certificate. */
function accountAt(index: number, certificates: number): GrownAccount {
  const key = index + 1
  return {
    accountId: key.toString(16).padStart(32, '0'),
    secretSha256: tokenHash(index),
    certificateId: `${key.toString(16).padStart(8, '0')}-0000-4000-8000-${certificates.toString(16).padStart(12, '0')}`,
    hostname: `h${certificates}.a${key}.example`,
    certificates,
  }
}

/** Rows that one statement inserts. */
const ROWS = 20_000

/** Brings a database to the present schema, and puts accounts in, each with a zone, a token, and certificates with a hostname. */
async function fill(db: D1Database, sizes: readonly number[]): Promise<void> {
  const migrations = await readD1Migrations(`${PROJECT}/migrations`)
  await db.batch(migrations.flatMap(({ queries }) => queries.map((query) => db.prepare(query))))
  const accounts = sizes.map((certificates, index) => ({ certificates, token: tokenHash(index) }))
  const run = (from: number, to: number, first: number, last: number, certificates: boolean) =>
    db.batch(
      (certificates ? CERTIFICATES_SQL : ACCOUNTS_SQL).map((sql) =>
        db.prepare(`${PARAMS_SQL} ${sql}`).bind(JSON.stringify(accounts.slice(from, to)), from, first, last),
      ),
    )
  for (let from = 0; from < accounts.length; ) {
    const step = Math.max(1, Math.floor(ROWS / (sizes[from] ?? 1)))
    const to = Math.min(accounts.length, from === 0 ? 1 : from + step)
    await run(from, to, 0, 0, false)
    for (let first = 1; first <= (sizes[from] ?? 0); first += ROWS) await run(from, to, first, first + ROWS - 1, true)
    from = to
  }
}

/** ?1 accounts, ?2 the index of the first, ?3 and ?4 the numbers of the first and the last certificate. */
const PARAMS_SQL = `WITH RECURSIVE a AS MATERIALIZED (
    SELECT key + ?2 AS key, value ->> 'certificates' AS certificates, value ->> 'token' AS token FROM json_each(?1)
  ),
  n(i) AS (SELECT ?3 UNION ALL SELECT i + 1 FROM n WHERE i < ?4 AND i < (SELECT max(certificates) FROM a))`

const ACCOUNTS_SQL = [
  `INSERT INTO accounts (id, name, certificate_quota, hostname_quota, created_at)
    SELECT ${ID}, 'bench', 10000000, 10000000, 0 FROM a`,
  `INSERT INTO zones (id, account_id, domain, created_at) SELECT ${ID}, ${ID}, printf('a%d.example', a.key + 1), 0 FROM a`,
  `INSERT INTO credentials (id, kind, name, secret_sha256, created_at) SELECT ${ID}, 'token', 'bench', a.token, 0 FROM a`,
  `INSERT INTO grants (credential_id, account_id, permission) SELECT ${ID}, ${ID}, 'write' FROM a`,
] as const

const CERTIFICATES_SQL = [
  `INSERT INTO certificates (id, account_id, name, content_sha256, chain_certificates, chain_bytes, created_at, updated_at)
    SELECT ${CERTIFICATE_ID}, ${ID}, 'bench', printf('%032x%032x', a.key + 1, n.i), 1, 500, 0, 0 FROM a CROSS JOIN n`,
  `INSERT INTO certificate_chain (certificate_id, position, der, fingerprint_md5, fingerprint_sha256, serial_number, subject,
      issuer, not_before, not_after, public_key, signature_algorithm, self_issued, name_key, ca_key, is_anchor)
    SELECT ${CERTIFICATE_ID}, 0, randomblob(500), printf('%032x', n.i), lower(hex(randomblob(32))), '01', 'CN=bench', 'CN=bench',
      0, 1, 'EC P-256', 'ecdsa-with-SHA256', 1, lower(hex(randomblob(32))), lower(hex(randomblob(32))), 1
    FROM a CROSS JOIN n`,
  `INSERT INTO certificate_hostnames (certificate_id, position, hostname, hostname_ascii)
    SELECT ${CERTIFICATE_ID}, 0, printf('h%d.a%d.example', n.i, a.key + 1), printf('h%d.a%d.example', n.i, a.key + 1)
    FROM a CROSS JOIN n`,
] as const
