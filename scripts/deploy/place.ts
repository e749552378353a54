import type { Target } from '../wrangler/database.ts'
import type { Finished } from '../wrangler/wrangler.ts'

/** An environment of wrangler.toml: the API's is the top level. */
export type Environment = '' | 'gateway'

/** Where the steps of a deployment take place. Each step can be done again, and says in a few words what it found or did. */
export interface Place {
  /** Whose account it is. */
  login(): Promise<string>
  /** Creates the database where there is none. */
  database(): Promise<string>
  /** Brings the schema up to date. */
  migrations(): Promise<string>
  /** Puts a Worker there. */
  worker(environment: Environment): Promise<string>
  /** The database, for statements. */
  readonly target: Target
}

/** A step did not succeed. The message says why, in wrangler's words. */
export class StepError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'StepError'
  }
}

/** What wrangler printed, where it succeeded. */
export function succeeded({ code, stdout, stderr }: Finished): string {
  if (code !== 0) throw new StepError(`${stdout}\n${stderr}`.trim())
  return stdout
}
