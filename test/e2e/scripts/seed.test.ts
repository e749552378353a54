import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSeed, SeedError } from '../../../scripts/start/seed.ts'
import { testCa } from '../../../src/testing/index.ts'
import { startJson } from '../support/package.ts'
import { runScript, temporaryFolder } from '../support/server.ts'

const ID = '0123456789abcdef0123456789abcdef'
const START = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../../scripts/start.ts')]

describe('a seed', () => {
  it('may leave out all but the names of its zones', () => {
    expect(readSeed({ accounts: [{}, { zones: [{ name: 'Bücher.example' }], tokens: [{}] }] })).toEqual({
      accounts: [
        { zones: [], tokens: [], certificates: [], settings: [] },
        {
          zones: [{ name: 'xn--bcher-kva.example' }],
          tokens: [{ permission: 'write' }],
          certificates: [],
          settings: [],
        },
      ],
    })
  })

  it.each<[string, unknown, string]>([
    ['a list', [], '/accounts is missing'],
    ['no accounts', {}, '/accounts is missing'],
    ['a field that is not known', { accounts: [{ zone: [] }] }, '/accounts/0/zone is not known here'],
    [
      'an id of another form',
      { accounts: [{ id: 'A' }] },
      '/accounts/0/id must be an id of 32 lower-case hex digits; it is "A"',
    ],
    ['an empty name', { accounts: [{ name: '' }] }, '/accounts/0/name must have 1 to 350 characters'],
    ['a zone without a name', { accounts: [{ zones: [{}] }] }, '/accounts/0/zones/0/name is missing'],
    ['no domain', { accounts: [{ zones: [{ name: 'a b' }] }] }, '/accounts/0/zones/0/name must be a domain such as'],
    [
      'a token with spaces',
      { accounts: [{ tokens: [{ token: 'a b' }] }] },
      '/accounts/0/tokens/0/token must consist of letters, digits',
    ],
    ['a permission', { accounts: [{ tokens: [{ permission: 'all' }] }] }, '/accounts/0/tokens/0/permission must be'],
    [
      'a quota below 0',
      { accounts: [{ quota: { crls: -1 } }] },
      '/accounts/0/quota/crls must be a whole number from 0; it is -1',
    ],
    ['an account twice', { accounts: [{ id: ID }, { id: ID }] }, '/accounts/1/id is given twice: /accounts/0/id has'],
    [
      'a domain twice',
      { accounts: [{ zones: [{ name: 'a.example' }] }, { zones: [{ name: 'A.example' }] }] },
      '/accounts/1/zones/0/name is given twice: /accounts/0/zones/0/name has it already',
    ],
  ])('is refused with %s, and says where', (_, seed, message) => {
    expect(() => readSeed(seed)).toThrow(SeedError)
    expect(() => readSeed(seed)).toThrow(message)
  })
})

describe('npm start -- --seed', () => {
  let folder: ReturnType<typeof temporaryFolder>
  const seedFile = () => join(folder.path, 'seed.json')
  const plant = (seed: unknown) => writeFileSync(seedFile(), typeof seed === 'string' ? seed : JSON.stringify(seed))
  const data = () => join(folder.path, 'data')
  const start = () => startJson([...START, '--persist', data(), '--seed', seedFile()], folder.path)
  const refusal = async () => {
    const run = await runScript('start', ['--port', '0', '--json', '--persist', data(), '--seed', seedFile()])
    expect(run).toMatchObject({ code: 2, stdout: '' })
    return run.stderr
  }

  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => folder.remove())

  it('fills an empty database, and only an empty one', async () => {
    const { certificate } = await testCa()
    plant({
      accounts: [
        {
          id: ID,
          quota: { certificates: 2 },
          zones: [{ id: ID.replace('0', 'f'), name: 'example.com' }],
          tokens: [{ token: 'mine' }, { permission: 'read' }],
          certificates: [
            { name: 'Root', certificate, associated_hostnames: ['admin.example.com'] },
            { name: 'In the zone', zone: 'example.com', certificate: (await testCa()).certificate },
          ],
          settings: [{ hostname: 'admin.example.com', client_certificate_forwarding: true }],
        },
        { zones: [{ name: 'example.org' }] },
      ],
    })
    const first = await start()
    const [account, other] = first.ready.accounts ?? []
    expect(first.ready).toMatchObject({ account: ID, zone: ID.replace('0', 'f'), token: 'mine' })
    expect(other?.zones).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'example.org' }])

    const get = async (token: string | undefined, path: string) => {
      const url = `${first.ready.url}/client/v4/${path}/access/certificates`
      return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).json()
    }
    const names = { result: [{ name: 'Root', associated_hostnames: ['admin.example.com'] }] }
    expect(await get(account?.tokens[1]?.token, `accounts/${ID}`)).toMatchObject(names)
    expect(await get('mine', `zones/${first.ready.zone}`)).toMatchObject({ result: [{ name: 'In the zone' }] })
    const settings = await fetch(`${first.ready.url}/client/v4/accounts/${ID}/access/certificates/settings`, {
      headers: { authorization: 'Bearer mine' },
    })
    expect(await settings.json()).toMatchObject({
      result: [{ hostname: 'admin.example.com', client_certificate_forwarding: true }],
    })
    await first.stop()

    const second = await start()
    expect(second.output.stderr).toContain('the database has accounts already, so the seed was not used')
    expect(second.ready).toMatchObject({ account: ID, token: null })
    await second.stop()
  })

  it('says which certificate the API refuses, and why', async () => {
    plant({ accounts: [{ certificates: [{ name: 'Root', certificate: 'none' }] }] })
    const said = await refusal()
    expect(said).toContain(`error: --seed ${seedFile()}: /accounts/0/certificates/0 is refused by the API: 12130`)
    expect(said).toContain(`Part of the seed is in ${data()} now`)
  })

  it.each<[string, unknown, string]>([
    ['JSON', '{"accounts": [', 'JSON'],
    ['a seed', { accounts: 1 }, '/accounts must be Array; it is 1'],
    [
      'a zone of the account',
      { accounts: [{ certificates: [{ zone: 'a.example', name: 'a', certificate: '' }] }] },
      '/accounts/0/certificates/0/zone "a.example" is not among',
    ],
  ])('says what is wrong in a file that is not %s', async (_, seed, message) => {
    plant(seed)
    expect(await refusal()).toContain(message)
  })

  it('says that there is no such file', async () => {
    expect(await refusal()).toContain(`--seed ${seedFile()}: ENOENT`)
  })

  it('refuses --origin without --gateway', async () => {
    const run = await runScript('start', ['--origin', 'https://origin.example'])
    expect(run).toMatchObject({ code: 2, stderr: 'error: --origin and --gateway-port belong to --gateway\n' })
  })

  it('refuses an origin that has more than a host', async () => {
    const run = await runScript('start', ['--gateway', '--origin', 'https://origin.example/path'])
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('--origin takes http://host[:port]') })
  })
})
