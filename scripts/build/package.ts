import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import type { Built } from '../start/packaged-parts.ts'
import { WORKERS } from '../start/parts.ts'
import { bundle, bundleD1 } from '../wrangler/bundle.ts'
import { readMigrations } from '../wrangler/migrations.ts'
import { wranglerToml } from '../wrangler/toml.ts'
import { PROJECT } from '../wrangler/wrangler.ts'
import { licences, type Source, sourcesOf } from './licences.ts'
import { testingModule } from './testing-module.ts'

/**
 * Writes all that the package has: plain JavaScript, with everything in it but workerd. Returns the other packages that are
 * in it.
 */
export async function buildPackage(folder: string): Promise<readonly Source[]> {
  const testing = await testingModule()
  const workers = await bundleWorkers()
  const cli = await bundleCli()
  const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))
  const built: Built = { ...wranglerToml(), version, migrations: readMigrations() }
  const sources = sourcesOf([cli, ...Object.values(workers)].flatMap((part) => part.inputs))
  const files = {
    'access-mtls.js': readFileSync(join(PROJECT, 'scripts/build/bin.js'), 'utf8'),
    'cli.js': cli.script,
    'built.json': JSON.stringify(built),
    'licences.txt': licences(sources),
    'testing.js': testing.js,
    'testing.d.ts': testing.declarations,
    ...Object.fromEntries(Object.entries(workers).map(([name, { script }]) => [`workers/${name}.js`, script])),
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text, { mode: name === 'access-mtls.js' ? 0o755 : 0o644 })
  }
  // Only then, and only these: somebody may be reading the others.
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })) {
    const path = join(file.parentPath, file.name)
    if (file.isFile() && !(relative(folder, path).replaceAll('\\', '/') in files)) rmSync(path)
  }
  return sources
}

async function bundleWorkers() {
  const minify = true
  const own = Object.entries(WORKERS).map(async ([name, entry]) => [name, await bundle(entry, { minify })] as const)
  const d1 = await bundleD1({ minify })
  return { ...Object.fromEntries(await Promise.all(own)), 'd1-entry': d1.entry, 'd1-database': d1.database }
}

/** The command, for Node. */
async function bundleCli() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: PROJECT,
    entryPoints: ['scripts/build/cli.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    external: ['workerd'],
    minify: true,
    keepNames: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  return { script: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) }
}
