import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { cloudflare } from '../../../scripts/deploy/cloudflare.ts'
import { readPlan } from '../../../scripts/deploy/plan.ts'
import { selectAccounts, selectZones } from '../../../src/store/provisioning.ts'
import { ACCOUNT, type CloudflareApi, startCloudflareApi } from '../support/cloudflare-api.ts'
import { PROJECT, type Run, runScript, temporaryFolder } from '../support/server.ts'

/** The real wrangler deploys, with the real D1 of workerd. Cloudflare's API is a stand-in: no test reaches the real one. */

const folder = temporaryFolder()
let api: CloudflareApi

beforeAll(async () => {
  api = await startCloudflareApi(join(folder.path, 'state'))
})
afterAll(async () => {
  await api.stop()
  folder.remove()
})
afterEach(() => vi.unstubAllEnvs())

// Each run starts wrangler up to seven times.
describe('npm run deploy', { timeout: 300_000 }, () => {
  const deploy = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> => {
    api.writes.length = 0
    return runScript('deploy', args, { ...api.env, CI: '', ...env })
  }
  const rows = async (sql: string) => (await api.sql.execute([{ sql, params: [], unscoped: 'operator' }]))[0] ?? []
  /** The kinds of write that were asked for, in the order in which each came first. */
  const writes = () => [...new Set(api.writes)]

  it('stops at the step that fails, and says what wrangler said', async () => {
    api.failing = /PUT .*access-mtls-gateway$/
    const { code, stdout, stderr } = await deploy(['--zone', 'example.com', '--gateway'])
    api.failing = undefined
    expect(stdout.split('\n')).toEqual([
      `Cloudflare account: Example (${ACCOUNT.id})`,
      'database access-mtls: created',
      'migrations: applied',
      'API: deployed',
      '  https://access-mtls.example.workers.dev',
      '  schedule: */5 * * * *',
      'gateway: failed',
      '',
    ])
    expect(stderr).toContain('a fault of this test [code: 7009]')
    expect(stderr).toMatch(/Nothing after this step was done\. Run the same command again\.\n$/)
    expect(code).toBe(2)
    expect(writes().slice(0, 3)).toEqual([
      'POST /d1/database',
      'POST /d1/database/{id}/query',
      'PUT /workers/scripts/access-mtls',
    ])
    expect(api.workers.get('access-mtls')?.bindings).toContainEqual({
      name: 'DB',
      type: 'd1',
      id: api.databases[0]?.uuid,
    })
    expect(await rows('SELECT count(*) AS count FROM accounts')).toEqual([{ count: 0 }])
  })

  it('does not do twice what is done, and prints no token into the log of CI', async () => {
    const { code, stdout, stderr } = await deploy(['--zone', 'example.com', '--gateway'], { CI: 'true' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('database access-mtls: is there\nmigrations: none is missing\nAPI: deployed\n')
    expect(stdout).toMatch(/gateway: deployed\nfirst account: left out, .* log of this CI.*\n$/)
    expect(writes().filter((write) => write.includes('/d1/'))).toEqual([])
    expect(api.workers.get('access-mtls')?.bindings).toContainEqual({ name: 'DB', type: 'inherit' })
    expect(api.workers.get('access-mtls-gateway')?.bindings).toContainEqual({
      name: 'DB',
      type: 'd1',
      id: api.databases[0]?.uuid,
    })
  })

  it('makes the first account, with a zone and a token, and prints the token', async () => {
    const { code, stdout, stderr } = await deploy(['--zone', 'Example.com', '--name', "O'Reilly"])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('gateway: left out: [env.gateway] of wrangler.toml has no routes (docs/deploy.md)\n')
    expect(writes()).not.toContain('PUT /workers/scripts/access-mtls-gateway')
    const [, account, zone, token = ''] =
      /first account: made for you\n {2}account {2}(\w{32}) \(O'Reilly\)\n {2}zone {5}(\w{32}) \(example\.com\)\n {2}token {4}(\S{40}) \(/.exec(
        stdout,
      ) ?? []
    const [accounts, zones] = await api.sql.execute([selectAccounts(), selectZones()])
    expect(accounts).toMatchObject([{ id: account, name: "O'Reilly", enabled: 1 }])
    expect(zones).toMatchObject([{ id: zone, account_id: account, domain: 'example.com', enabled: 1 }])
    const secret = createHash('sha256').update(token).digest('hex')
    expect(
      await rows('SELECT secret_sha256, permission, account_id FROM credentials JOIN grants ON credential_id = id'),
    ).toEqual([{ secret_sha256: secret, permission: 'write', account_id: account }])
    expect(await rows('SELECT operation FROM changes ORDER BY position')).toEqual(
      ['add_account', 'add_zone', 'add_credential'].map((operation) => ({ operation })),
    )
  })

  it('makes no second account, and says how to get another token', async () => {
    const { code, stdout } = await deploy(['--zone', 'example.com'])
    expect(code).toBe(0)
    const [accounts = []] = await api.sql.execute([selectAccounts()])
    expect(accounts).toHaveLength(1)
    expect(stdout).toMatch(/first account: is there already\. .*\n {2}npm run admin -- token create --remote .*\n$/)
    expect(stdout).toContain(`--account ${accounts[0]?.['id']}\n`)
  })

  it('asks for a choice where the login has several accounts', async () => {
    api.accounts.push({ id: 'b'.repeat(32), name: 'Other' })
    const { code, stderr } = await deploy([])
    api.accounts.pop()
    const all = `${ACCOUNT.id} (Example), ${'b'.repeat(32)} (Other)`
    expect(stderr).toBe(`error: set CLOUDFLARE_ACCOUNT_ID to one of the accounts of this login: ${all}\n`)
    expect({ code, writes: writes() }).toEqual({ code: 2, writes: [] })
  })

  it('says in one line what to do without a login', async () => {
    const { code, stderr } = await deploy([], {
      CLOUDFLARE_API_TOKEN: '',
      HOME: folder.path,
      XDG_CONFIG_HOME: folder.path,
    })
    expect(stderr).toBe('error: wrangler is not logged in: run npx wrangler login, or set CLOUDFLARE_API_TOKEN\n')
    expect({ code, writes: writes() }).toEqual({ code: 2, writes: [] })
  })

  it.each([
    ['--zone', 'co.uk', 'co.uk is a public suffix'],
    ['--zone', 'a b', '"a b" is not a domain'],
    ['--name', '', '--name takes 1 to 350 characters'],
  ])('refuses %s %j before it does anything', async (option, value, words) => {
    const { code, stdout, stderr } = await deploy([option, value])
    expect(stderr).toContain(words)
    expect({ code, stdout, writes: writes() }).toEqual({ code: 2, stdout: '', writes: [] })
  })
})

it('a dry run goes through every step without a login, and asks nothing of Cloudflare', async () => {
  const nowhere = { CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:1', CLOUDFLARE_API_TOKEN: '', HOME: folder.path }
  const { code, stdout } = await runScript('deploy', ['--dry-run', '--gateway', '--zone', 'example.com'], nowhere)
  expect(stdout).toMatch(
    /^Cloudflare account: not needed\ndatabase access-mtls: would be .*\nmigrations: all \d+ apply .*\nAPI: would be deployed\. Total Upload: .*\ngateway: would be deployed\. Total Upload: .*\nfirst account: would be made, with a token\n$/,
  )
  expect(code).toBe(0)
})

describe('the database of a deployment', () => {
  const original = readFileSync(join(PROJECT, 'wrangler.toml'), 'utf8')
  const plan = (toml: string, withGateway = false) => {
    writeFileSync(join(folder.path, 'wrangler.toml'), toml)
    return readPlan(withGateway, folder.path)
  }
  const withRoutes = original.replace(/^routes = \[\]$/m, 'routes = ["admin.example.com/*"]')

  it('is the one that wrangler.toml names, for both Workers', () => {
    const database = { name: 'access-mtls', id: undefined }
    expect(plan(original)).toEqual({ accountId: undefined, database, gatewayHasRoutes: false })
    expect(plan(withRoutes)).toEqual({ accountId: undefined, database, gatewayHasRoutes: true })
  })

  it.each([
    ['another name', /("access-mtls")(?![\s\S]*\1)/, '"other"', '"other" without an id'],
    [
      'another id',
      /^preview_database_id(?![\s\S]*^preview_database_id)/m,
      'database_id',
      '"access-mtls" with the id 00000000-0000-0000-0000-000000000000',
    ],
  ])('is refused if the gateway that is deployed has %s', (_, pattern, replacement, words) => {
    const message = `[[d1_databases]] has "access-mtls" without an id, [[env.gateway.d1_databases]] has ${words}.`
    expect(() => plan(withRoutes.replace(pattern, replacement))).toThrow(message)
    expect(() => plan(original.replace(pattern, replacement), true)).toThrow(message)
    expect(plan(original.replace(pattern, replacement)).gatewayHasRoutes).toBe(false)
  })

  it('is refused without a name', () => {
    const message = '[[d1_databases]] of wrangler.toml needs binding = "DB" and a database_name'
    expect(() => plan(original.replace(/^database_name = .*$/m, ''))).toThrow(message)
  })

  it('may have an id, which must exist', async () => {
    for (const [name, value] of Object.entries({ ...api.env, CLOUDFLARE_ACCOUNT_ID: ACCOUNT.id }))
      vi.stubEnv(name, value)
    api.writes.length = 0
    const known = { uuid: '22222222-2222-4222-8222-222222222222', name: 'from a backup' }
    api.databases.push(known)
    const step = (id: string) =>
      cloudflare(plan(original.replace('[[d1_databases]]', `$&\ndatabase_id = "${id}"`))).database()
    expect(await step(known.uuid)).toBe('is there')
    await expect(step('33333333-3333-4333-8333-333333333333')).rejects.toThrow(
      'this account has no database with the id 33333333-3333-4333-8333-333333333333. Correct database_id',
    )
    expect(api.writes).toEqual([])
  })
})
