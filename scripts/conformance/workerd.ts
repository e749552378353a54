import { fileURLToPath } from 'node:url'
import { bundle, COMPATIBILITY_DATE, startMiniflare } from '../wrangler/bundle.ts'
import type { ConformanceCase, Judgement } from './case.ts'

export const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** A verifier running in workerd. */
export interface Verifier {
  judge(cases: readonly ConformanceCase[]): Promise<readonly Judgement[]>
  stop(): Promise<void>
}

/** Bundles the Worker and starts it. */
export async function startVerifier(): Promise<Verifier> {
  const { script } = await bundle(WORKER)
  const { miniflare, url } = await startMiniflare({ modules: true, script, compatibilityDate: COMPATIBILITY_DATE })
  return {
    async judge(cases) {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(cases) })
      if (!response.ok) throw new Error(`the verifier answered ${response.status}: ${await response.text()}`)
      return (await response.json()) as readonly Judgement[]
    },
    stop: () => miniflare.dispose(),
  }
}
