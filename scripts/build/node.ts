import { type BuildOptions, build } from 'esbuild'
import { PROJECT } from '../wrangler/wrangler.ts'
import { type Modules, modulesOf } from './modules.ts'

/** What Node runs: the command, and `access-mtls/testing` with the process that it starts. By their names in dist/. */
const ENTRIES = {
  cli: 'scripts/build/cli.ts',
  testing: 'scripts/testing/index.ts',
  'testing-child': 'scripts/testing/child.ts',
} as const

const NODE_BUILD = {
  absWorkingDir: PROJECT,
  bundle: true,
  platform: 'node',
  target: 'node22',
  external: ['workerd'],
  minify: true,
  write: false,
  metafile: true,
  logLevel: 'silent',
} as const satisfies BuildOptions

/** CommonJS has no import.meta.url. */
const COMMONJS = {
  format: 'cjs',
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: "'use strict'; const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
} as const satisfies BuildOptions

/** Bundles what Node runs. What several entries need is a module of its own. jest loads `access-mtls/testing` as CommonJS. */
export async function bundleForNode(): Promise<Pick<Modules, 'scripts' | 'inputs'>> {
  const built = await build({
    ...NODE_BUILD,
    format: 'esm',
    entryPoints: Object.entries(ENTRIES).map(([out, file]) => ({ in: file, out })),
    splitting: true,
    chunkNames: 'node-[hash]',
    outdir: 'dist',
  })
  const { scripts, inputs } = modulesOf(built, Object.keys(ENTRIES))
  const commonJs = await build({ ...NODE_BUILD, ...COMMONJS, entryPoints: [ENTRIES.testing] })
  return { scripts: { ...scripts, 'testing.cjs': commonJs.outputFiles[0]?.text ?? '' }, inputs }
}
