import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Rows } from '../../../scripts/workerd/sql-client.ts'
import { execute } from '../../../scripts/wrangler/database.ts'
import { PROJECT, runWrangler } from '../../../scripts/wrangler/wrangler.ts'
import { insertAccount, selectAccounts } from '../../../src/store/provisioning.ts'
import type { Statement } from '../../../src/store/statement.ts'
import { type TestCa, testCa } from '../../../src/testing/index.ts'
import {
  admin,
  type FirstRun,
  readFirstRun,
  runCommand,
  type Server,
  startServer,
  temporaryFolder,
} from '../support/server.ts'

/** Backup and restore, by the commands of docs/guides/back-up-and-upgrade.md. */

const MIGRATIONS = readdirSync(join(PROJECT, 'migrations'))
  .filter((file) => file.endsWith('.sql'))
  .sort()
const NEWEST = String(MIGRATIONS.at(-1))

/** A project of its own: `wrangler d1 export` reads the database of the project that it is run in, and of no other. */
class Project {
  readonly #folder = temporaryFolder()
  readonly path = this.#folder.path
  readonly persistTo = join(this.path, '.wrangler', 'state')

  /** @param migrations those that it has */
  constructor(migrations: readonly string[] = MIGRATIONS) {
    cpSync(join(PROJECT, 'wrangler.toml'), join(this.path, 'wrangler.toml'))
    mkdirSync(join(this.path, 'src'))
    writeFileSync(join(this.path, 'src', 'index.ts'), 'export default {}')
    mkdirSync(join(this.path, 'migrations'))
    for (const file of migrations) this.add(file)
  }

  add(migration: string): void {
    cpSync(join(PROJECT, 'migrations', migration), join(this.path, 'migrations', migration))
  }

  /** Runs wrangler, which must succeed; returns what it prints. */
  async wrangler(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runWrangler([...args, '--cwd', this.path])
    expect(code, stdout + stderr).toBe(0)
    return stdout
  }

  async export(): Promise<string> {
    const file = join(this.path, 'backup.sql')
    await this.wrangler('d1', 'export', 'DB', '--local', '--output', file)
    return file
  }

  import(file: string): Promise<string> {
    return this.wrangler('d1', 'execute', 'DB', '--local', '--yes', '--file', file)
  }

  migrate(): Promise<string> {
    return this.wrangler('d1', 'migrations', 'apply', 'DB', '--local')
  }

  /** The SHA-256 of every record, sorted, by the names of all tables. */
  async records(): Promise<Readonly<Record<string, readonly string[]>>> {
    const [tables = []] = await this.rows(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*' ORDER BY name",
    )
    const all = await this.rows(...tables.map(({ name }) => `SELECT * FROM ${name}`))
    const hash = (row: object) => createHash('sha256').update(JSON.stringify(row)).digest('hex')
    return Object.fromEntries(tables.map(({ name }, i) => [name, all[i]?.map(hash).sort() ?? []]))
  }

  rows(...sql: readonly string[]): Promise<readonly Rows[]> {
    const statements = sql.map((one): Statement => ({ sql: one, params: [], unscoped: 'operator' }))
    return execute({ kind: 'local', persistTo: this.persistTo }, statements)
  }

  remove(): void {
    this.#folder.remove()
  }
}

