import { fileURLToPath } from 'node:url'
import { startWorkerd } from '../workerd/workerd.ts'
import { bundle, d1Scripts } from '../wrangler/bundle.ts'
import { wranglerToml } from '../wrangler/toml.ts'
import { PROJECT } from '../wrangler/wrangler.ts'

const API = `${PROJECT}/src/index.ts`
const GATEWAY = `${PROJECT}/src/gateway.ts`
const ORIGIN = fileURLToPath(new URL('./origin-worker.ts', import.meta.url))
const ENTRY = fileURLToPath(new URL('./entry-worker.ts', import.meta.url))

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
  const { compatibilityDate, d1Databases } = wranglerToml()
  const worker = async (name: string, path: string) => ({
    name,
    script: (await bundle(path)).script,
    compatibilityDate,
  })
  const { ports, stop } = await startWorkerd({
    workers: [
      { ...(await worker('api', API)), d1Databases },
      {
        ...(await worker('gateway', GATEWAY)),
        d1Databases,
        serviceBindings: { ORIGIN: 'origin' },
        bindings: { EXPLAIN: 'true', UNPROTECTED: 'refuse' },
      },
      await worker('origin', ORIGIN),
      { ...(await worker('entry', ENTRY)), serviceBindings: { GATEWAY: 'gateway' }, bindings: { SECRET: secret } },
    ],
    listeners: [
      { worker: 'api', host, port: apiPort },
      { worker: 'entry', host, port: 0 },
    ],
    d1: await d1Scripts(),
    persistTo,
    log,
    onEnd: () => log('workerd ended by itself'),
  })
  return { entry: new URL(`http://${host}:${ports[1]}`), stop }
}
