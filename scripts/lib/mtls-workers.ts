import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { PROJECT } from './wrangler.ts'

const COMPATIBILITY_DATE = '2026-08-01'

/** The id under which wrangler.toml knows the database, so that `npm run admin` finds the same one. */
const DATABASE_ID = '00000000-0000-0000-0000-000000000000'

const API = `${PROJECT}/src/index.ts`
const GATEWAY = `${PROJECT}/src/gateway.ts`
const ORIGIN = fileURLToPath(new URL('./mtls-origin-worker.ts', import.meta.url))
const ENTRY = fileURLToPath(new URL('./mtls-entry-worker.ts', import.meta.url))

export interface WorkersOptions {
  readonly host: string
  /** Where the API listens. */
  readonly apiPort: number
  /** The folder that `npm run admin` calls `--persist-to`. */
  readonly persistTo: string
  /** What the entry Worker knows the TLS front by. */
  readonly secret: string
  /** Takes what the Workers log, line by line. */
  readonly log: (line: string) => void
}

/** Four Workers in one workerd: the API, the gateway on the same database, its origin, and the entry before it. */
export interface Workers {
  /** Where the TLS front sends requests. */
  readonly entry: URL
  stop(): Promise<void>
}

export async function startWorkers({ host, apiPort, persistTo, secret, log }: WorkersOptions): Promise<Workers> {
  // miniflare looks up Cloudflare's answer to /cdn-cgi/trace unless told not to.
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
  const worker = async (name: string, path: string) => ({
    name,
    modules: true as const,
    script: await bundle(path),
    compatibilityDate: COMPATIBILITY_DATE,
  })
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host,
      port: apiPort,
      cf: false,
      handleStructuredLogs: ({ message }) => log(message),
      resourcePersistencePath: `${persistTo}/v3`,
      workers: [
        { ...(await worker('api', API)), d1Databases: { DB: DATABASE_ID } },
        {
          ...(await worker('gateway', GATEWAY)),
          d1Databases: { DB: DATABASE_ID },
          serviceBindings: { ORIGIN: 'origin' },
          bindings: { EXPLAIN: 'true', UNPROTECTED: 'refuse' },
        },
        await worker('origin', ORIGIN),
        {
          ...(await worker('entry', ENTRY)),
          serviceBindings: { GATEWAY: 'gateway' },
          bindings: { SECRET: secret },
          unsafeDirectSockets: [{ host, port: 0 }],
        },
      ],
    }),
  )
  await miniflare.ready
  return { entry: await miniflare.unsafeGetDirectURL('entry'), stop: () => miniflare.dispose() }
}

async function bundle(entryPoint: string): Promise<string> {
  const built = await build({
    entryPoints: [entryPoint],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:workers'],
    write: false,
    logLevel: 'silent',
  })
  return built.outputFiles[0]?.text ?? ''
}
