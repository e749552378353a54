import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import type { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { parse } from 'toml'
import type { D1Scripts } from '../workerd/d1.ts'
import { PROJECT } from './wrangler.ts'

/** A Worker, or what else is one module, and the files of the project that it was made of. */
export interface Bundle {
  readonly script: string
  readonly inputs: readonly string[]
}

/** How Workers are bundled. */
export const WORKER_BUILD = {
  absWorkingDir: PROJECT,
  bundle: true,
  format: 'esm',
  target: 'es2024',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*', 'node:*'],
  write: false,
  metafile: true,
  logLevel: 'silent',
} as const satisfies BuildOptions

/**
 * Bundles as `wrangler deploy` does, as it stands in the files: stack traces in the log are read by people.
 * @param entry relative to the project, or absolute
 */
export async function bundle(
  entry: string,
  options: Pick<BuildOptions, 'minify' | 'target' | 'charset' | 'banner' | 'alias' | 'define'> = {},
): Promise<Bundle> {
  const built = await build({ ...WORKER_BUILD, entryPoints: [entry], ...options })
  return { script: built.outputFiles[0]?.text ?? '', inputs: Object.keys(built.metafile.inputs) }
}

const MINIFLARE_WORKERS = join(PROJECT, 'node_modules/miniflare/dist/src/workers')

/** The Workers of miniflare's D1, each with what miniflare gives all of its own. */
export async function bundleD1(
  options: Pick<BuildOptions, 'minify'> = {},
): Promise<Readonly<Record<keyof D1Scripts, Bundle>>> {
  const alias = {
    'miniflare:shared': join(MINIFLARE_WORKERS, 'shared/index.worker.js'),
    'miniflare:zod': join(PROJECT, 'scripts/workerd/d1-zod.ts'),
    // What only workerd's own modules may import, from where everybody may.
    'node-internal:internal_assert': 'node:assert',
    'node-internal:internal_buffer': 'node:buffer',
  }
  const [entry, database] = await Promise.all([
    bundle(join(MINIFLARE_WORKERS, 'shared/object-entry.worker.js'), options),
    bundle(join(MINIFLARE_WORKERS, 'd1/database.worker.js'), { ...options, alias }),
  ])
  return { entry, database }
}

/** The same, to run. */
export async function d1Scripts(): Promise<D1Scripts> {
  const { entry, database } = await bundleD1()
  return { entry: entry.script, database: database.script }
}

/** The compatibility date that the Workers are deployed with. */
export const COMPATIBILITY_DATE: string = parse(readFileSync(join(PROJECT, 'wrangler.toml'), 'utf8')).compatibility_date

type V4Options = Parameters<typeof convertV4MiniflareOptions>[0]

/** Starts Workers in miniflare, without the network, and waits until they listen. */
export async function startMiniflare(
  options: V4Options,
): Promise<{ readonly miniflare: Miniflare; readonly url: URL }> {
  // miniflare looks up Cloudflare's answer to /cdn-cgi/trace unless told not to.
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
  // It takes half a second to load: scripts that only bundle do not wait for it.
  const { convertV4MiniflareOptions, Miniflare } = await import('miniflare')
  const miniflare = new Miniflare(convertV4MiniflareOptions({ cf: false, ...options }))
  return { miniflare, url: await miniflare.ready }
}
