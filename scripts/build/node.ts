import { type BuildOptions, build } from 'esbuild'
import { PROJECT } from '../wrangler/wrangler.ts'
import { type Modules, modulesOf } from './modules.ts'

/** What Node runs, by its names in dist/. */
const ENTRIES = {
  cli: 'scripts/build/cli.ts',
} as const

const NODE_BUILD = {
  absWorkingDir: PROJECT,
  bundle: true,
  platform: 'node',
  target: 'node22',
  external: ['workerd'],
  minify: true,
  // Messages and stack traces have them.
  keepNames: true,
  write: false,
  metafile: true,
  logLevel: 'silent',
} as const satisfies BuildOptions

/** Bundles what Node runs. What several entries need is a module of its own. */
export async function bundleForNode(): Promise<Pick<Modules, 'scripts' | 'inputs'>> {
  const built = await build({
    ...NODE_BUILD,
    format: 'esm',
    entryPoints: Object.entries(ENTRIES).map(([out, file]) => ({ in: file, out })),
    splitting: true,
    chunkNames: 'node-[hash]',
    outdir: 'dist',
  })
  return modulesOf(built, Object.keys(ENTRIES))
}
