import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute, migrate, renderSql } from '../../../scripts/wrangler/database.ts'
import { runWrangler } from '../../../scripts/wrangler/wrangler.ts'
import type { SqlValue, Statement } from '../../../src/store/statement.ts'
import { temporaryFolder } from '../support/server.ts'

describe('the local database of the scripts', () => {
  const folder = temporaryFolder()
  const database = { kind: 'local', persistTo: folder.path } as const
  const statement = (sql: string, ...params: readonly SqlValue[]): Statement => ({ sql, params, unscoped: 'operator' })

  beforeAll(() => migrate(database))
  afterAll(() => folder.remove())

  it('is the one that wrangler uses, with its list of migrations', async () => {
    const where = ['--local', '--persist-to', folder.path]
    const { stdout } = await runWrangler(['d1', 'migrations', 'list', 'DB', ...where])
    expect(stdout).toContain('No migrations to apply')
    await runWrangler(['d1', 'execute', 'DB', ...where, '--yes', '--command', 'CREATE TABLE wranglers (x)'])
    expect(await execute(database, [statement('SELECT count(*) AS n FROM wranglers')])).toEqual([[{ n: 0 }]])
  })

  it('changes nothing when it refuses one of several statements', async () => {
    const insert = statement("INSERT INTO d1_migrations (name) VALUES ('one')")
    await expect(execute(database, [insert, insert])).rejects.toThrow(/UNIQUE constraint failed: d1_migrations\.name/)
    const select = statement("SELECT count(*) AS n FROM d1_migrations WHERE name = 'one'")
    expect(await execute(database, [select])).toEqual([[{ n: 0 }]])
  })

  it.each<[string, SqlValue]>([
    ['no value', null],
    ['a number', 4_102_444_800],
    ['a negative number', -1],
    ['quotes', `O'Reilly''; DROP TABLE accounts --`],
    ['what looks like a parameter', '?1 ?2'],
    ['lines and backslashes', 'one\\n\ntwo\\'],
    ['other scripts', 'Bücher 書籍 📚'],
  ])('reads %s back from SQL with the values written into it, as --remote sends it', async (_, value) => {
    const rendered = renderSql(statement('SELECT ?1 AS x, ?2 AS y', value, value))
    expect(await execute(database, [statement(rendered)])).toEqual([[{ x: value, y: value }]])
  })

  it.each<[string, SqlValue]>([
    ['a NUL', 'a\0b'],
    ['a fraction', 0.5],
    ['octets', new Uint8Array(1)],
  ])('writes no SQL with %s in it', (_, value) => {
    expect(() => renderSql(statement('SELECT ?1', value))).toThrow('this value has no SQL literal')
  })
})
