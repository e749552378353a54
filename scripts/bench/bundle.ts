import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { PROJECT } from '../wrangler/wrangler.ts'

/** A Worker as one module. */
export interface Bundle {
  readonly script: string
  readonly bytes: number
  readonly gzippedBytes: number
}

/** Bundles a Worker as `wrangler deploy` does with what wrangler.toml says: minified. */
export async function bundleWorker(entry: string): Promise<Bundle> {
  const built = await build({
    absWorkingDir: PROJECT,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    keepNames: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    write: false,
    logLevel: 'silent',
  })
  const script = built.outputFiles[0]?.text ?? ''
  return { script, bytes: Buffer.byteLength(script), gzippedBytes: gzipSync(script).length }
}
