import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from 'wrangler'
import { wranglerToml, wranglerVars } from '../../../scripts/wrangler/workerd.ts'
import { PROJECT } from '../../../scripts/wrangler/wrangler.ts'
import { temporaryFolder } from '../support/server.ts'

/** The configuration of the two Workers, as wrangler reads it from wrangler.toml. */

const read = (env?: string) =>
  unstable_readConfig({ config: 'wrangler.toml', ...(env === undefined ? {} : { env }) }, { hideWarnings: true })

it('the API has a cron trigger, which the gateway does not inherit', () => {
  expect(read().triggers.crons).toEqual(['*/5 * * * *'])
  expect(read('gateway').triggers.crons).toEqual([])
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
    ['the id', original, '00000000-0000-0000-0000-000000000000'],
    ['the id of a preview', original.replace('[[d1_databases]]', '$&\npreview_database_id = "preview"'), 'preview'],
    ['the binding, where there is no id', original.replace(/^database_id = .*$/m, ''), 'DB'],
  ])('of a database: %s', (_, toml, id) => {
    const { compatibilityDate, d1Databases } = wrangler({ 'wrangler.toml': toml })
    expect(d1Databases).toEqual({ DB: { id } })
    expect(wranglerToml(folder.path)).toEqual({ compatibilityDate, d1Databases: { DB: id } })
  })

  it.each<[string, Readonly<Record<string, string>>, object]>([
    ['none', {}, {}],
    ['in wrangler.toml', { 'wrangler.toml': `${original}\n[vars]\nA = "1"\nB = { c = 2 }\n` }, { A: '1', B: { c: 2 } }],
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
