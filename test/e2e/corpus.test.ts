import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Server, startServer, temporaryFolder } from './support/server.ts'
import { type UploadAnswer, uploader } from './support/upload.ts'

/**
 * A folder of other people's certificates, with `expected.json`: per file what OpenSSL and Go do with it (1: parses).
 * It is not part of this repository; CERTIFICATE_CORPUS names it.
 */
const CORPUS = process.env['CERTIFICATE_CORPUS'] ?? ''

/** CPU that one upload may take, in ms (issue: corpus). Measured as the time of the answer, which includes it. */
const MAX_CPU_MS = 100

/** Files that are stored although OpenSSL or Go refuses them, each with the reason. Checked both ways. */
const STORED_ALL_THE_SAME: Readonly<Record<string, string>> = {
  'rustls/client_auth_revocation__nofullname_dp_chain.int.b.ca.der.der':
    'Go does not read nameRelativeToCRLIssuer; RFC 5280 4.2.1.13 allows it',
  'rustls/client_auth_revocation__nofullname_dp_chain.root.ca.der.der':
    'Go does not read nameRelativeToCRLIssuer; RFC 5280 4.2.1.13 allows it',
}

function toPem(file: string): string {
  const content = readFileSync(join(CORPUS, file))
  if (file.endsWith('.pem')) return content.toString('latin1')
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function corpusFiles(): readonly string[] {
  return readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(?:der|pem)$/.test(file))
}

describe.skipIf(!existsSync(join(CORPUS, 'expected.json')))('the corpus of other people’s certificates', () => {
  const folder = temporaryFolder()
  let server: Server
  let upload: (pem: string, name: string) => Promise<UploadAnswer>

  beforeAll(async () => {
    server = await startServer(folder.path)
    upload = await uploader(server)
  })
  afterAll(async () => {
    await server?.stop()
    folder.remove()
  })

  it('never makes the service fail, never takes long, and nothing is stored that OpenSSL or Go refuses', async () => {
    const expected = JSON.parse(readFileSync(join(CORPUS, 'expected.json'), 'utf8'))
    const files = corpusFiles()
    const faults: string[] = []
    let stored = 0
    let slowest = { file: '', ms: 0 }
    for (const file of files) {
      const pem = toPem(file)
      const { status } = await upload(pem, file)
      if (isStored(status)) stored += 1
      faults.push(...judge(file, status, expected[file]))
      const ms = await timeOf(() => upload(pem, file))
      if (ms > slowest.ms) slowest = { file, ms }
      if (ms > MAX_CPU_MS) faults.push(`${file}: ${Math.round(ms)} ms`)
    }
    console.log(
      `corpus: ${files.length} files, ${stored} stored, ${files.length - stored} refused; slowest ${slowest.file}: ${slowest.ms.toFixed(1)} ms`,
    )
    expect(faults).toEqual([])
  })
})

/** What `expected.json` says of one file; undefined for files it does not list. */
type Expectation = { readonly openssl: number; readonly go: number; readonly go_error: string } | undefined

/** 409: another file of the corpus has the same content and was stored before. */
function isStored(status: number): boolean {
  return status === 201 || status === 409
}

/** What is wrong with the answer to one file; checked both ways against the list. */
function judge(file: string, status: number, expected: Expectation): readonly string[] {
  if (!isStored(status) && status !== 400) return [`${file}: status ${status}`]
  const tooLax = isStored(status) && expected !== undefined && !(expected.openssl && expected.go)
  const listed = Object.hasOwn(STORED_ALL_THE_SAME, file)
  if (tooLax && !listed) return [`${file}: stored (Go: ${expected.go_error})`]
  return listed && !tooLax ? [`${file}: listed, but that is not so any more`] : []
}

/** The shortest of up to five runs, in ms: whatever else the machine does makes a run longer, never shorter. */
async function timeOf(run: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 5 && best > MAX_CPU_MS; attempt += 1) {
    const start = performance.now()
    await run()
    best = Math.min(best, performance.now() - start)
  }
  return best
}
