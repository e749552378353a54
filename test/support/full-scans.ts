import { env } from 'cloudflare:workers'
import type { Carried } from './metered-db.ts'

/** One operation of SQLite's virtual machine, as `EXPLAIN` shows it. */
interface Operation {
  readonly addr: number
  readonly opcode: string
  readonly p1: number
  readonly p2: number
  readonly p3: number
}

/** Operations that start a loop over a whole b-tree, and that continue it. */
const BEGINS = new Set(['Rewind', 'Last', 'Sort'])
const GOES_ON = new Set(['Next', 'Prev'])

/**
 * Tables and indexes that a statement scans from end to end, with its triggers and foreign keys. The query plan has neither,
 * and names tables by their aliases.
 */
export async function fullScans({ sql, params }: Pick<Carried, 'sql' | 'params'>): Promise<readonly string[]> {
  const [schema, program] = await Promise.all([
    env.DB.prepare('SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0').all<{
      name: string
      rootpage: number
    }>(),
    env.DB.prepare(`EXPLAIN ${sql}`)
      .bind(...params)
      .all<Operation>(),
  ])
  const names = new Map(schema.results.map(({ name, rootpage }) => [rootpage, name]))
  return programs(program.results).flatMap((operations) => scansOf(operations, names))
}

/** The main program, and those of triggers. Each begins at address 0. */
function programs(operations: readonly Operation[]): readonly (readonly Operation[])[] {
  const starts = operations.flatMap(({ addr }, i) => (addr === 0 ? [i] : []))
  return starts.map((start, i) => operations.slice(start, starts[i + 1]))
}

function scansOf(operations: readonly Operation[], names: ReadonlyMap<number, string>): readonly string[] {
  const cursors = (opcodes: ReadonlySet<string>) =>
    new Set(operations.filter(({ opcode }) => opcodes.has(opcode)).map(({ p1 }) => p1))
  const [begun, goingOn] = [cursors(BEGINS), cursors(GOES_ON)]
  return operations
    .filter(
      ({ opcode, p1, p3 }) =>
        /^(?:Open(?:Read|Write)|ReopenIdx)$/.test(opcode) && p3 === 0 && begun.has(p1) && goingOn.has(p1),
    )
    .map(({ p2 }) => names.get(p2) ?? `page ${p2}`)
}
