import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bundle } from '../wrangler/bundle.ts'
import { PROJECT } from '../wrangler/wrangler.ts'

const SOURCE = 'src/testing/index.ts'
const BANNER = `// access-mtls/testing: made from ${SOURCE} by npm run build. MIT licence. One file that imports nothing.`

/**
 * What other people import as `access-mtls/testing`, as JavaScript with its declarations: Node takes no TypeScript from
 * node_modules, and a compiler would hold ours to its own settings.
 */
export async function testingModule(): Promise<{ readonly js: string; readonly declarations: string }> {
  const { script } = await bundle(SOURCE, { target: 'es2022', charset: 'utf8', minify: true, banner: { js: BANNER } })
  return { js: script, declarations: `${BANNER}\n${await declarations()}` }
}

async function declarations(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-'))
  try {
    const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc')
    const how =
      '--ignoreConfig --declaration --emitDeclarationOnly --allowImportingTsExtensions --strict --skipLibCheck'
    const what =
      '--module esnext --moduleResolution bundler --target es2024 --lib es2024,esnext.typedarrays,esnext.disposable --types @cloudflare/workers-types'
    const args = [tsc, ...how.split(' '), ...what.split(' '), '--outDir', folder, SOURCE]
    await promisify(execFile)(process.execPath, args, { cwd: PROJECT })
    const read = (file: string) => readFileSync(join(folder, 'testing', file), 'utf8')
    const exported = Array.from(read('index.d.ts').matchAll(/^export \* from '\.\/(.+)\.ts';$/gm), ([, name]) => name)
    const text = exported.map((name) => read(`${name}.d.ts`)).join('')
    if (exported.length === 0 || /^import |\bfrom '/m.test(text)) {
      throw new Error(`what ${SOURCE} exports must be whole in the files that it names: declarations import nothing`)
    }
    return text
  } finally {
    rmSync(folder, { recursive: true })
  }
}