/** Puts data of every kind into a new database, as its users do. */
async function fill(server: Server, { accountId, zoneId, token }: FirstRun) {
  const send = async (method: string, path: string, body: unknown) => {
    const response = await fetch(server.origin + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    expect([path, response.status < 300, text]).toEqual([path, true, text])
    return JSON.parse(text) as { readonly result: { readonly id: string } }
  }
  const root = await testCa({ subject: 'root \'of\' "everybody"' })
  const issuing: TestCa = await root.issue({ ca: true, subject: 'issuing' })
  const good = await issuing.issue({ subject: 'good' })
  const revoked = await issuing.issue({ subject: 'revoked' })
  const access = `/client/v4/accounts/${accountId}/access/certificates`
  const edge = `/edge/v1/accounts/${accountId}`
  const { result } = await send('POST', access, {
    name: 'line\nend; -- “quotes” 書籍',
    certificate: issuing.certificate + root.certificate,
    associated_hostnames: ['A.example.com', 'bücher.example.com'],
  })
  const other = await testCa({ subject: 'of the zone' })
  await send('POST', `/client/v4/zones/${zoneId}/access/certificates`, { name: 'x', certificate: other.certificate })
  const setting = { hostname: 'a.example.com', china_network: false, client_certificate_forwarding: true }
  await send('PUT', `${access}/settings`, { settings: [setting] })
  await send('PUT', `${edge}/hostnames/report.example.com`, { mode: 'report' })
  await send('PUT', `${edge}/hostnames/open.example.com`, { mode: 'open' })
  const record = `${edge}/certificates/${result.id}`
  await send('PUT', `${record}/crl`, { crl: await issuing.crl({ revoked: [revoked] }) })
  await send('PUT', `${record}/crl`, { crl: await issuing.crl({ revoked: [revoked] }) })
  await send('PUT', `${record}/blocked_serials/0f`, {})
  await send('PUT', `${record}/revocation`, { stale_policy: 'soft', uncovered: 'allow' })
  // This server's operator allows no host, and it has neither a gateway nor a cron trigger: what those write is written here.
  const statements = [
    "UPDATE revocation_policies SET crl_url = 'https://crl.example.com/'",
    'INSERT INTO notice_runs (id, told_until, next_at) VALUES (1, 1, 1)',
    `INSERT INTO client_hostnames (id, account_id, zone_id, hostname_ascii, since, swept_day)
      SELECT 1, account_id, id, 'a.' || domain, 1, 1 FROM zones LIMIT 1`,
    `INSERT INTO client_anchors (hostname_id, day, anchor, count, last_at) VALUES (1, 1, '${'0'.repeat(64)}', 1, 1)`,
    `INSERT INTO client_certificates (account_id, sha256, der, own, day) SELECT id, '${'0'.repeat(64)}', x'3000', 1, 1 FROM accounts LIMIT 1`,
    `INSERT INTO clients (hostname_id, client, own, subject, issuer, accepted, accepted_at, refused, first_at)
      VALUES (1, '${'0'.repeat(64)}', 1, 'CN=x', 'CN=y', 1, 1, 0, 1)`,
  ]
  const local = { kind: 'local', persistTo: server.persistTo } as const
  await execute(
    local,
    statements.map((sql) => ({ sql, params: [], unscoped: 'operator' })),
  )
  const gone = (await send('POST', access, { name: 'gone', certificate: root.certificate })).result.id
  await send('PUT', `${edge}/certificates/${gone}/crl`, { crl: await root.crl({ revoked: [issuing] }) })
  await send('DELETE', `${access}/${gone}`, {})
  expect((await fetch(server.origin + access, { headers: { authorization: 'Bearer guess' } })).status).toBe(401)
  await admin(server.persistTo, 'key', 'create', '--email', 'ops@example.com', '--account', accountId)
  await admin(server.persistTo, 'token', 'create', '--zone', zoneId, '--name', 'of the zone')
  const verify = (certificate: string) => ({ hostname: 'a.example.com', certificate })
  const reads: readonly (readonly [path: string, body?: unknown])[] = [
    [access],
    [`${access}/${result.id}`],
    [`${access}/settings`],
    [`/client/v4/zones/${zoneId}/access/certificates`],
    [`${edge}/hostnames`],
    [`${edge}/quotas`],
    [`${edge}/changes`],
    [`${edge}/refusals`],
    [`${edge}/hostnames/a.example.com/clients`],
    [`${record}/crl`],
    [`${record}/revocation`],
    [`${record}/crl_fetch`],
    [`${record}/blocked_serials`],
    ['/client/v4/user/tokens/verify'],
    [`${edge}/verify`, verify(good.certificate)],
    [`${edge}/verify`, verify(revoked.certificate)],
    ['/edge/v1/health'],
  ]
  /** What all of it is answered, byte for byte, but for the time of decisions. */
  return (origin: string) =>
    Promise.all(
      reads.map(async ([path, body]) => {
        const response = await fetch(origin + path, {
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
        })
        return [path, response.status, timeless(await response.text())] as const
      }),
    )
}

/** An answer without the time of a decision, and the age that a CRL had then. */
function timeless(text: string): string {
  return text.replace(/"at":"[^"]*"/g, '"at":""').replace(/"age_seconds":\d+/g, '"age_seconds":0')
}

describe('a backup', () => {
  const [from, to] = [new Project(), new Project([])]
  let answers: Awaited<ReturnType<Awaited<ReturnType<typeof fill>>>>
  let read: Awaited<ReturnType<typeof fill>>
  let backup: string

  beforeAll(async () => {
    const server = await startServer(from.persistTo)
    read = await fill(server, readFirstRun(server.output()))
    answers = await read(server.origin)
    await server.stop()
    backup = await from.export()
    await to.import(backup)
  })
  afterAll(() => {
    from.remove()
    to.remove()
  })

  it('is of data of every kind', async () => {
    expect(answers.map(([path, status]) => [path, status])).toEqual(answers.map(([path]) => [path, 200]))
    const decisions = answers.filter(([path]) => path.endsWith('/verify') && path.startsWith('/edge'))
    expect(decisions.map(([, , text]) => JSON.parse(text).result.accepted)).toEqual([true, false])
    const empty = Object.entries(await from.records()).filter(([, hashes]) => hashes.length === 0)
    // What CRLs leave behind is gone with the upload that replaced them.
    expect(empty.map(([table]) => table)).toEqual(['crl_garbage'])
  })

  it('becomes the same records, each by its hash', async () => {
    const [before, after] = [await from.records(), await to.records()]
    expect(Object.keys(after)).toEqual(Object.keys(before))
    expect(after).toEqual(before)
  })

  it('has the same triggers and indexes', async () => {
    const sql = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT GLOB '_cf_*' ORDER BY type, name"
    expect(await to.rows(sql)).toEqual(await from.rows(sql))
  })

  it('is the same as a backup of what it was restored to, as the page compares them', async () => {
    const again = await to.export()
    const compare = (one: string, two: string) => runCommand('bash', ['-c', `diff <(sort ${one}) <(sort ${two})`])
    expect(await compare(backup, again)).toMatchObject({ code: 0, stdout: '' })
    await to.rows("UPDATE accounts SET name = 'changed'")
    expect(await compare(backup, await to.export())).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('changed'),
    })
    await to.rows("UPDATE accounts SET name = 'Example account'")
  })

  it('is at the version that it was made at, and is answered the same bytes from', async () => {
    for (const file of MIGRATIONS) to.add(file)
    expect(await to.wrangler('d1', 'migrations', 'list', 'DB', '--local')).toContain('No migrations to apply')
    const server = await startServer(to.persistTo)
    const again = await read(server.origin)
    await server.stop()
    expect(again).toEqual(answers)
  })

  it('does not go into a database that has tables: nothing there is changed', async () => {
    const before = await to.records()
    const { code } = await runWrangler([
      ...['d1', 'execute', 'DB', '--local', '--yes', '--file', backup],
      ...['--cwd', to.path],
    ])
    expect(code).toBe(1)
    expect(await to.records()).toEqual(before)
  })
})

