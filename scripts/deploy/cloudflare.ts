import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { UsageError } from '../cli/usage-error.ts'
import { NOT_LOGGED_IN, runWrangler } from '../wrangler/wrangler.ts'
import { type Environment, type Place, StepError, succeeded } from './place.ts'
import type { Plan } from './plan.ts'

/** The deployer's account at Cloudflare. Every request to it is wrangler's. */
export function cloudflare({ accountId, database }: Plan): Place {
  return {
    target: { kind: 'remote' },

    async login() {
      const { code, stdout, stderr } = await runWrangler(['whoami', '--json'])
      const answer = readJson<WhoAmI>(stdout)
      if (answer?.loggedIn === false) throw new UsageError(NOT_LOGGED_IN)
      if (code !== 0 || answer === undefined) throw new StepError(`${stdout}\n${stderr}`.trim())
      const chosen = process.env['CLOUDFLARE_ACCOUNT_ID'] ?? accountId
      const accounts = answer.accounts.filter(({ id }) => chosen === undefined || id === chosen)
      const [account] = accounts
      if (account === undefined || accounts.length > 1) {
        const all = answer.accounts.map(({ id, name }) => `${id} (${name})`).join(', ')
        throw new UsageError(`set CLOUDFLARE_ACCOUNT_ID to one of the accounts of this login: ${all || 'it has none'}`)
      }
      // For what wrangler does from here on, so that it neither asks nor takes the account of an earlier login.
      process.env['CLOUDFLARE_ACCOUNT_ID'] = account.id
      return `${account.name} (${account.id})`
    },

    async database() {
      const answer = readJson<readonly { readonly name: string; readonly uuid: string }[]>(
        succeeded(await runWrangler(['d1', 'list', '--json'])),
      )
      if (!Array.isArray(answer)) throw new StepError('wrangler d1 list --json printed no list')
      if (database.id !== undefined && !answer.some(({ uuid }) => uuid === database.id)) {
        throw new UsageError(
          `this account has no database with the id ${database.id}. Correct database_id in wrangler.toml, or take it out: ` +
            `then the database is found by its name, ${JSON.stringify(database.name)}`,
        )
      }
      if (database.id !== undefined || answer.some(({ name }) => name === database.name)) return 'is there'
      succeeded(await runWrangler(['d1', 'create', database.name, '--no-update-config']))
      return 'created'
    },

    async migrations() {
      const said = succeeded(await runWrangler(['d1', 'migrations', 'apply', 'DB', '--remote']))
      return said.includes('No migrations to apply') ? 'none is missing' : 'applied'
    },

    async worker(environment) {
      const targets = await deploy(environment)
      return `deployed${targets.map((target) => `\n  ${target}`).join('')}`
    },
  }
}

/** What of `wrangler whoami --json` is read. */
type WhoAmI =
  | { readonly loggedIn: false }
  | { readonly loggedIn: true; readonly accounts: readonly { readonly id: string; readonly name: string }[] }

/** Deploys a Worker; returns where requests reach it: URLs, routes and cron triggers, in wrangler's words. */
async function deploy(environment: Environment): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-deploy-'))
  const record = join(folder, 'wrangler.ndjson')
  try {
    const done = await runWrangler(['deploy', '--env', environment], { WRANGLER_OUTPUT_FILE_PATH: record })
    succeeded(done)
    // Such as: what was set in the dashboard, and is overwritten.
    for (const warning of warningsOf(done.stderr)) console.error(`\n${warning}`)
    const lines = readFileSync(record, 'utf8').trim().split('\n')
    const entries = lines.map((line) => readJson<{ readonly type: string; readonly targets?: readonly string[] }>(line))
    return entries.find((entry) => entry?.type === 'deploy')?.targets ?? []
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** wrangler's warnings, without the one that is meant: the gateway has no rate limits. */
function warningsOf(stderr: string): readonly string[] {
  return stripVTControlCharacters(stderr)
    .split(/^(?=▲)/m)
    .map((warning) => warning.trim())
    .filter((warning) => warning !== '' && !RATE_LIMITS_ONLY.test(warning))
}

const RATE_LIMITS_ONLY =
  /^▲ \[WARNING\] Processing wrangler\.toml configuration:\s+- "env\.gateway" [^-]*- "ratelimits" exists at the top level, [^-]*"ratelimits" is not inherited [^-]*$/

function readJson<T>(text: string): T | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
