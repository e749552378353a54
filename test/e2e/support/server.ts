import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'

export const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

/** A run of a script of the project, as `npm run` starts it. */
export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A running `npm start`, and what its first run printed. */
export interface Server {
  readonly origin: string
  readonly pid: number
  readonly persistTo: string
  readonly output: () => string
  readonly stop: () => Promise<void>
}

/** Starts a script as `npm run` does. */
export function startScript(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const command = ['--disable-warning=ExperimentalWarning', `scripts/${name}.ts`, ...args]
  return spawn(process.execPath, command, {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
}

/** Runs a script to its end. */
export function runScript(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  return finished(startScript(name, args, env))
}

/** Runs any command to its end. */
export function runCommand(
  command: string,
  args: readonly string[],
  input = '',
  options: SpawnOptions = {},
): Promise<Run> {
  const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
  // A command may end without reading its input.
  child.stdin.on('error', () => undefined).end(input)
  return finished(child)
}

function finished(child: ChildProcess): Promise<Run> {
  const output = collect(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, ...output }))
  })
}

/** The output of a child so far. */
export function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (chunk) => {
      output[stream] += chunk
    })
  }
  return output
}

/** A folder that goes away with the test. */
export function temporaryFolder(parent = tmpdir()): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(parent, 'access-mtls-e2e-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** The same, with a copy of the migrated database (`global-setup.ts`). */
export function migratedFolder(): ReturnType<typeof temporaryFolder> {
  const migrated = inject('migrated')
  const folder = temporaryFolder(dirname(migrated))
  cpSync(migrated, folder.path, { recursive: true })
  return folder
}

export function freePort(): Promise<number> {
  const probe = createServer()
  return new Promise((resolve) => {
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** `npm start` on a free port, ready to answer. It is the Worker in workerd, with a real D1 in `persistTo`. */
export async function startServer(persistTo: string, ...options: readonly string[]): Promise<Server> {
  const port = await freePort()
  const child = startScript('start', ['--port', `${port}`, '--persist-to', persistTo, ...options])
  const output = collect(child)
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve())
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => output.stdout.includes('access-mtls answers on') && resolve())
    child.on('exit', () => reject(new Error(`npm start ended:\n${output.stdout}${output.stderr}`)))
  })
  return {
    origin: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    persistTo,
    output: () => output.stdout + output.stderr,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** What the first run prints. */
export interface FirstRun {
  readonly accountId: string
  readonly zoneId: string
  readonly token: string
  /** The command as a reader pastes it. */
  readonly curl: string
}

export function readFirstRun(output: string): FirstRun {
  const find = (pattern: RegExp): string => {
    const found = pattern.exec(output)?.[1]
    if (found === undefined) throw new Error(`no ${pattern} in:\n${output}`)
    return found
  }
  return {
    accountId: find(/^ {2}account {2}(\S+)/m),
    zoneId: find(/^ {2}zone {5}(\S+)/m),
    token: find(/^ {2}token {4}(\S+)/m),
    curl: find(/^(curl [\s\S]*?}')$/m),
  }
}

/** Runs `npm run admin -- … --json` on a folder's database; returns the object it prints. */
export async function admin(persistTo: string, ...args: readonly string[]): Promise<Record<string, string>> {
  const run = await runScript('admin', [...args, '--persist-to', persistTo, '--json'])
  if (run.code !== 0) throw new Error(`admin ${args.join(' ')}: ${run.stdout}${run.stderr}`)
  return JSON.parse(run.stdout)
}