describe('a backup from before an upgrade', () => {
  const [upgraded, restored] = [new Project(MIGRATIONS.slice(0, -1)), new Project(MIGRATIONS.slice(0, -1))]
  afterAll(() => {
    upgraded.remove()
    restored.remove()
  })

  it('brings the earlier version back, and can be upgraded once more', async () => {
    await upgraded.migrate()
    const account = insertAccount({ id: 'a'.repeat(32), name: 'kept', enabled: true, certificateQuota: 7 }, 1)
    await execute({ kind: 'local', persistTo: upgraded.persistTo }, [account])
    const before = await upgraded.records()
    const backup = await upgraded.export()

    upgraded.add(NEWEST)
    await upgraded.migrate()
    expect(await upgraded.rows('SELECT max(name) AS newest FROM d1_migrations')).toEqual([[{ newest: NEWEST }]])

    await restored.import(backup)
    expect(await restored.records()).toEqual(before)
    restored.add(NEWEST)
    await restored.migrate()
    const accounts = await execute({ kind: 'local', persistTo: restored.persistTo }, [selectAccounts()])
    expect(accounts).toMatchObject([[{ name: 'kept' }]])
    const server = await startServer(restored.persistTo)
    expect((await fetch(`${server.origin}/edge/v1/health`)).status).toBe(200)
    await server.stop()
  }, 240_000)
})
