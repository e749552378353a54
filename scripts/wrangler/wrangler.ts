import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The project's own folder: where wrangler.toml is. */
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** What `wrangler` itself starts; going there directly saves a process between this one and its signals. */
const WRANGLER = fileURLToPath(new URL('../../node_modules/wrangler/wrangler-dist/cli.js', import.meta.url))

/**
 * No telemetry, no look-ups on the network, no banner with its version check. No local explorer either: under
 * /cdn-cgi/local/explorer it shows and changes the database, without a token, to all who send `Host: localhost`.
 */
const ENVIRONMENT = {
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  X_LOCAL_EXPLORER: 'false',
}

/** Starts wrangler with the Node that runs this script: wrangler needs Node 22, the PATH may hold an older one. */
export function startWrangler(args: readonly string[], options: SpawnOptions): ChildProcess {
  return spawn(process.execPath, ['--no-warnings', WRANGLER, ...args], {
    cwd: PROJECT,
    ...options,
    env: { ...process.env, ...ENVIRONMENT, ...options.env },
  })
}

/** What to do where wrangler has no login, in one line. */
export const NOT_LOGGED_IN = 'wrangler is not logged in: run npx wrangler login, or set CLOUDFLARE_API_TOKEN'

/** What a finished run left. `code` is null when a signal ended it. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs wrangler to its end, without a terminal: it asks nothing then. */
export async function runWrangler(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const child = startWrangler(args, { stdio: ['ignore', 'pipe', 'pipe'], env: { NO_COLOR: '1', ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve)
  })
  return { code, stdout, stderr }
}
