import { fileURLToPath } from 'node:url'
import type { Job, Observation } from './wire.ts'

const WORKER = fileURLToPath(new URL('./worker/worker.ts', import.meta.url))
/** How long a batch may keep workerd busy, in ms. It takes a second at most; what never ends is a finding. */
const LIMIT_MS = 60_000

/** The program in workerd. */
export interface Lab {
  ask(job: Job): Promise<readonly Observation[]>
  stop(): Promise<void>
}

/** Bundles the program and starts it. */
export async function startLab(): Promise<Lab> {
  // A second's work to load, which `--help` need not wait for.
  const { bundle, COMPATIBILITY_DATE, startMiniflare } = await import('../wrangler/bundle.ts')
  const { script } = await bundle(WORKER)
  const { miniflare, url } = await startMiniflare({ modules: true, script, compatibilityDate: COMPATIBILITY_DATE })
  return {
    async ask(job) {
      const signal = AbortSignal.timeout(LIMIT_MS)
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(job), signal })
      if (!response.ok)
        throw new Error(`workerd answered ${response.status}: ${(await response.text()).slice(0, 2_000)}`)
      return (await response.json()) as readonly Observation[]
    },
    stop: () => miniflare.dispose(),
  }
}
