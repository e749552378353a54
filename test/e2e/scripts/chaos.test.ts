import { randomInt } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { acknowledgedOf, type ChaosOptions, runChaos } from '../../../scripts/chaos/run.ts'
import { runScript, temporaryFolder } from '../support/server.ts'

const seed = randomInt(2 ** 32 - 1)
/** Writes as many as come first. */
const ANY_NUMBER = 1_000_000

describe(`npm run chaos, seed ${seed}`, () => {
  const folders: ReturnType<typeof temporaryFolder>[] = []
  afterAll(() => {
    for (const { remove } of folders) remove()
  })
  const run = async (options: Partial<ChaosOptions>) => {
    const folder = temporaryFolder()
    folders.push(folder)
    const said: string[] = []
    return await runChaos({
      folder: folder.path,
      seed,
      seconds: 60,
      writes: ANY_NUMBER,
      say: (line) => said.push(line),
      ...options,
    })
  }

  it('finds everything that was answered, and nothing by half', async () => {
    const report = await run({ seconds: 8 })
    expect(report.findings).toEqual([])
    expect(report.kills).toBeGreaterThan(1)
    expect(acknowledgedOf(report)).toBeGreaterThan(5)
  })

  it('finds what was planted', async () => {
    const broken: string[] = []
    const { findings } = await run({
      writes: 60,
      plant: async ({ sql }, [liar, ...others]) => {
        // A writer that counts a write as answered that it has not sent.
        await liar?.claimOne()
        // A record without one of its hostnames, of another account.
        const [rows] = await sql([
          operator(`DELETE FROM certificate_hostnames WHERE (certificate_id, position) IN (
            SELECT certificate_id, max(position) FROM certificate_hostnames
            WHERE hostname_ascii LIKE '%.account2.chaos.example' GROUP BY certificate_id LIMIT 1) RETURNING hostname_ascii`),
        ])
        const hostname = String(rows?.[0]?.['hostname_ascii'])
        broken.push(
          ...[liar, ...others].flatMap((one) =>
            one && (one === liar || hostname.endsWith(one.author.domain)) ? [one.author.name] : [],
          ),
        )
        await sql([
          operator('UPDATE accounts SET hostname_modes = hostname_modes + 1'),
          operator('DROP TRIGGER change_is_kept'),
          operator('DELETE FROM changes WHERE position = 2'),
          operator(`INSERT INTO crl_entries (crl_id, serial, revoked_at, reason) VALUES (1000000, '0a', 0, 0)`),
        ])
      },
    })
    expect(broken).toHaveLength(2)
    for (const begin of [
      ...broken.map((name) => `${name} has …`),
      'a counter is wrong',
      'positions of changes have a gap',
      'entries belong to nothing',
    ]) {
      expect(findings).toContainEqual(expect.stringMatching(new RegExp(`^${begin}`)))
    }
  })

  it.each([
    [['--writes', '0'], '--writes takes a whole number from 1'],
    [['--fast'], '--writes, --seconds, --seed, --help'],
  ])('refuses %s, and names what it takes', async (args, words) => {
    expect(await runScript('chaos', args)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(words),
    })
  })
})

const operator = (sql: string) => ({ sql, params: [], unscoped: 'operator' }) as const
