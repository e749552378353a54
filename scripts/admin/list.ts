import { rfc3339 } from '../../src/core/rfc3339.ts'
import type { Statement } from '../../src/store/statement.ts'
import { readArguments } from '../cli/arguments.ts'
import { printable } from '../cli/printable.ts'
import type { Rows } from '../workerd/sql-client.ts'
import { execute } from '../wrangler/database.ts'
import { COMMON, type Command, target } from './command.ts'

/** A command that prints the rows of a statement under a name. */
export function list(name: string, statement: Statement): Command {
  return async (args) => {
    const { values } = readArguments(args, COMMON)
    const [rows = []] = await execute(target(values), [statement])
    const objects = rows.map(presentable)
    const lines = objects.map((row) =>
      Object.entries(row)
        .filter(([, value]) => value !== null)
        .map(([key, value]) => `${key}=${printable(typeof value === 'string' ? value : JSON.stringify(value))}`)
        .join('  '),
    )
    return { object: { [name]: objects }, text: lines.length === 0 ? `no ${name}` : lines.join('\n') }
  }
}

/** Times as RFC 3339, conditions as booleans, JSON columns opened. */
function presentable(row: Rows[number]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => {
      if (key === 'enabled') return [key, value === 1]
      if (key === 'grants' && typeof value === 'string') return [key, JSON.parse(value)]
      const isTime = /_at$|^not_before$|^expires_on$/.test(key) && typeof value === 'number'
      return [key, isTime ? rfc3339(value) : value]
    }),
  )
}
