import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { parse as parseToml } from 'toml'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { startMiniflare } from '../../../scripts/wrangler/bundle.ts'
import { runWrangler } from '../../../scripts/wrangler/wrangler.ts'
import { testCa } from '../../../src/testing/index.ts'
import { installExamples } from '../support/package.ts'
import { collect, freePort, PROJECT, runCommand, temporaryFolder } from '../support/server.ts'

const EXAMPLES = join(PROJECT, 'docs/examples')
const read = (...path: readonly string[]) => readFileSync(join(EXAMPLES, ...path), 'utf8')

/** Node 22 first, whichever is first on the PATH. `npm install` finds out what it would install, and writes nothing. */
const ENVIRONMENT = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`,
  npm_config_prefer_offline: 'true',
  npm_config_dry_run: 'true',
}

const found = await Promise.all(
  [['docker', 'compose', 'version'] as const].map(([command, ...args]) =>
    runCommand(command, args).then(
      ({ code }) => code === 0,
      () => false,
    ),
  ),
)
const [HAS_COMPOSE] = found

let installed: Awaited<ReturnType<typeof installExamples>>
let temporary: ReturnType<typeof temporaryFolder>
let groups: number[] = []

beforeAll(async () => {
  installed = await installExamples(inject('packed'))
})
afterAll(() => installed?.remove())
beforeEach(() => {
  temporary = temporaryFolder()
})
afterEach(() => {
  for (const group of groups) endGroup(group)
  groups = []
  temporary.remove()
})

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}

const folderOf = (example: string) => join(installed.folder, example)

/** Starts a command of an example. What it leaves running is ended after the test. */
function start(example: string, command: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn('bash', ['-e', '-c', command], {
    cwd: folderOf(example),
    env: { ...ENVIRONMENT, TMPDIR: temporary.path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  if (child.pid !== undefined) groups.push(child.pid)
  const output = collect(child)
  return {
    /** When it has printed this. */
    printed: (text: string) =>
      new Promise<void>((resolve, reject) => {
        child.stdout.on('data', () => output.stdout.includes(text) && resolve())
        child.on('exit', () => reject(new Error(`${command} ended:\n${output.stdout}${output.stderr}`)))
      }),
    /** When it has ended, with 0. */
    done: async (): Promise<string> => {
      const code = await new Promise((resolve) => {
        child.on('close', resolve)
      })
      expect(code, `${command}\n${output.stdout}${output.stderr}`).toBe(0)
      return output.stdout
    },
  }
}

it('each example has a README, and names the versions that are tested here', () => {
  const { version, devDependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))
  const tested: Readonly<Record<string, string>> = { ...devDependencies, 'access-mtls': version }
  const listed = [...read('README.md').matchAll(/\]\(([\w-]+)\/README\.md\)/g)].map(([, name = '']) => name)
  const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(listed.toSorted()).toEqual(folders.map(({ name }) => name).toSorted())
  for (const example of listed) {
    expect(read(example, 'README.md')).toMatch(/^# .*\n\n[\s\S]*```sh\n/)
    if (!existsSync(join(EXAMPLES, example, 'package.json'))) continue
    const { dependencies, devDependencies: own } = JSON.parse(read(example, 'package.json'))
    const named: Readonly<Record<string, string>> = { ...dependencies, ...own }
    expect(named).toEqual(Object.fromEntries(Object.keys(named).map((name) => [name, tested[name]])))
  }
  expect(read('worker-behind-gateway/README.md')).toContain(`npx wrangler@${tested['wrangler']} deploy`)
  expect(read('docker-compose/compose.yaml')).toContain(`npx --yes access-mtls@${version} `)
})

it('vitest-sdk: is accepted by the compiler', async () => {
  const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc')
  const run = await runCommand(process.execPath, [tsc, '-p', folderOf('vitest-sdk')])
  expect(run).toMatchObject({ code: 0, stdout: '' })
})

