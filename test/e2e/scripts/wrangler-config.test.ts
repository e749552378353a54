import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from 'wrangler'
import { wranglerToml, wranglerVars } from '../../../scripts/wrangler/toml.ts'
import { PROJECT } from '../../../scripts/wrangler/wrangler.ts'
import { configFrom } from '../../../src/core/config.ts'
import { temporaryFolder } from '../support/server.ts'

const LOCAL_ID = '00000000-0000-0000-0000-000000000000'

/** The configuration of the two Workers, as wrangler reads it from wrangler.toml. */

const read = (env?: string) =>
  unstable_readConfig({ config: 'wrangler.toml', ...(env === undefined ? {} : { env }) }, { hideWarnings: true })

it('the API has a cron trigger, which the gateway does not inherit', () => {
  expect(read().triggers.crons).toEqual(['*/5 * * * *'])
  expect(read('gateway').triggers.crons).toEqual([])
})

it('no Worker has previews, which everyone can reach, with the database of the deployment', () => {
  expect([read().preview_urls, read('gateway').preview_urls]).toEqual([false, false])
})

it('.dev.vars.example has every setting of the API with its default, and sets none', () => {
  const lines = readFileSync(join(PROJECT, '.dev.vars.example'), 'utf8').split('\n')
  // Cloudflare's button would ask for those that are set, as secrets.
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([])
  const given = Object.fromEntries(
    lines.flatMap((line) => [/^# (\w+)="(.*)"$/.exec(line)?.slice(1) ?? []]).filter(([name]) => name),
  )
  const configured = (env: object) => {
    const { d1: _, withinRateLimit: __, ...config } = configFrom({ DB: {} as D1Database, ...env })
    return config
  }
  expect(configured(given)).toEqual(configured({}))
  const settings =
    /interface Env \{[\s\S]*?^\}/m.exec(readFileSync(join(PROJECT, 'src/core/config.ts'), 'utf8'))?.[0] ?? ''
  const texts = [...settings.matchAll(/readonly (\w+)\?: string/g)].map(([, name]) => name)
  expect(Object.keys(given).toSorted()).toEqual(texts.toSorted())
})

describe('what the scripts read themselves is what wrangler reads', () => {
  const original = readFileSync(join(PROJECT, 'wrangler.toml'), 'utf8')
  let folder: ReturnType<typeof temporaryFolder>

  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    folder.remove()
  })

  /** Writes the files, and returns what wrangler reads in them. */
  const wrangler = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text)
    return unstable_getMiniflareWorkerOptions(join(folder.path, 'wrangler.toml')).workerOptions
  }

  it.each([
    ['the local id', original, LOCAL_ID],
    ['the local id, beside another', original.replace('[[d1_databases]]', '$&\ndatabase_id = "other"'), LOCAL_ID],
    ['the id, where there is no other', original.replace(/^preview_(?=database_id)/m, ''), LOCAL_ID],
    ['the binding, where there is no id', original.replace(/^preview_database_id = .*$/m, ''), 'DB'],
  ])('of a database: %s', (_, toml, id) => {
    const { compatibilityDate, d1Databases } = wrangler({ 'wrangler.toml': toml })
    expect(d1Databases).toEqual({ DB: { id } })
    expect(wranglerToml(folder.path)).toEqual({ compatibilityDate, d1Databases: { DB: id } })
  })

  it.each<[string, Readonly<Record<string, string>>, object]>([
    ['none', {}, {}],
    ['in wrangler.toml', { 'wrangler.toml': `${original}\n[vars]\nA = "1"\nB = { c = 2 }\n` }, { A: '1', B: { c: 2 } }],
    ['none, but an example for people', { '.dev.vars.example': 'A="1"\n' }, {}],
    ['in .dev.vars', { '.dev.vars': 'A="1"\n' }, { A: '1' }],
    ['in .env', { '.env': 'A=1\n' }, { A: '1' }],
    ['in .env.local', { '.env.local': 'A=1\n' }, { A: '1' }],
  ])('of values: %s', async (_, files, values) => {
    expect(wrangler({ 'wrangler.toml': original, ...files })['bindings']).toEqual(values)
    expect(await wranglerVars(folder.path)).toEqual(values)
  })

  it('of values: in the environment that CLOUDFLARE_ENV names', async () => {
    vi.stubEnv('CLOUDFLARE_ENV', 'gateway')
    const { bindings } = wrangler({ 'wrangler.toml': original })
    expect(bindings).toMatchObject({ UNPROTECTED: 'refuse' })
    expect(await wranglerVars(folder.path)).toEqual(bindings)
  })

  it('of values: in the environment of the process', async () => {
    vi.stubEnv('CLOUDFLARE_INCLUDE_PROCESS_ENV', 'true')
    vi.stubEnv('A', '1')
    const { bindings } = wrangler({ 'wrangler.toml': original })
    expect(bindings).toMatchObject({ A: '1' })
    expect(await wranglerVars(folder.path)).toEqual(bindings)
  })

  it.each([
    ['a compatibility date', /^compatibility_date = .*$/m, 'wrangler.toml needs a compatibility_date'],
    ['the database', /^binding = "DB"$/m, 'wrangler.toml needs [[d1_databases]] with binding = "DB"'],
  ])('refuses a wrangler.toml without %s', (_, line, message) => {
    writeFileSync(join(folder.path, 'wrangler.toml'), original.replace(line, 'binding = "OTHER"'))
    expect(() => wranglerToml(folder.path)).toThrow(message)
  })
})
