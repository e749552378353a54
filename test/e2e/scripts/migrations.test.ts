import { describe, expect, it } from 'vitest'
import { unstable_splitSqlQuery } from 'wrangler'
import { splitSql } from '../../../scripts/workerd/split-sql.ts'
import { readMigrations } from '../../../scripts/wrangler/migrations.ts'

/** As wrangler splits it. It leaves a file of one statement as it is, comments and last semicolon included. */
function byWrangler(sql: string): readonly string[] {
  const statements = unstable_splitSqlQuery(sql)
  if (statements.length > 1) return statements
  return statements.map((statement) =>
    statement
      .replace(/^--.*$/gm, '')
      .trim()
      .replace(/;$/, ''),
  )
}

describe('a migration in statements', () => {
  it.each(readMigrations().map(({ name, sql }) => [name, sql]))('%s is what wrangler would run', (_, sql) => {
    expect(splitSql(sql)).toEqual(byWrangler(sql))
  })

  it('has a trigger as one statement', () => {
    const trigger = 'CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\n  DELETE FROM c;\nEND'
    expect(splitSql(`${trigger};\nDROP TABLE d;\n`)).toEqual([trigger, 'DROP TABLE d'])
  })

  it('is refused when its last statement does not end', () => {
    expect(() => splitSql('DROP TABLE a;\nDROP TABLE b\n')).toThrow('does not end with a semicolon: DROP TABLE b')
  })
})
