import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Metafile } from 'esbuild'
import { PROJECT, runWrangler } from '../wrangler/wrangler.ts'

/** A Worker as `wrangler deploy` uploads it. */
export interface BuiltWorker {
  readonly file: string
  /** What of other packages is in it. */
  readonly packages: readonly Package[]
}

/** A package at the version that was read. */
export interface Package {
  readonly name: string
  readonly version: string
}

const WORKERS = [
  { env: '', entry: 'index', file: 'api.js' },
  { env: 'gateway', entry: 'gateway', file: 'gateway.js' },
] as const

/** Builds both Workers of the project in `folder` into `out`, as `api.js` and `gateway.js`. */
export async function buildWorkers(out: string, folder = PROJECT): Promise<readonly BuiltWorker[]> {
  const built: BuiltWorker[] = []
  for (const { env, entry, file } of WORKERS) {
    const outdir = mkdtempSync(join(tmpdir(), 'access-mtls-build-'))
    try {
      const metafile = join(outdir, 'meta.json')
      const config = join(folder, 'wrangler.toml')
      const args = ['deploy', '--config', config, '--env', env, '--dry-run', '--outdir', outdir, '--metafile', metafile]
      const { code, stdout, stderr } = await runWrangler(args)
      if (code !== 0) throw new Error(`wrangler deploy --dry-run failed:\n${stdout}${stderr}`)
      copyFileSync(join(outdir, `${entry}.js`), join(out, file))
      built.push({ file, packages: packagesIn(JSON.parse(readFileSync(metafile, 'utf8')), folder) })
    } finally {
      rmSync(outdir, { recursive: true, force: true })
    }
  }
  return built
}

/** SHA-256 of a file, in hexadecimal. */
export function sha256Of(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** The packages of which at least a byte is in the outputs; what the bundler only looked at is left out. */
function packagesIn({ outputs }: Metafile, folder: string): readonly Package[] {
  const found = new Map<string, Package>()
  for (const output of Object.values(outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const root = /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]
      if (root === undefined || bytesInOutput === 0) continue
      const { name, version }: Package = JSON.parse(readFileSync(resolve(folder, root, 'package.json'), 'utf8'))
      found.set(`${name}@${version}`, { name, version })
    }
  }
  return [...found.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
