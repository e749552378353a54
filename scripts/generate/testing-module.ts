import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { PROJECT } from '../wrangler/wrangler.ts'

const SOURCE = 'src/testing/tls-client-auth.ts'
const BANNER = `// access-mtls/testing: made from ${SOURCE} by npm run generate. MIT licence. One file that imports nothing.`

/**
 * What other people import as `access-mtls/testing`, as JavaScript with its declarations: Node takes no TypeScript from
 * node_modules, and a compiler would hold ours to its own settings.
 */
export async function testingModule(): Promise<{ readonly js: string; readonly declarations: string }> {
  const built = await build({
    absWorkingDir: PROJECT,
    entryPoints: [SOURCE],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    write: false,
    banner: { js: BANNER },
  })
  return { js: built.outputFiles[0]?.text ?? '', declarations: `${BANNER}\n${await declarations()}` }
}

async function declarations(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-'))
  try {
    const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc')
    const how =
      '--ignoreConfig --declaration --emitDeclarationOnly --allowImportingTsExtensions --strict --skipLibCheck'
    const what =
      '--module esnext --moduleResolution bundler --target es2024 --lib es2024,esnext.typedarrays --types @cloudflare/workers-types'
    const args = [tsc, ...how.split(' '), ...what.split(' '), '--outDir', folder, SOURCE]
    await promisify(execFile)(process.execPath, args, { cwd: PROJECT })
    const text = readFileSync(join(folder, 'testing/tls-client-auth.d.ts'), 'utf8')
    if (/^import /m.test(text)) throw new Error(`the declarations of ${SOURCE} refer to other files`)
    return text
  } finally {
    rmSync(folder, { recursive: true })
  }
}
