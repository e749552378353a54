import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isIPv6 } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type ConfigValue, configText, EmbeddedFile } from './config.ts'
import { type D1Scripts, d1Binding, d1Services } from './d1.ts'
import { type Log, readLog } from './log.ts'

/** A value of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** What a Worker is made of. */
export interface LocalWorker {
  readonly name: string
  /** Its main module. */
  readonly script: string
  /** The modules that the main one imports, by their names beside it. */
  readonly modules?: Readonly<Record<string, string>>
  readonly compatibilityDate: string
  /** Ids of databases, by their bindings. */
  readonly d1Databases?: Readonly<Record<string, string>>
  /** Values, by their bindings. */
  readonly bindings?: Readonly<Record<string, Json>>
  /** Names of other Workers, by their bindings. */
  readonly serviceBindings?: Readonly<Record<string, string>>
  /** Whether its requests may go to this machine and its networks too. */
  readonly reachesPrivateAddresses?: boolean
}

/** Where a Worker listens, with HTTP. */
export type Listener = {
  readonly worker: string
  /** Of the Worker's exports, the one that answers; the default one where it is left out. */
  readonly entrypoint?: string
} & (
  | {
      readonly host: string
      /** 0 for any that is free. */
      readonly port: number
    }
  /** A Unix domain socket. */
  | { readonly path: string }
)

export interface WorkerdOptions {
  readonly workers: readonly LocalWorker[]
  readonly listeners: readonly Listener[]
  readonly d1: D1Scripts
  /** The folder that `npm run admin` calls `--persist-to`. */
  readonly persistTo: string
  /** Whether V8's inspector listens too, on a free port of 127.0.0.1. */
  readonly inspect?: boolean
  readonly log: Log
  /** Called when workerd ended by itself. */
  readonly onEnd: () => void
}

export interface Workerd {
  /** The ports of the listeners, in their order; 0 for a Unix domain socket. */
  readonly ports: readonly number[]
  readonly inspectorPort: number | undefined
  /** Ends the process, and returns once it is gone. */
  stop(): Promise<void>
}

/** In a message of workerd's, what stands for the inspector. */
const INSPECTOR = Symbol('inspector')
type Ports = ReadonlyMap<string | typeof INSPECTOR, number>

/**
 * Runs Workers in workerd, with miniflare's D1. It listens where it is told to and nowhere else, and each listener leads to its
 * Worker alone. `wrangler dev` and `new Miniflare()` open more, to every process of the machine and without a token: a server of
 * miniflare's that writes files anywhere (on the address of --host even), workerd's debug port, wrangler's inspector, a second
 * way to the Worker that believes any `request.cf`, and paths under /cdn-cgi/ before the Worker's own.
 */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const { listeners, inspect = false, log, onEnd } = options
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-workerd-'))
  let isStopping = false
  try {
    const child = serve(writeConfig(folder, options), inspect)
    const ended = new Promise<void>((resolve, reject) => child.once('exit', () => resolve()).once('error', reject))
    // SIGKILL: workerd would wait for its connections, and SQLite's journal stands it.
    const stop = async (): Promise<void> => {
      isStopping = true
      process.off('exit', stop)
      child.kill('SIGKILL')
      await ended
    }
    process.once('exit', stop)
    const [, stdout, stderr, control] = child.stdio as unknown as readonly [null, Readable, Readable, Readable]
    readLog(stdout, log)
    const complaints = readLog(stderr, log)
    const wanted = [...listeners.keys()].map(listenerName)
    const ports = await Promise.race([listening(control, inspect ? [...wanted, INSPECTOR] : wanted), ended])
    if (!ports) throw new Error(`workerd ended before it listened; it said:\n${complaints()}`)
    ended.then(() => !isStopping && onEnd())
    return { ports: wanted.map((name) => ports.get(name) ?? 0), inspectorPort: ports.get(INSPECTOR), stop }
  } finally {
    // workerd has read it by now, and there may be secrets in it.
    rmSync(folder, { recursive: true, force: true })
  }
}

