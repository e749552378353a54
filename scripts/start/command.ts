import { readFileSync } from 'node:fs'
import { selectAccounts, selectZones } from '../../src/store/provisioning.ts'
import { folder, httpOrigin, ipAddress, readArguments, wholeNumber } from '../cli/arguments.ts'
import { whenToldToEnd } from '../cli/lifetime.ts'
import { assertFree } from '../cli/port.ts'
import { UsageError } from '../cli/usage-error.ts'
import { makeTenant } from './first-run.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { type Filled, greeting, summary, warnings } from './greeting.ts'
import { help } from './help.ts'
import type { Parts } from './parts.ts'
import { plant, type ReadSeed, readSeed, SeedError } from './seed.ts'
import { type Filling, type Service, startService } from './service.ts'

/** Nobody but this machine, unless told otherwise: there is no TLS, and the first token is printed on a terminal. */
const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 8_787
const DEFAULT_GATEWAY_PORT = 8_443

const ACCEPTED = {
  port: { type: 'string' },
  host: { type: 'string' },
  persist: { type: 'string' },
  /** What `npm run admin` and wrangler call it. */
  'persist-to': { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean' },
  gateway: { type: 'boolean' },
  'gateway-port': { type: 'string' },
  origin: { type: 'string' },
  inspect: { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Values = ReturnType<typeof readArguments<typeof ACCEPTED>>['values']

interface Options {
  readonly host: string
  readonly port: number
  readonly persistTo: string | undefined
  readonly json: boolean
  readonly inspect: boolean
  readonly seed: string | undefined
  readonly gateway: { readonly port: number; readonly origin: URL | undefined } | undefined
}

/** `npm start`, and what the package runs. Returns once it is ready; the process then lives until it is told to end. */
export async function start(args: readonly string[], parts: Parts): Promise<void> {
  const { values } = readArguments(args, ACCEPTED)
  if (values.help === true) return console.log(help(parts))
  if (values.version === true) return console.log(parts.version)
  const options = readOptions(values, parts)
  const { host, port, gateway } = options
  if (port !== 0) await assertFree(host, port, '--port')
  if (gateway !== undefined && gateway.port !== 0) await assertFree(host, gateway.port, '--gateway-port')
  await serve(options, parts)
}

function readOptions(values: Values, parts: Parts): Options {
  const { host, persist = values['persist-to'], seed } = values
  const port = portNumber('--port', values.port, DEFAULT_PORT)
  return {
    host: host === undefined ? DEFAULT_HOST : ipAddress('--host', host),
    port,
    persistTo: persist === undefined ? parts.persistTo : folder(persist, '--persist'),
    json: values.json === true,
    inspect: values.inspect === true,
    seed: seed === undefined ? undefined : folder(seed, '--seed'),
    gateway: readGateway(values, port),
  }
}

function readGateway(values: Values, apiPort: number): Options['gateway'] {
  const { gateway, origin, 'gateway-port': port } = values
  if (gateway === true) {
    const fallback = apiPort === 0 ? 0 : DEFAULT_GATEWAY_PORT
    return {
      port: portNumber('--gateway-port', port, fallback),
      origin: origin === undefined ? undefined : httpOrigin('--origin', origin),
    }
  }
  if (origin === undefined && port === undefined) return undefined
  throw new UsageError('--origin and --gateway-port belong to --gateway')
}

function portNumber(option: string, value: string | undefined, fallback: number): number {
  return value === undefined ? fallback : wholeNumber(option, value, 0, 65_535)
}

async function serve(options: Options, parts: Parts): Promise<void> {
  const { host, json, gateway: wanted } = options
  const seed = options.seed === undefined ? undefined : readSeedFile(options.seed)
  let service: Service | undefined
  let gateway: Gateway | undefined
  whenToldToEnd(async () => {
    await gateway?.stop()
    await service?.stop()
    process.exit(0)
  })
  let filled: Filled | undefined
  service = await startService(parts, {
    ...options,
    // With --json, stdout is for programs.
    log: (message, level) => (json || ERRORS.has(level) ? console.error(message) : console.log(message)),
    onEnd: () => {
      console.error('workerd ended by itself; its own words, if it had any, are above')
      process.exit(1)
    },
    prepare: async (filling) => {
      filled = await fill(filling, seed, options)
    },
  })
  if (service.entry !== undefined && wanted !== undefined) {
    gateway = await startGateway({ host, port: wanted.port, entry: service.entry, folder: service.folder })
  }
  if (filled === undefined) throw new Error('nothing filled the database')
  const facts = { host, service, gateway, filled, parts }
  if (json) {
    for (const warning of warnings(facts)) console.error(warning)
    console.log(JSON.stringify(summary(facts)))
  } else console.log(await greeting(facts))
}

/** Levels of the log that are for stderr. */
const ERRORS: ReadonlySet<string> = new Set(['error', 'warn'])

async function fill(filling: Filling, seed: ReadSeed | undefined, { seed: file, persistTo }: Options): Promise<Filled> {
  const now = Math.floor(Date.now() / 1000)
  const [accounts = [], zones = []] = await filling.execute([selectAccounts(), selectZones()])
  const [first] = accounts
  if (first === undefined) {
    if (seed === undefined) return { kind: 'new', tenant: await makeTenant(filling.execute, now) }
    try {
      return { kind: 'seeded', planted: await plant(seed, filling, now) }
    } catch (error) {
      if (!(error instanceof SeedError)) throw error
      const rest =
        persistTo === undefined ? '' : `\nPart of the seed is in ${persistTo} now: remove that folder, then start again`
      throw new UsageError(`--seed ${file}: ${error.message}${rest}`)
    }
  }
  const account = String(first['id'])
  const zone = zones.find((one) => one['account_id'] === account)?.['id']
  return {
    kind: 'kept',
    accounts: accounts.length,
    account,
    zone: zone === undefined ? null : String(zone),
    seedUnused: seed !== undefined,
  }
}

function readSeedFile(file: string): ReadSeed {
  try {
    return readSeed(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new UsageError(`--seed ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
