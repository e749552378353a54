import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { endTree } from '../cli/process-tree.ts'
import { PROJECT } from '../wrangler/wrangler.ts'
import type { Block } from './blocks.ts'

/** The longest time for the blocks of one document, in ms. */
const MAX_MS = 180_000

/** Most characters of output that are shown of a block that failed. */
const SHOWN = 3_000

/** A block that failed, with what it printed. */
export interface FailedBlock {
  readonly block: Block
  readonly output: string
}

/** What `npm start -- --json` says. */
interface Ready {
  readonly url: string
  readonly account: string
  readonly zone: string
  readonly token: string
  readonly gateway: { readonly url: string; readonly ca: string }
}

/** Runs blocks one after the other in one bash, beside a service of their own. Returns the first that fails. */
export async function runBlocks(blocks: readonly Block[]): Promise<FailedBlock | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-docs-'))
  const service = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(PROJECT, 'scripts/start.ts'), ...OPTIONS, join(folder, 'state')],
    // Its log, on stderr, says nothing that curl does not.
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  try {
    const { url, account, zone, token, gateway } = await readyOf(service)
    const caFile = join(folder, 'gateway-ca.pem')
    writeFileSync(caFile, gateway.ca)
    return await runScript(blocks, folder, {
      SERVER: url,
      ACCOUNT_ID: account,
      ZONE_ID: zone,
      TOKEN: token,
      GATEWAY_PORT: new URL(gateway.url).port,
      GATEWAY_CA: caFile,
    })
  } finally {
    if (service.pid !== undefined) endTree(service.pid, 'SIGTERM')
    if (service.exitCode === null) await new Promise((resolve) => service.once('exit', resolve))
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

const OPTIONS = ['--json', '--port', '0', '--gateway', '--persist']

function readyOf(service: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    if (service.stdout !== null) createInterface(service.stdout).once('line', (line) => resolve(JSON.parse(line)))
    service.once('exit', (code) => reject(new Error(`the service ended with ${code} before it was ready`)))
  })
}

/** curl fails on statuses from 400 on: a command of a document that is refused is wrong. */
const PRELUDE = 'set -euo pipefail\ncurl() { command curl --silent --show-error --fail-with-body "$@"; }\n'

async function runScript(
  blocks: readonly Block[],
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<FailedBlock | undefined> {
  const marked = blocks.map(({ text }, index) => `printf '\\n%s %s\\n' '${MARK}' ${index}\n${text}`)
  const script = join(folder, 'document.sh')
  writeFileSync(script, PRELUDE + marked.join('\n'))
  const bash = spawn('bash', [script], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...variables },
    timeout: MAX_MS,
  })
  let output = ''
  for (const stream of [bash.stdout, bash.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => bash.on('error', reject).on('close', resolve))
  if (code === 0) return undefined
  const begun = [...output.matchAll(new RegExp(`^${MARK} (\\d+)$`, 'gm'))].at(-1)
  const block = blocks[Number(begun?.[1] ?? 0)]
  if (block === undefined) throw new Error('no block began')
  const own = output.slice((begun?.index ?? 0) + MARK.length).slice(-SHOWN)
  return { block, output: `${code === null ? 'took too long' : `exit ${code}`}\n${own}` }
}

const MARK = '@docs-check'
