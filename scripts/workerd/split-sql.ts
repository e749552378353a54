/**
 * The statements of a migration, as `wrangler d1 migrations apply` would run them: without comments, which stand on lines of their
 * own. A statement ends with the `;` at the end of a line; a trigger, which has statements in it, with `END;`. wrangler's own splitter
 * knows more SQL, and takes two seconds to load: test/e2e/scripts/migrations.test.ts holds each migration against it.
 */
export function splitSql(sql: string): readonly string[] {
  const statements: string[] = []
  let statement = ''
  for (const line of sql.split('\n')) {
    statement += `${line.replace(/^(\s*)--.*/, '$1')}\n`
    const end = /^\s*CREATE\s+TRIGGER\b/i.test(statement) ? /\bEND;\s*$/ : /;\s*$/
    if (!end.test(statement)) continue
    statements.push(statement.trim().slice(0, -1))
    statement = ''
  }
  if (statement.trim() !== '') throw new Error(`a statement does not end with a semicolon: ${statement.trim()}`)
  return statements
}
