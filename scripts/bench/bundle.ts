import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bundle } from '../wrangler/bundle.ts'
import { runWrangler } from '../wrangler/wrangler.ts'

/** A Worker as one module. */
export interface Bundle {
  readonly script: string
  readonly bytes: number
  readonly gzippedBytes: number
}

/**
 * A Worker as `wrangler deploy` uploads it.
 * @param entry its `main`, under `src`
 * @param env its environment in wrangler.toml; empty for the top level
 */
export async function deployedWorker(entry: string, env: string): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-bench-'))
  try {
    const { code, stderr } = await runWrangler(['deploy', '--env', env, '--dry-run', '--outdir', folder])
    if (code !== 0) throw new Error(`wrangler could not bundle ${entry}: ${stderr}`)
    return bundleOf(readFileSync(join(folder, basename(entry).replace(/ts$/, 'js')), 'utf8'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Bundles a Worker of the bench's own in the same way. */
export async function bundleWorker(entry: string): Promise<Bundle> {
  return bundleOf((await bundle(entry, { minify: true })).script)
}

function bundleOf(script: string): Bundle {
  return { script, bytes: Buffer.byteLength(script), gzippedBytes: gzipSync(script).length }
}
