import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { collect, PROJECT, runCommand, temporaryFolder } from './server.ts'

/** The package as npm makes it. */
export interface Packed {
  /** Its path. */
  readonly file: string
  readonly files: readonly string[]
  /** Of the packed file, in bytes. */
  readonly size: number
}

/** Packs dist/ as it is: `npm test` and `npm ci` build it. @param folder where the package goes */
export async function packPackage(folder: string): Promise<Packed> {
  const [packed] = JSON.parse(await npm('pack', PROJECT, '--json', '--pack-destination', folder))
  const files = packed.files.map((file: { readonly path: string }) => file.path)
  return { file: join(folder, packed.filename), files, size: packed.size }
}

/** The package, installed into a project of somebody else's. */
export interface Installed {
  /** The other project. */
  readonly folder: string
  readonly bin: string
  readonly remove: () => void
}

/** Installs the package without any script of a package. */
export async function installPackage({ file }: Packed): Promise<Installed> {
  const { path: folder, remove } = temporaryFolder()
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }))
  await npm('install', '--prefix', folder, '--prefer-offline', file)
  return { folder, bin: join(folder, 'node_modules/access-mtls/dist/access-mtls.js'), remove }
}

/**
 * Copies of `docs/examples`, each with what its package.json names, and nothing else: the package as it is packed, and of the rest what
 * is installed here. `test/e2e/package/examples.test.ts` checks that these versions are the same. To install them for each run would
 * write 18,000 files.
 */
export async function installExamples({ file }: Packed): Promise<Omit<Installed, 'bin'>> {
  const { path: folder, remove } = temporaryFolder()
  const filter = (path: string) => !path.endsWith('node_modules')
  cpSync(join(PROJECT, 'docs/examples'), folder, { recursive: true, filter })
  const unpacked = await runCommand('tar', ['-xzf', file, '-C', folder])
  if (unpacked.code !== 0) throw new Error(unpacked.stderr)
  for (const name of ['workerd', '@cloudflare']) link(join(PROJECT, 'node_modules', name), folder, name)
  for (const { name: example } of readdirSync(join(PROJECT, 'docs/examples'), { withFileTypes: true })) {
    const path = join(folder, example, 'package.json')
    if (!existsSync(path)) continue
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace(/"access-mtls": "[\d.]+"/, `"access-mtls": ${JSON.stringify(`file:${file}`)}`))
    const { dependencies, devDependencies } = JSON.parse(text)
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      const target = name === 'access-mtls' ? join(folder, 'package') : join(PROJECT, 'node_modules', name)
      link(target, join(folder, example), name)
    }
  }
  link(join(folder, 'package'), join(folder, 'docker-compose'), 'access-mtls')
  return { folder, remove }
}

/** Puts a package into a project, with its commands. */
function link(target: string, project: string, name: string): void {
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  symlinkSync(target, join(modules, name))
  if (name.startsWith('@')) return
  const { bin = {} } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'))
  for (const [command, path] of Object.entries<string>(bin))
    symlinkSync(join(target, path), join(modules, '.bin', command))
}

async function npm(...args: readonly string[]): Promise<string> {
  const done = await runCommand('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'])
  if (done.code !== 0) throw new Error(`npm ${args.join(' ')}: ${done.stdout}${done.stderr}`)
  return done.stdout
}

/** What the command prints with --json. */
export interface Ready {
  readonly url: string
  readonly account: string
  readonly zone: string
  readonly token: string | null
  readonly accounts?: readonly {
    readonly id: string
    readonly zones: readonly { readonly id: string; readonly name: string }[]
    readonly tokens: readonly { readonly id: string; readonly token: string; readonly permission: string }[]
    readonly certificates: readonly { readonly id: string; readonly name: string }[]
  }[]
  readonly gateway?: { readonly url: string; readonly ca: string }
}

export interface Running {
  readonly ready: Ready
  readonly child: ChildProcess
  readonly output: { readonly stdout: string; readonly stderr: string }
  /** Ends it with SIGTERM; returns its exit code. */
  readonly stop: () => Promise<number | null>
}

/** Starts a command that takes --json, and waits until it is ready. @param temporary where its temporary files go */
export async function startJson(command: readonly string[], temporary: string): Promise<Running> {
  const child = spawn(process.execPath, [...command, '--port', '0', '--json'], {
    cwd: temporary,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collect(child)
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve)
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => output.stdout.includes('\n') && resolve())
    child.on('exit', () => reject(new Error(`it ended:\n${output.stdout}${output.stderr}`)))
  })
  return {
    ready: JSON.parse(output.stdout),
    child,
    output,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}
