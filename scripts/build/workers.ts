import { build } from 'esbuild'
import { WORKERS } from '../start/parts.ts'
import { bundleD1, WORKER_BUILD } from '../wrangler/bundle.ts'
import { type Modules, modulesOf } from './modules.ts'

/** Bundles the Workers. What several need, such as the API, is a module of its own, and is in the package once. */
export async function bundleWorkers(): Promise<Modules> {
  const built = await build({
    ...WORKER_BUILD,
    entryPoints: Object.entries(WORKERS).map(([out, file]) => ({ in: file, out })),
    splitting: true,
    chunkNames: 'shared-[hash]',
    outdir: 'workers',
    minify: true,
  })
  const { scripts, imported, inputs } = modulesOf(built, Object.keys(WORKERS))
  const { entry, database } = await bundleD1({ minify: true })
  return {
    scripts: { ...scripts, 'd1-entry.js': entry.script, 'd1-database.js': database.script },
    imported,
    inputs: [...inputs, ...entry.inputs, ...database.inputs],
  }
}
