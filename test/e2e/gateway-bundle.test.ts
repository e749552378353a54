import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Metafile } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runWrangler } from '../../scripts/wrangler/wrangler.ts'
import { temporaryFolder } from './support/server.ts'

/**
 * A request to a protected host starts with this bundle in a cold isolate: 1 MB takes some 25 ms to parse, and this is 0.1 MB
 * unzipped. Parts of CRLs, other keys of a CA and a cache bounded in bytes took 1,000 bytes more than 30,000.
 */
const MAX_GZIPPED_BYTES = 32_000

/** What `wrangler deploy --env gateway` would upload. */
describe('the gateway as it is deployed', () => {
  const folder = temporaryFolder()
  let inputs: readonly string[] = []

  beforeAll(async () => {
    const args = [
      'deploy',
      '--env',
      'gateway',
      '--dry-run',
      '--outdir',
      folder.path,
      '--metafile',
      `${folder.path}/meta.json`,
    ]
    expect(await runWrangler(args)).toMatchObject({ code: 0 })
    const { outputs }: Metafile = JSON.parse(readFileSync(`${folder.path}/meta.json`, 'utf8'))
    // What a face offers and nobody uses is looked at, and left out.
    inputs = Object.values(outputs).flatMap((output) =>
      Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    )
  })
  afterAll(() => folder.remove())

  it(`is under ${MAX_GZIPPED_BYTES} bytes gzipped`, () => {
    const bytes = gzipSync(readFileSync(`${folder.path}/gateway.js`)).length
    console.log(`gateway: ${bytes} bytes gzipped`)
    expect(bytes).toBeLessThan(MAX_GZIPPED_BYTES)
  })

  it('has no package in it: no pkijs, no router, no schemas', () => {
    expect(inputs.some((input) => input.endsWith('src/gateway.ts'))).toBe(true)
    expect(inputs.filter((input) => input.includes('node_modules'))).toEqual([])
  })
})
