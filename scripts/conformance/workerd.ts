import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { ConformanceCase, Judgement } from './case.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** A verifier running in workerd. */
export interface Verifier {
  judge(cases: readonly ConformanceCase[]): Promise<readonly Judgement[]>
  stop(): Promise<void>
}

/** The Worker as one module, and the files it was made of, relative to the project. */
export async function bundle(): Promise<{ readonly script: string; readonly inputs: readonly string[] }> {
  const built = await build({
    entryPoints: [WORKER],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  return { script: built.outputFiles[0]?.text ?? '', inputs: Object.keys(built.metafile.inputs) }
}

/** Bundles the Worker and starts it. */
export async function startVerifier(): Promise<Verifier> {
  const { script } = await bundle()
  // miniflare looks up Cloudflare's answer to /cdn-cgi/trace unless told not to.
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({ modules: true, script, compatibilityDate: '2026-08-01', cf: false }),
  )
  const url = new URL('/', await miniflare.ready)
  return {
    async judge(cases) {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(cases) })
      if (!response.ok) throw new Error(`the verifier answered ${response.status}: ${await response.text()}`)
      return (await response.json()) as readonly Judgement[]
    },
    stop: () => miniflare.dispose(),
  }
}
