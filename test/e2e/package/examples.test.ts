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
import { Player, readRecording, type Sequence } from '../support/recording.ts'
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
  [['terraform', 'version'] as const, ['docker', 'compose', 'version'] as const].map(([command, ...args]) =>
    runCommand(command, args).then(
      ({ code }) => code === 0,
      () => false,
    ),
  ),
)
const [HAS_TERRAFORM, HAS_COMPOSE] = found
/** A folder with the providers, as `terraform providers mirror` makes it. */
const { TERRAFORM_PROVIDERS } = process.env

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

describe('terraform', () => {
  const PROVIDERS = ['4', '5'] as const

  it.skipIf(!HAS_TERRAFORM)('has the form that terraform fmt gives it', async () => {
    const run = await runCommand('terraform', ['fmt', '-check', '-diff', '-recursive', join(EXAMPLES, 'terraform')])
    expect(run).toMatchObject({ code: 0, stdout: '' })
  })

  it.skipIf(!HAS_TERRAFORM || TERRAFORM_PROVIDERS === undefined).each(PROVIDERS)(
    'is valid for provider %s, of TERRAFORM_PROVIDERS',
    async (provider) => {
      const env = { TF_DATA_DIR: temporary.path }
      const folder = `terraform -chdir=provider-${provider}`
      await start('terraform', `${folder} init -input=false -plugin-dir="${TERRAFORM_PROVIDERS}"`, env).done()
      await start('terraform', `${folder} validate`, env).done()
    },
  )

  it.each(PROVIDERS)('sets what the recorded requests of provider %s have', (provider) => {
    const { certificate, settings } = configuration(provider)
    const { sequences } = readRecording(`terraform-${provider}`)
    const bodyOf = (name: string) =>
      sequences.find((one) => one.name.startsWith(name))?.requests.find(({ body }) => body !== undefined)?.body
    const created = Object.keys(Object(bodyOf('create')))
    // cloudflare-go of provider 4 sends the zero of a field that it has no value for.
    expect(Object.keys(certificate).toSorted()).toEqual(
      ['account_id', ...created.filter((name) => name !== 'expires_on')].toSorted(),
    )
    const [first] = (bodyOf('create of hostname settings') as { readonly settings: readonly object[] }).settings
    expect(Object.keys(settings).toSorted()).toEqual(Object.keys(first ?? {}).toSorted())
  })

  it('has a service that answers the recorded requests of both providers, with the values of the example', async () => {
    const [port, httpsPort] = [await freePort(), await freePort()]
    await start('terraform', `npm start -- ${port} ${httpsPort}`).printed('Ready')
    for (const provider of PROVIDERS) {
      const variables: Readonly<Record<string, string>> = JSON.parse(
        readFileSync(join(folderOf('terraform'), `provider-${provider}/service.auto.tfvars.json`), 'utf8'),
      )
      const declared = read(`terraform/provider-${provider}/main.tf`).matchAll(/^variable "(\w+)"/gm)
      expect(Object.keys(variables).toSorted()).toEqual([...declared].map(([, name]) => name).toSorted())
      // The token that both providers take has at least 40 of these characters.
      expect(variables['api_token']).toMatch(/[\w-]{40}/)
      const authorization = `Bearer ${variables['api_token']}`
      const base = `http://127.0.0.1:${port}/client/v4`
      if (provider === '4') await answersHttps(variables['api_hostname'] ?? '', authorization)
      else expect(variables['base_url']).toBe(base)
      await play(provider, base, authorization, variables)
    }
  })

  async function play(
    provider: string,
    base: string,
    authorization: string,
    variables: Readonly<Record<string, string>>,
  ) {
    const { sequences, headers } = readRecording(`terraform-${provider}`)
    const player = new Player(base, { ...headers, authorization }, variables)
    const played = sequences.filter(({ name }) => PLAYED.test(name))
    expect(played.length).toBeGreaterThan(4)
    for (const sequence of played) {
      const { requests, planned, planned_settings, name } = withValues(sequence, configuration(provider))
      const { result } = await player.play({ name, requests })
      const { name: plannedName, associated_hostnames } = planned ?? {}
      if (planned !== undefined) expect(result).toMatchObject({ name: plannedName, associated_hostnames })
      if (planned_settings !== undefined) expect(result).toEqual(planned_settings)
    }
  }

  /** By curl: to this Node, the CA is not known. */
  async function answersHttps(host: string, authorization: string): Promise<void> {
    const options = ['--silent', '--show-error', '--cacert', join(folderOf('terraform'), 'https-ca.pem')]
    const url = `https://${host}/client/v4/user/tokens/verify`
    const run = await runCommand('curl', [...options, '--header', `Authorization: ${authorization}`, url])
    expect(JSON.parse(run.stdout || run.stderr)).toMatchObject({ success: true })
  }
})

/** Recorded for both providers. */
const PLAYED =
  /^(?:create|refresh|destroy|(?:create|refresh) of hostname settings(?: beside .*)?|hostname settings of somebody else, .*)$/

/** The values of a main.tf. Those that refer to a variable are its name. */
interface Configuration {
  readonly certificate: Readonly<Record<string, unknown>>
  readonly settings: Readonly<Record<string, unknown>>
}

function configuration(provider: string): Configuration {
  const text = read(`terraform/provider-${provider}/main.tf`)
  const valuesOf = (block: RegExp) =>
    Object.fromEntries(
      [...(block.exec(text)?.[1] ?? '').matchAll(/^ +(\w+) += (.+)$/gm)].map(([, name, value = '']) => [
        name,
        value.startsWith('var.') ? value : JSON.parse(value),
      ]),
    )
  return {
    certificate: valuesOf(/^resource "cloudflare_zero_trust_access_mtls_certificate" "\w+" \{\n([\s\S]*?)^\}/m),
    settings: valuesOf(/^ {2}settings(?: = \[)? ?\{\n([\s\S]*?)^ {2}\}/m),
  }
}

/** A recorded sequence with the name, hostnames and settings of an example. */
function withValues(sequence: Sequence, { certificate, settings }: Configuration): Sequence {
  return JSON.parse(JSON.stringify(sequence), (key, value) => {
    if (key === 'name' && String(value).startsWith('Terraform ')) return certificate['name']
    if (!Array.isArray(value)) return value
    if (key === 'associated_hostnames' && value.length > 0) return certificate['associated_hostnames']
    // What is somebody else's stays.
    const isOf = (hostname: string) => (entry: unknown) => Object(entry).hostname === hostname
    return value.some(isOf('zeta.example.com')) ? [settings, ...value.filter(isOf('other.example.com'))] : value
  })
}
