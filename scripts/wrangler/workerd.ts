import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isIPv6 } from 'node:net'
import { dirname, join } from 'node:path'
import type { Json, PluginServicesOptions, Service } from 'miniflare'
import { parse } from 'toml'
import { PROJECT } from './wrangler.ts'

/** What a Worker is made of. */
export interface LocalWorker {
  readonly name: string
  /** One module. */
  readonly script: string
  readonly compatibilityDate: string
  /** Ids of databases, by their bindings. */
  readonly d1Databases?: Record<string, string>
  /** Values, by their bindings. */
  readonly bindings?: Record<string, Json>
  /** Names of other Workers, by their bindings. */
  readonly serviceBindings?: Record<string, string>
}

/** Where a Worker listens, with HTTP. */
export interface Listener {
  readonly worker: string
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
}

export interface WorkerdOptions {
  readonly workers: readonly LocalWorker[]
  /** At least one. */
  readonly listeners: readonly [Listener, ...Listener[]]
  /** The folder that `npm run admin` calls `--persist-to`. */
  readonly persistTo: string
  /** Whether V8's inspector listens too, on a free port of 127.0.0.1. */
  readonly inspect?: boolean
  /** Takes what the Workers and workerd log. */
  readonly log: (message: string, level: string) => void
  /** Called when workerd ended by itself. */
  readonly onEnd: () => void
}

export interface Workerd {
  /** The ports of the listeners, in their order. */
  readonly ports: readonly number[]
  readonly inspectorPort: number | undefined
  stop(): Promise<void>
}

/** miniflare takes half a second to load. `--help` and refusals do not wait for it. */
const loadMiniflare = () => import('miniflare')

/** Where nobody can listen: nothing of ours needs the server that this address is meant for. */
const NOWHERE = '127.0.0.1:0'

/**
 * Runs Workers in workerd, with miniflare's D1. It listens where it is told to and nowhere else, and each listener leads to its
 * Worker alone. `wrangler dev` and `new Miniflare()` open more, to every process of the machine and without a token: a server of
 * miniflare's that writes files anywhere (on the address of --host even), workerd's debug port, wrangler's inspector, a second
 * way to the Worker that believes any `request.cf`, and paths under /cdn-cgi/ before the Worker's own.
 */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const { listeners, inspect = false, log, onEnd } = options
  const miniflare = await loadMiniflare()
  const { Runtime, SOCKET_ENTRY, serializeConfig } = miniflare
  const runtime = new Runtime()
  const sockets = listeners.map(({ worker, host, port }, index) => ({
    name: index === 0 ? SOCKET_ENTRY : `listener:${index}`,
    address: addressOf(host, port),
    service: { name: serviceName(worker) },
    http: {},
  }))
  const names = sockets.map(({ name }) => name)
  const config = serializeConfig({
    services: await servicesOf(options),
    sockets,
    extensions: [{ modules: [miniflareModule('shared'), miniflareModule('zod')] }],
    structuredLogging: true,
  })
  let isStopping = false
  // SIGKILL: workerd would wait for its connections, and SQLite's journal stands it.
  const stop = async (): Promise<void> => {
    isStopping = true
    process.off('exit', stop)
    await runtime.dispose()
  }
  process.once('exit', stop)
  const ports = await runtime.updateConfig(
    config,
    {
      entryAddress: addressOf(listeners[0].host, listeners[0].port),
      loopbackAddress: NOWHERE,
      requiredSockets: inspect ? [...names, miniflare.kInspectorSocket] : names,
      ...(inspect && { inspectorAddress: '127.0.0.1:0' }),
      handleStructuredLogs: ({ level, message }) => log(message, level),
      onWorkerdCrashRestart: () => !isStopping && onEnd(),
    },
    [],
    new AbortController().signal,
  )
  return {
    ports: names.map((name) => ports?.get(name) ?? 0),
    inspectorPort: ports?.get(miniflare.kInspectorSocket),
    stop,
  }
}

