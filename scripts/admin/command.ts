import { userInfo } from 'node:os'
import type { ParseArgsOptionsConfig } from 'node:util'
import type { Operator } from '../../src/store/operator-changes.ts'
import type { Statement } from '../../src/store/statement.ts'
import { folder, hexId, readArguments } from '../cli/arguments.ts'
import { UsageError } from '../cli/usage-error.ts'
import { DatabaseError, type Rows } from '../workerd/sql-client.ts'
import { execute, type Target } from '../wrangler/database.ts'

/** What a command prints: an object for --json, and lines for people. */
export interface Output {
  readonly object: Readonly<Record<string, unknown>>
  readonly text: string
}

/** Carries out a command with the arguments after its two words. */
export type Command = (args: readonly string[]) => Promise<Output>

/** Options of every command. */
export const COMMON = {
  'persist-to': { type: 'string' },
  remote: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Which database, as the options say it. */
export interface DatabaseOptions {
  readonly 'persist-to'?: string
  readonly remote?: boolean
}

/** Reads the arguments of a command on one thing: its id, with `--id` or without, and the options. */
export function readIdentified<O extends ParseArgsOptionsConfig>(command: string, args: readonly string[], options: O) {
  const { values, positionals } = readArguments(args, { ...COMMON, id: { type: 'string' }, ...options }, 1)
  const { id = positionals[0] } = values as { readonly id?: string }
  return { values, id: hexId(command, id ?? '') }
}

export function target(values: DatabaseOptions): Target {
  if (values.remote !== true) return { kind: 'local', persistTo: folder(values['persist-to']) }
  if (values['persist-to'] !== undefined) throw new UsageError('--remote and --persist-to exclude each other')
  return { kind: 'remote' }
}

/** Runs statements that write; turns what the tables refuse into what the user can do about it. */
export async function write(database: Target, statements: readonly Statement[]): Promise<readonly Rows[]> {
  try {
    return await execute(database, statements)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    const known = REFUSED.find(([pattern]) => pattern.test(error.text))
    throw known === undefined ? error : new UsageError(known[1])
  }
}

const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/UNIQUE constraint failed: zones\.domain/, 'this domain is a zone already; a domain is one zone’s, everywhere'],
  [/UNIQUE constraint failed: \w+\.id/, 'this id is taken; leave --id out and one is made'],
  [/FOREIGN KEY constraint failed/, 'no account or zone with that id; "account list" and "zone list" show them'],
]

/** Unix seconds, UTC. */
export function now(): number {
  return Math.floor(Date.now() / 1000)
}

/** Who runs this command, for the record of changes. */
export function operator(): Operator {
  return { name: userInfo().username, now: now() }
}