function serve(configFile: string, inspect: boolean): ChildProcess {
  // Experimental is what D1's database object asks for.
  const args = ['serve', '--experimental', '--control-fd=3', ...(inspect ? ['--inspector-addr=127.0.0.1:0'] : [])]
  // The package says where the executable for this machine is.
  const { default: workerd }: { readonly default: string } = createRequire(import.meta.url)('workerd')
  return spawn(workerd, [...args, configFile], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    windowsHide: true,
    // As at Cloudflare, a Worker's time zone is UTC.
    env: { ...process.env, TZ: 'UTC', FORCE_COLOR: '0' },
  })
}

/** The ports, once workerd listens on all that are wanted. */
async function listening(control: Readable, wanted: readonly (string | typeof INSPECTOR)[]): Promise<Ports> {
  const ports = new Map<string | typeof INSPECTOR, number>()
  for await (const line of createInterface(control)) {
    const { event, socket, port } = JSON.parse(line)
    ports.set(event === 'listen-inspector' ? INSPECTOR : socket, port)
    if (wanted.every((name) => ports.has(name))) return ports
  }
  // The process has closed it, so it ends.
  return new Promise(() => undefined)
}

/** Writes the configuration, and the scripts beside it; returns its path. Only this user may read them. */
function writeConfig(folder: string, { workers, listeners, d1, persistTo }: WorkerdOptions): string {
  let files = 0
  const module = (script: string, name = 'main.js'): ConfigValue => {
    files += 1
    const written = `${files}.js`
    writeFileSync(join(folder, written), script)
    return { name, esModule: new EmbeddedFile(written) }
  }
  const databases = join(persistTo, 'v3', 'd1')
  mkdirSync(databases, { recursive: true })
  const file = join(folder, 'config.capnp')
  const config = {
    services: [
      ...workers.map((worker) => workerService(worker, modulesOf(worker, module))),
      ...d1Services(databases, d1, module),
      { name: OUTBOUND, network: { allow: ['public', 'private'], tlsOptions: { trustBrowserCas: true } } },
    ],
    sockets: listeners.map((listener, index) => ({
      name: listenerName(index),
      address: addressOf(listener),
      service: { name: serviceName(listener.worker), ...(listener.entrypoint && { entrypoint: listener.entrypoint }) },
      http: {},
    })),
    structuredLogging: true,
  }
  writeFileSync(file, configText(config))
  return file
}

/** All modules of a Worker, the main one first. */
function modulesOf(worker: LocalWorker, module: (script: string, name?: string) => ConfigValue): ConfigValue[] {
  const others = Object.entries(worker.modules ?? {})
  return [module(worker.script), ...others.map(([name, script]) => module(script, name))]
}

function workerService(worker: LocalWorker, modules: readonly ConfigValue[]): ConfigValue {
  const { name, compatibilityDate, bindings = {}, d1Databases = {}, serviceBindings = {} } = worker
  return {
    name: serviceName(name),
    worker: {
      modules,
      compatibilityDate,
      ...(worker.reachesPrivateAddresses && { globalOutbound: OUTBOUND }),
      bindings: [
        ...Object.entries(bindings).map(([key, value]) => valueBinding(key, value)),
        ...Object.entries(d1Databases).map(([key, id]) => d1Binding(key, id)),
        ...Object.entries(serviceBindings).map(([key, to]) => ({ name: key, service: serviceName(to) })),
      ],
    },
  }
}

function valueBinding(name: string, value: Json): ConfigValue {
  return typeof value === 'string' ? { name, text: value } : { name, json: JSON.stringify(value) }
}

/** What leads to all addresses; by default, a Worker reaches public ones only. */
const OUTBOUND = 'outbound'

function addressOf(listener: Listener): string {
  if ('path' in listener) return `unix:${listener.path}`
  return `${isIPv6(listener.host) ? `[${listener.host}]` : listener.host}:${listener.port}`
}

function serviceName(worker: string): string {
  return `worker:${worker}`
}

function listenerName(index: number): string {
  return `listener:${index}`
}