/** The compatibility date of wrangler.toml in `folder`, and under which ids wrangler keeps the API's local databases. */
export function wranglerToml(folder = PROJECT): Required<Pick<LocalWorker, 'compatibilityDate' | 'd1Databases'>> {
  const read: {
    readonly compatibility_date?: string
    readonly d1_databases?: readonly {
      readonly binding: string
      readonly database_id?: string
      readonly preview_database_id?: string
    }[]
  } = parse(readFileSync(join(folder, 'wrangler.toml'), 'utf8'))
  if (read.compatibility_date === undefined) throw new Error('wrangler.toml needs a compatibility_date')
  const d1Databases = Object.fromEntries(
    (read.d1_databases ?? []).map(({ binding, database_id: id, preview_database_id: preview }) => [
      binding,
      preview ?? id ?? binding,
    ]),
  )
  if (!('DB' in d1Databases)) throw new Error('wrangler.toml needs [[d1_databases]] with binding = "DB"')
  return { compatibilityDate: read.compatibility_date, d1Databases }
}

/** The values that `wrangler dev` binds for the API: [vars] of wrangler.toml in `folder`, and the files beside it. */
export async function wranglerVars(folder = PROJECT): Promise<Record<string, Json>> {
  const { vars, secrets } = parse(readFileSync(join(folder, 'wrangler.toml'), 'utf8'))
  const files = readdirSync(folder).some((name) => /^\.(dev\.vars|env)(\.|$)/.test(name))
  const environment = Object.keys(process.env).some((name) => VALUES_FROM.has(name))
  if (vars === undefined && secrets === undefined && !files && !environment) return {}
  // wrangler takes two seconds to load: only where it has values to read.
  const { unstable_getMiniflareWorkerOptions } = await import('wrangler')
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(folder, 'wrangler.toml'))
  const { V4WorkerOptionsSchema } = await loadMiniflare()
  // The code, which the schema asks for, is bundled apart.
  return V4WorkerOptionsSchema.parse({ ...workerOptions, modules: true, script: '' }).bindings ?? {}
}

/** Variables by which wrangler takes values from elsewhere. */
const VALUES_FROM: ReadonlySet<string> = new Set(['CLOUDFLARE_ENV', 'CLOUDFLARE_INCLUDE_PROCESS_ENV'])

/** What of miniflare's D1 is used here, with as much as it looks at. */
interface D1 {
  getServices(options: Pick<PluginServicesOptions, 'options' | 'sharedOptions' | 'tmpPath'>): unknown
}

/** The Workers, and the database, which is one, however many of them have it. */
async function servicesOf({ workers, persistTo }: WorkerdOptions): Promise<Service[]> {
  const {
    CORE_PLUGIN,
    convertV4MiniflareOptions,
    D1_PLUGIN,
    InstanceOptionsSchema,
    SERVICE_LOOPBACK,
    WorkerOptionsSchema,
  } = await loadMiniflare()
  const d1: D1 = D1_PLUGIN
  const { workers: all, ...instance } = convertV4MiniflareOptions({
    resourcePersistencePath: join(persistTo, 'v3'),
    workers: workers.map((worker) => ({ ...worker, modules: true })),
  })
  const sharedOptions = InstanceOptionsSchema.parse(instance)
  const services = new Map<string, Service>([[SERVICE_LOOPBACK, { name: SERVICE_LOOPBACK, external: { http: {} } }]])
  for (const [index, { name, script, compatibilityDate }] of workers.entries()) {
    const own = WorkerOptionsSchema.parse(all[index])
    const bindings = [await CORE_PLUGIN.getBindings(own, index), await D1_PLUGIN.getBindings(own, index)]
    services.set(serviceName(name), {
      name: serviceName(name),
      worker: {
        modules: [{ name: `${name}.js`, esModule: script }],
        compatibilityDate,
        bindings: bindings.flatMap((some) => some ?? []),
      },
    })
    const databases = await d1.getServices({ options: own, sharedOptions, tmpPath: persistTo })
    for (const service of Array.isArray(databases) ? databases : []) services.set(service.name, service)
  }
  return [...services.values()]
}

/** As miniflare's service bindings name the Worker that they lead to. */
function serviceName(worker: string): string {
  return `core:user:${worker}`
}

/** A module that miniflare's D1 imports. */
function miniflareModule(name: 'shared' | 'zod') {
  const file = join(dirname(createRequire(import.meta.url).resolve('miniflare')), 'workers', 'shared', MODULES[name])
  return { name: `miniflare:${name}`, esModule: readFileSync(file, 'utf8') }
}

const MODULES = { shared: 'index.worker.js', zod: 'zod.worker.js' } as const

function addressOf(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}
