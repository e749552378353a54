import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Built } from '../start/packaged-parts.ts'
import type { Migration } from '../workerd/migrate.ts'
import { readMigrations } from '../wrangler/migrations.ts'
import { wranglerToml } from '../wrangler/toml.ts'
import { PROJECT } from '../wrangler/wrangler.ts'
import { licences, type Source, sourcesOf } from './licences.ts'
import { bundleForNode } from './node.ts'
import { testingModule } from './testing-module.ts'
import { bundleWorkers } from './workers.ts'

/**
 * Writes all that the package has: plain JavaScript, with everything in it but workerd. Returns the other packages that are
 * in it.
 */
export async function buildPackage(folder: string): Promise<readonly Source[]> {
  const testing = await testingModule()
  const workers = await bundleWorkers()
  const node = await bundleForNode()
  const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))
  const built: Built = {
    ...wranglerToml(),
    version,
    migrations: readMigrations().map(withoutComments),
    modules: workers.imported,
  }
  const sources = sourcesOf([...node.inputs, ...workers.inputs])
  const files = {
    'access-mtls.js': readFileSync(join(PROJECT, 'scripts/build/bin.js'), 'utf8'),
    'built.json': JSON.stringify(built),
    'licences.txt': licences(sources),
    'testing-worker.js': testing.js,
    'testing.d.ts': testing.declarations,
    'testing.d.cts': testing.declarations,
    ...node.scripts,
    ...Object.fromEntries(Object.entries(workers.scripts).map(([name, script]) => [`workers/${name}`, script])),
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

/** A migration as SQLite reads it: lines of comment and indents are a tenth of the package. No text in the SQL has a line end. */
function withoutComments({ name, sql }: Migration): Migration {
  return { name, sql: sql.replace(/^ *--.*\n/gm, '').replace(/^ +/gm, '') }
}