describe('worker-behind-gateway', () => {
  it('passes its own tests', async () => {
    expect(await start('worker-behind-gateway', 'npm test').done()).toMatch(/^(?:#|ℹ) pass 4$/m)
  })

  it('runs in workerd as wrangler would deploy it', async () => {
    const config = join(folderOf('worker-behind-gateway'), 'wrangler.toml')
    const deployed = await runWrangler(['deploy', '--config', config, '--dry-run', '--outdir', temporary.path])
    expect(deployed).toMatchObject({ code: 0, stderr: '' })
    const { compatibility_date, compatibility_flags } = parseToml(readFileSync(config, 'utf8'))
    const { miniflare } = await startMiniflare({
      modules: true,
      script: readFileSync(join(temporary.path, 'index.js'), 'utf8'),
      compatibilityDate: compatibility_date,
      compatibilityFlags: compatibility_flags,
    })
    const { certificate } = await (await testCa()).issue({ subject: 'robot' })
    const headers = { 'client-cert': `:${certificate.replace(/-----.*-----|\n/g, '')}:`, 'cf-client-cert-sha256': '00' }
    const known = await miniflare.dispatchFetch('https://admin.shop.test/', { headers })
    expect(await known.json()).toMatchObject({ subject: 'CN=robot', sha256: '00' })
    expect((await miniflare.dispatchFetch('https://admin.shop.test/')).status).toBe(403)
    await miniflare.dispose()
  })
})

interface Workflow {
  readonly permissions: unknown
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>
}
interface Step {
  readonly uses?: string
  readonly run?: string
  readonly if?: string
}

describe('github-workflow', () => {
  const text = read('github-workflow/.github/workflows/test.yml')
  const { permissions, jobs }: Workflow = parseYaml(text)
  const steps = Object.values(jobs).flatMap((job) => job.steps)

  it('may read the repository only, and uses the actions of this repository’s workflow', () => {
    expect(permissions).toEqual({ contents: 'read' })
    const ours = readFileSync(join(PROJECT, '.github/workflows/ci.yml'), 'utf8')
    const uses = text.match(/uses: .*/g) ?? []
    expect(uses).toHaveLength(steps.filter((step) => step.uses !== undefined).length)
    expect(uses.filter((action) => !ours.includes(`${action}\n`))).toEqual([])
    expect(steps.filter((step) => (step.uses === undefined) === (step.run === undefined))).toEqual([])
  })

  it('runs the tests of vitest-sdk', async () => {
    const [, tests] = await runSteps('tests')
    expect(stripVTControlCharacters(tests ?? '')).toMatch(/Tests +6 passed \(6\)/)
  })

  it('starts a service that later steps use', async () => {
    const [, , use, log] = await runSteps('service')
    expect(JSON.parse(use ?? '')).toMatchObject({ result: [], success: true })
    expect(log).toMatch(/^GET \/client\/v4\/accounts\/\w+\/access\/certificates 200 /)
  })

  /** Runs the commands of a job as a runner does: in one folder, with the variables that earlier ones set. Returns what they printed. */
  async function runSteps(job: string): Promise<readonly string[]> {
    const printed: string[] = []
    const set = join(temporary.path, 'github-env')
    for (const { run } of jobs[job]?.steps ?? []) {
      if (run === undefined) continue
      const lines = existsSync(set) ? readFileSync(set, 'utf8').matchAll(/^(\w+)=(.*)$/gm) : []
      const env = Object.fromEntries([...lines].map(([, name, value]) => [name, value]))
      printed.push(await start('vitest-sdk', run, { CI: 'true', GITHUB_ENV: set, ...env }).done())
    }
    return printed
  }
})

interface Compose {
  readonly services: Readonly<Record<string, Service>>
}
interface Service {
  readonly image: string
  readonly command: string
  readonly volumes: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: unknown
}

describe('docker-compose', () => {
  const { services }: Compose = parseYaml(read('docker-compose/compose.yaml'))
  const { 'access-mtls': service, client } = services

  it('has only files of its own in images of Node', () => {
    expect(Object.keys(services)).toEqual(['access-mtls', 'client'])
    expect(client?.depends_on).toEqual({ 'access-mtls': { condition: 'service_healthy' } })
    for (const { image, volumes } of Object.values(services)) {
      expect(image).toBe('node:22-slim')
      for (const volume of volumes) expect(volume).toMatch(/^\.\/([\w.]+):\/\1:ro$/)
    }
  })

  it('has commands that work together, without Docker', async () => {
    const port = await freePort()
    /** Paths and addresses of the containers, as they are here. */
    const here = (text: string) =>
      text
        .replace(/(?<= )\/(?=[\w.]+(?: |$))/g, '')
        .replaceAll('8787', `${port}`)
        .replace('//access-mtls:', '//127.0.0.1:')
    const health = (service?.healthcheck?.test ?? []).map(here)
    expect(health[0]).toBe('CMD')
    const check = () => runCommand(process.execPath, health.slice(2))
    expect(await check()).toMatchObject({ code: 1 })
    await start('docker-compose', here(service?.command ?? '')).printed('"url"')
    expect(await check()).toMatchObject({ code: 0 })
    const env = Object.fromEntries(
      Object.entries(client?.environment ?? {}).map(([name, value]) => [name, here(value)]),
    )
    expect(await start('docker-compose', here(client?.command ?? ''), env).done()).toBe('200: 0 certificates\n')
  })

  it.skipIf(!HAS_COMPOSE)('is read by Docker Compose', async () => {
    const file = join(EXAMPLES, 'docker-compose/compose.yaml')
    expect(await runCommand('docker', ['compose', '--file', file, 'config', '--quiet'])).toMatchObject({ code: 0 })
  })
})
