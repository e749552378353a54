import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Metafile } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../../scripts/wrangler/bundle.ts'
import { runWrangler } from '../../../scripts/wrangler/wrangler.ts'
import { temporaryFolder } from '../support/server.ts'

/** The files that `wrangler deploy` would upload: each cold isolate reads them before its first request. */

interface Deployed {
  readonly worker: string
  readonly env: string
  readonly entry: string
  readonly maxGzippedBytes: number
  /** In alphabetical order. */
  readonly packages: readonly string[]
}

const DEPLOYED: readonly Deployed[] = [
  // 411 KB of its 740 are pkijs, which is read only with the first upload. Not minified, it was 253,400. The shapes of results, which
  // the OpenAPI document and the types of operations are made of, are 4,000 of it. The log and the health check are 2,000, the
  // record of changes with its reverts 10,500, the counts of refused requests 1,600, certificates read back 4,400,
  // look-ups with CORS 4,700, and identity rules with the checks of their values 4,500. CRLs that are
  // fetched, the webhook, the calendar and the metrics are 7,700. Advice on uploads with its sections of the error page is 3,900, of
  // which the keys of public roots are 850. Clients seen are 7,300: the gateway's part is here too, for the service binding.
  // The dashboard is 31,000: a text, which takes less than 1 % of the time that the whole takes to parse.
  // Dry runs are 9,500.
  {
    worker: 'API',
    env: '',
    entry: 'index',
    maxGzippedBytes: 275_000,
    packages: ['@noble/hashes', '@peculiar/utils', 'asn1js', 'bytestreamjs', 'itty-router', 'pkijs', 'valibot'],
  },
  // 1 MB takes some 25 ms to parse, and this is 0.1 MB unzipped. Parts of CRLs, other keys of a CA and a cache bounded in bytes
  // took 1,000 bytes more than 30,000. Lines of the log that say who was refused where, after how many calls of D1, are 450, and
  // older trust while the database is away 270. Reading whom a certificate is for, and comparing it with identity rules, is 1,800.
  // Counting clients is 3,700: the counter, whose CA signed a refused one, and the statements that write both. The look of its refusals,
  // which all pages have, is 430.
  { worker: 'gateway', env: 'gateway', entry: 'gateway', maxGzippedBytes: 39_150, packages: [] },
]

/** Words of the local service that tests start (src/local): by them, a test sets the time and orders faults. */
const LOCAL_WORDS = [
  'access-mtls-dev-handshake',
  'a test asked for it',
  'strict-parity',
  'previous certificate settings still being updated',
  'defer_foreign_keys',
]

it('the local service of tests has the words by which it would be found in a bundle', async () => {
  const { script } = await bundle('src/local/worker.ts', { minify: true })
  expect(LOCAL_WORDS.filter((words) => !script.includes(words))).toEqual([])
})

describe.each(DEPLOYED)('the $worker as it is deployed', ({ worker, env, entry, maxGzippedBytes, packages }) => {
  const folder = temporaryFolder()
  let inputs: readonly string[] = []

  beforeAll(async () => {
    const metafile = `${folder.path}/meta.json`
    const args = ['deploy', '--env', env, '--dry-run', '--outdir', folder.path, '--metafile', metafile]
    expect(await runWrangler(args)).toMatchObject({ code: 0 })
    const { outputs }: Metafile = JSON.parse(readFileSync(metafile, 'utf8'))
    // Unused exports of a face are read by the bundler, and left out.
    inputs = Object.values(outputs).flatMap((output) =>
      Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    )
  })
  afterAll(() => folder.remove())

  it(`is under ${maxGzippedBytes} bytes gzipped`, () => {
    const bytes = gzipSync(readFileSync(`${folder.path}/${entry}.js`)).length
    console.log(`${worker}: ${bytes} bytes gzipped`)
    expect(bytes).toBeLessThan(maxGzippedBytes)
  })

  it('comes with the map that makes its stack traces readable', () => {
    const { sources }: { sources: readonly string[] } = JSON.parse(
      readFileSync(`${folder.path}/${entry}.js.map`, 'utf8'),
    )
    expect(sources.some((source) => source.endsWith(`src/${entry}.ts`))).toBe(true)
  })

  it('has nothing of the local service of tests, neither files nor words', () => {
    const script = readFileSync(`${folder.path}/${entry}.js`, 'utf8')
    expect(inputs.filter((input) => input.includes('src/local/'))).toEqual([])
    expect(LOCAL_WORDS.filter((words) => script.includes(words))).toEqual([])
  })

  it(`contains these packages: ${packages.join(', ') || 'none'}`, () => {
    expect(inputs.some((input) => input.endsWith(`src/${entry}.ts`))).toBe(true)
    const found = inputs.flatMap((input) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [])
    expect([...new Set(found)].toSorted()).toEqual(packages)
  })
})
